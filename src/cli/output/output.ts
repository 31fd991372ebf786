/**
 * What goes to stdout and stderr. On stdout stands only what others sent; everything else goes to
 * stderr. A closed stdout is a normal end, and is noticed also while nothing is written.
 */

import { fstatSync } from "node:fs";
import { Outbox } from "../../shell/outbox.ts";
import { Pipe } from "../../shell/pipe.ts";
import { visible } from "./escape.ts";

const encoder = new TextEncoder();
const WATCH_AFTER_MS = 200;
/** Nobody reads more of a complaint, least of all of one that another node made up. */
const SAID_CHARS_MAX = 800;

/** Bytes to stdout, in order, one write at a time. */
export class Output {
  /** Resolves when the reader of stdout is gone. */
  readonly closed: Promise<void>;
  readonly #outbox: Outbox;
  readonly #close: () => void;
  /** A file takes everything at once; a thread that writes to it would only cost more. */
  readonly #is_file = isFile();
  #pipe: Pipe | null = null;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#close = resolve;
    this.#outbox = new Outbox({ write: (bytes) => Deno.stdout.write(bytes) }, () => resolve());
    // Later, so that it costs the start nothing.
    setTimeout(() => {
      if (Deno.stdout.isTerminal()) return;
      this.#pipe = Pipe.open(1);
      this.#pipe?.whenReaderCloses().then(resolve);
    }, WATCH_AFTER_MS);
  }

  /** Writes bytes; resolves when they are written or nobody reads any more. */
  async write(bytes: Uint8Array): Promise<void> {
    // A write in another thread costs more than a short line; but nothing here may ever wait.
    const at_once = this.#is_file || this.#pipe?.takesAtOnce(bytes.length);
    if (this.#outbox.bytes === 0 && at_once) {
      return this.writeNow(bytes);
    }
    this.#outbox.push([bytes]);
    await this.#outbox.flush();
  }

  /** Writes at once, for a terminal, where the order with stderr matters. */
  writeNow(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    } catch {
      this.#close();
    }
  }

  /** Resolves when everything is written. */
  flush(): Promise<void> {
    return this.#outbox.flush();
  }
}

function isFile(): boolean {
  try {
    return fstatSync(1).isFile();
  } catch {
    return false;
  }
}

/**
 * One line on stderr, in which nothing that came from outside can break out of the line or command
 * the terminal. Never throws: there is nowhere to say so.
 */
export function say(text: string): void {
  try {
    const bytes = encoder.encode(`${visible(shorten(text))}\n`);
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // A closed stderr is nobody's problem.
  }
}

/** Leaves out the middle of a long text: what is wrong stands in front, what is allowed behind. */
function shorten(text: string): string {
  const half = SAID_CHARS_MAX / 2;
  return text.length <= SAID_CHARS_MAX ? text : `${text.slice(0, half)}...${text.slice(-half)}`;
}

/** Whether colours are wanted: on a terminal, and not with NO_COLOR. */
export function wantsColor(): boolean {
  return Deno.stderr.isTerminal() && !Deno.env.get("NO_COLOR");
}
