/**
 * The one door to stdout, on which stands only what others sent, or what was asked for. A closed
 * stdout is a normal end, and is noticed also while nothing is written.
 */

import { delay } from "@std/async/delay";
import { Stream } from "./stream.ts";

const encoder = new TextEncoder();
const WATCH_AFTER_MS = 200;

class Stdout {
  readonly #gone = Promise.withResolvers<void>();
  readonly #stream = new Stream(Deno.stdout, 1, () => this.#gone.resolve());
  #is_watched = false;

  get is_terminal(): boolean {
    return this.#stream.is_terminal;
  }

  /** Resolves when the reader of stdout is gone. */
  whenClosed(): Promise<void> {
    if (!this.#is_watched) {
      this.#is_watched = true;
      // Later, so that it costs the start nothing.
      delay(WATCH_AFTER_MS)
        .then(() => this.#stream.look()?.whenReaderCloses().then(this.#gone.resolve));
    }
    return this.#gone.promise;
  }

  /** Writes text; resolves when it is written or nobody reads any more. */
  print(text: string): Promise<void> {
    return this.write(encoder.encode(text));
  }

  /** Writes bytes; resolves when they are written or nobody reads any more. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#stream.write(bytes);
  }

  /** Writes at once, for a terminal, where the order with stderr matters. */
  writeNow(bytes: Uint8Array): void {
    this.#stream.writeNow(bytes);
  }

  /** Resolves when everything is written. */
  flush(): Promise<void> {
    return this.#stream.flush();
  }
}

export const stdout = new Stdout();
