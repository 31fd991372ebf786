/**
 * What poll(2) knows about stdout, and no write can tell: whether anybody still reads it, so that
 * `rumor sub | head -1` ends although nothing more is written; and whether a small write would wait.
 * Deno reaches poll(2) by FFI. Where that is not to be had, `Pipe.open()` gives null, and the next
 * write finds out.
 */

import { openLibc } from "../files/libc.ts";

const SYMBOLS = {
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  pollLater: {
    name: "poll",
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    nonblocking: true,
  },
} as const;
/** Bits of poll(2): a write would not wait; the other side is gone (POLLERR, POLLHUP, POLLNVAL). */
const POLLOUT = 0x04, GONE = 0x08 | 0x10 | 0x20;
/** A pipe that can be written takes at least so many bytes at once (PIPE_BUF of Linux). */
const WRITABLE_BYTES = 4_096;
/** An interrupted call is made again, but not forever. */
const TRIES_MAX = 100;

export class Pipe {
  readonly #symbols: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
  readonly #descriptor: number;

  private constructor(library: Deno.DynamicLibrary<typeof SYMBOLS>, descriptor: number) {
    this.#symbols = library.symbols;
    this.#descriptor = descriptor;
  }

  /** A look at a file descriptor of this process; null where the C library is out of reach. */
  static open(descriptor: number): Pipe | null {
    const library = openLibc(SYMBOLS);
    return library === null ? null : new Pipe(library, descriptor);
  }

  /** Whether a write of so many bytes is certain not to wait. */
  takesAtOnce(bytes: number): boolean {
    if (bytes > WRITABLE_BYTES) return false;
    const { request, results } = pollRequest(this.#descriptor, POLLOUT);
    return this.#symbols.poll(request, 1n, 0) === 1 && results[3] === POLLOUT;
  }

  /** Resolves when the reader is gone; else never. */
  async whenReaderCloses(): Promise<void> {
    const { request, results } = pollRequest(this.#descriptor, 0);
    for (let tries = 0; tries < TRIES_MAX && (results[3] & GONE) === 0; tries++) {
      await this.#symbols.pollLater(request, 1n, -1);
    }
    if ((results[3] & GONE) === 0) await new Promise(() => {});
  }
}

/** struct pollfd { int fd; short events; short revents; }, in the machine's byte order. */
function pollRequest(descriptor: number, events: number) {
  const request = new Uint8Array(8);
  new Int32Array(request.buffer)[0] = descriptor;
  const results = new Int16Array(request.buffer);
  results[2] = events;
  return { request, results };
}
