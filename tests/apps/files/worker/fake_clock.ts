/** A clock that a test winds. */

import type { Clock } from "../../../../src/apps/files/worker/clock.ts";

interface Timer {
  at_ms: number;
  readonly every_ms: number | null;
  readonly call: () => void;
}

export class FakeClock implements Clock {
  #now_ms = 0;
  readonly #timers = new Set<Timer>();

  now_ms(): number {
    return this.#now_ms;
  }

  after(ms: number, call: () => void): () => void {
    return this.#add({ at_ms: this.#now_ms + ms, every_ms: null, call });
  }

  every(ms: number, call: () => void): () => void {
    return this.#add({ at_ms: this.#now_ms + ms, every_ms: ms, call });
  }

  /** When the next timer is due; null where none is. */
  get next_ms(): number | null {
    return this.#timers.size === 0 ? null : this.#next().at_ms;
  }

  /** Lets time pass; timers are called in their order. */
  advance(ms: number): void {
    const end_ms = this.#now_ms + ms;
    while (this.#timers.size > 0) {
      const timer = this.#next();
      if (timer.at_ms > end_ms) break;
      this.#now_ms = timer.at_ms;
      if (timer.every_ms === null) this.#timers.delete(timer);
      else timer.at_ms += timer.every_ms;
      timer.call();
    }
    this.#now_ms = end_ms;
  }

  #next(): Timer {
    return [...this.#timers].reduce((one, other) => other.at_ms < one.at_ms ? other : one);
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
