/** The input of a simulated node: batches of items, read as fast as it reads, while it is open. */

import type { Json, Topic } from "../core/types.ts";
import type { Clock } from "./clock.ts";

/** Items that are published together. */
export interface Batch {
  readonly topic: Topic;
  readonly items: readonly Json[];
}

/** How a node stands to its input. */
export interface Reader {
  readonly isOpen: () => boolean;
  readonly publish: (batch: Batch) => void;
}

export class SimInput {
  readonly #clock: Clock;
  readonly #bytes_per_ms: number;
  readonly #reader: Reader;
  readonly #batches: Batch[] = [];
  #due = false;

  constructor(clock: Clock, bytes_per_ms: number, reader: Reader) {
    this.#clock = clock;
    this.#bytes_per_ms = bytes_per_ms;
    this.#reader = reader;
  }

  /** Adds batches, to be read one after the other, each when the input is open. */
  feed(batches: Iterable<Batch>): void {
    for (const batch of batches) this.#batches.push(batch);
    this.#schedule();
  }

  /** Items that were not read yet. */
  get unread(): number {
    return this.#batches.reduce((sum, { items }) => sum + items.length, 0);
  }

  /** Something happened to the node: perhaps it reads on. */
  readOn(): void {
    if (this.#batches.length > 0 && this.#reader.isOpen()) this.#schedule();
  }

  #schedule(): void {
    if (this.#due || this.#batches.length === 0) return;
    this.#due = true;
    const pause_ms = JSON.stringify(this.#batches[0].items).length / this.#bytes_per_ms;
    this.#clock.at(this.#clock.now_ms + pause_ms, "work", () => {
      this.#due = false;
      if (!this.#reader.isOpen()) return;
      const batch = this.#batches.shift();
      if (batch !== undefined) this.#reader.publish(batch);
    });
  }
}
