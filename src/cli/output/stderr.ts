/**
 * The one door to stderr, on which stands everything that is told beside the output. A stderr that
 * nobody reads is nobody's problem: there is nowhere to say so.
 */

import { deadline } from "@std/async/deadline";
import { saidLine } from "./line.ts";
import { Stream } from "./stream.ts";

const encoder = new TextEncoder();
/** At the end, what waits is given this long. */
const FLUSH_MS = 500;

class Stderr {
  readonly #stream = new Stream(Deno.stderr, 2, () => {});

  get is_terminal(): boolean {
    return this.#stream.is_terminal;
  }

  /** Whether colours are wanted: on a terminal, and not with NO_COLOR. */
  get wants_color(): boolean {
    return this.is_terminal && !Deno.env.get("NO_COLOR");
  }

  /** One line, safe to show, at once; but behind what still waits. */
  say(text: string): void {
    this.#stream.writeNext(encoder.encode(saidLine(text)));
  }

  /** Writes text as it is, at once: what moves the cursor of a terminal. */
  show(text: string): void {
    this.writeNow(encoder.encode(text));
  }

  /** Writes at once, for a terminal: the prompt, and what stands above it. */
  writeNow(bytes: Uint8Array): void {
    this.#stream.writeNow(bytes);
  }

  /** Writes what may be much, and never waits for a reader; resolves when it is written. */
  write(bytes: Uint8Array): Promise<void> {
    this.#stream.look();
    return this.#stream.write(bytes);
  }

  /** Gives what waits a moment to be written, before the program ends. */
  async close(): Promise<void> {
    if (this.#stream.waits) await deadline(this.#stream.flush(), FLUSH_MS).catch(() => {});
  }
}

export const stderr = new Stderr();

/** One line on stderr, in which nothing that came from outside can command the terminal. */
export function say(text: string): void {
  stderr.say(text);
}
