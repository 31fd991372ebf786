/** The own clock of a simulated node, and what gives it its ticks. */

import type { Clock } from "./clock.ts";

export class SimAlarm {
  readonly #clock: Clock;
  readonly #onTick: () => void;
  #ahead_ms: number;
  #due = false;
  /** When it rings, by the node's own clock. */
  #wake_ms = Infinity;

  constructor(clock: Clock, ahead_ms: number, onTick: () => void) {
    this.#clock = clock;
    this.#ahead_ms = ahead_ms;
    this.#onTick = onTick;
  }

  /** The time by the node's own clock. */
  get now_ms(): number {
    return Math.ceil(this.#clock.now_ms + this.#ahead_ms);
  }

  /** The node's clock jumps ahead; what was set means nothing any more. */
  step(ahead_ms: number): void {
    this.#ahead_ms += ahead_ms;
    this.#wake_ms = Infinity;
  }

  /** One tick for all that arrives at one time, as far as the clock's order has it so. */
  soon(): void {
    if (this.#due) return;
    this.#due = true;
    this.#clock.at(this.#clock.now_ms, "work", () => {
      this.#due = false;
      this.#onTick();
    });
  }

  /** A tick at a time, by the node's own clock, instead of the one that was set; Infinity for none. */
  set(wake_ms: number): void {
    if (wake_ms === this.#wake_ms) return;
    this.#wake_ms = wake_ms;
    if (wake_ms === Infinity) return;
    this.#clock.at(wake_ms - this.#ahead_ms, "timer", () => {
      // A timer that was set anew stays on the clock, but means nothing.
      if (this.#wake_ms !== wake_ms) return;
      this.#wake_ms = Infinity;
      this.#onTick();
    });
  }
}
