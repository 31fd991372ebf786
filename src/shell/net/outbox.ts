/**
 * What is still to be written to one socket. One write is under way at a time; what gathers meanwhile
 * goes out together (as nats.js does). Many small writes cost twenty times one large one.
 */

import { concat } from "@std/bytes/concat";

/** Where bytes go. */
export interface Sink {
  /** Writes some of the bytes, says how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Small lines are joined up to this size; larger ones are written as they are. */
const JOIN_BYTES = 65_536;

export class Outbox {
  readonly #sink: Sink;
  readonly #onError: (error: unknown) => void;
  #queue: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> | null = null;
  #failed = false;

  /** `onError` is called once, when a write fails; later bytes are dropped. */
  constructor(sink: Sink, onError: (error: unknown) => void) {
    this.#sink = sink;
    this.#onError = onError;
  }

  /** Bytes that are not written yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues bytes, and writes them as soon as the socket takes them. */
  push(lines: readonly Uint8Array[]): void {
    if (this.#failed) return;
    for (const line of lines) {
      this.#queue.push(line);
      this.#bytes += line.length;
    }
    if (this.#bytes > 0) this.#writing ??= this.#drain();
  }

  /** Resolves when everything is written, or a write failed. */
  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const batch = takeBatch(this.#queue);
        for (let at = 0; at < batch.length;) at += await this.#sink.write(batch.subarray(at));
        this.#bytes -= batch.length;
      }
    } catch (error) {
      this.#failed = true;
      this.#queue = [];
      this.#bytes = 0;
      this.#onError(error);
    } finally {
      this.#writing = null;
    }
  }
}

/** The next bytes to write: one large line, or several small ones joined. Shortens the queue. */
function takeBatch(queue: Uint8Array[]): Uint8Array {
  let count = 1, bytes = queue[0].length;
  while (count < queue.length && bytes + queue[count].length <= JOIN_BYTES) {
    bytes += queue[count++].length;
  }
  const parts = queue.splice(0, count);
  if (count === 1) return parts[0];
  return concat(parts);
}
