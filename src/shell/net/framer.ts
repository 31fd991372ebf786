/** Cuts a stream of bytes into lines. */

import { LINE_BYTES_MAX } from "../../core/data/limits.ts";

const NEWLINE = 0x0a;

/** Keeps the beginning of an unfinished line between reads, at most `bytes_max` of it. */
export class Framer {
  readonly #bytes_max: number;
  #buffer = new Uint8Array(0);
  #bytes = 0;
  /** How long the last line was that came in parts: the next is likely as long. */
  #hint_bytes = 0;

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
      this.#append(chunk, start, chunk.length);
    }
    return lines;
  }

  #join(chunk: Uint8Array, start: number, end: number): Uint8Array {
    this.#append(chunk, start, end);
    const line = this.#buffer.subarray(0, this.#bytes);
    // The line is a view of the buffer, so the next line must begin in another one.
    this.#buffer = new Uint8Array(0);
    this.#hint_bytes = this.#bytes;
    this.#bytes = 0;
    return line;
  }

  /** Doubles the buffer as it fills, so that a line that drips in costs what it is long. */
  #append(chunk: Uint8Array, start: number, end: number): void {
    const bytes = this.#bytes + end - start;
    if (bytes > this.#buffer.length) {
      const doubled = Math.max(this.#buffer.length * 2, this.#hint_bytes);
      const grown = new Uint8Array(Math.max(bytes, Math.min(doubled, this.#bytes_max)));
      grown.set(this.#buffer.subarray(0, this.#bytes));
      this.#buffer = grown;
    }
    this.#buffer.set(chunk.subarray(start, end), this.#bytes);
    this.#bytes = bytes;
  }
}
