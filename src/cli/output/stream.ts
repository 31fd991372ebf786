/**
 * One of the streams that the program was started with: bytes in order, one write at a time, and
 * nothing here ever waits for a reader, unless whoever calls says so.
 */

import { fstatSync } from "node:fs";
import { Outbox } from "../../shell/net/outbox.ts";
import { Pipe } from "../../shell/net/pipe.ts";

/** What a stream is to the system. */
interface Sink {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

export class Stream {
  readonly #sink: Sink;
  readonly #descriptor: number;
  readonly #outbox: Outbox;
  readonly #onGone: () => void;
  #is_file: boolean | undefined;
  #pipe: Pipe | null | undefined;

  /** `onGone` is called when nobody takes what is written; later bytes are dropped. */
  constructor(sink: Sink, descriptor: number, onGone: () => void) {
    this.#sink = sink;
    this.#descriptor = descriptor;
    this.#onGone = onGone;
    this.#outbox = new Outbox({ write: (bytes) => sink.write(bytes) }, onGone);
  }

  get is_terminal(): boolean {
    return this.#sink.isTerminal();
  }

  /** Whether something is still to be written. */
  get waits(): boolean {
    return this.#outbox.bytes > 0;
  }

  /**
   * Looks at what the stream is; until then no write asks whether it would have to wait. Null where
   * nothing can be known, and for a terminal.
   */
  look(): Pipe | null {
    if (this.#pipe === undefined) {
      this.#pipe = this.is_terminal ? null : Pipe.open(this.#descriptor);
    }
    return this.#pipe;
  }

  /** Writes bytes; resolves when they are written or nobody reads any more. */
  async write(bytes: Uint8Array): Promise<void> {
    if (!this.waits && this.#takesAtOnce(bytes.length)) return this.writeNow(bytes);
    this.#outbox.push([bytes]);
    await this.#outbox.flush();
  }

  /** Writes at once, for a terminal, where the order of the two streams matters. Never throws. */
  writeNow(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) at += this.#sink.writeSync(bytes.subarray(at));
    } catch {
      this.#onGone();
    }
  }

  /** Writes at once, or behind what still waits, so that the order is kept. Never throws. */
  writeNext(bytes: Uint8Array): void {
    if (this.waits) this.#outbox.push([bytes]);
    else this.writeNow(bytes);
  }

  /** Resolves when everything is written. */
  flush(): Promise<void> {
    return this.#outbox.flush();
  }

  /**
   * A write in another thread costs more than a short line, and for a file, which takes everything
   * at once, it only costs more.
   */
  #takesAtOnce(bytes: number): boolean {
    this.#is_file ??= isFile(this.#descriptor);
    return this.#is_file || (this.#pipe?.takesAtOnce(bytes) ?? false);
  }
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}
