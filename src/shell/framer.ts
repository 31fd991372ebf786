/** Cuts a stream of bytes into lines. */

import { LINE_BYTES_MAX } from "../core/limits.ts";

const NEWLINE = 0x0a;

/** Keeps the beginning of an unfinished line between reads, at most `bytes_max` of it. */
export class Framer {
  readonly #bytes_max: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(bytes_max: number = LINE_BYTES_MAX) {
    this.#bytes_max = bytes_max;
  }

  /** Bytes of the unfinished line. */
  get pending(): number {
    return this.#bytes;
  }

  /**
   * The lines that a chunk completes, without newlines, as views that are valid until the next
   * read; "too-long" where a line passes the limit.
   */
  push(chunk: Uint8Array): Uint8Array[] | "too-long" {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      if (this.#bytes + end - start > this.#bytes_max) return "too-long";
      lines.push(this.#bytes === 0 ? chunk.subarray(start, end) : this.#join(chunk, start, end));
      start = end + 1;
    }
    if (start < chunk.length) {
      if (this.#bytes + chunk.length - start > this.#bytes_max) return "too-long";
      this.#parts.push(chunk.slice(start));
      this.#bytes += chunk.length - start;
    }
    return lines;
  }

  #join(chunk: Uint8Array, start: number, end: number): Uint8Array {
    const line = new Uint8Array(this.#bytes + end - start);
    let at = 0;
    for (const part of this.#parts) {
      line.set(part, at);
      at += part.length;
    }
    line.set(chunk.subarray(start, end), at);
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}
