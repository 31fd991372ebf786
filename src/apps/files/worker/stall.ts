/** How long nothing has moved that should. */

import type { Clock } from "./clock.ts";

export class Stall {
  readonly #clock: Clock;
  #bytes = -1;
  #since_ms = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how many milliseconds something was due while the count of bytes stayed; looked at now and then. */
  stalled_ms(is_due: boolean, bytes: number): number {
    const now_ms = this.#clock.now_ms();
    if (!is_due || bytes !== this.#bytes) this.#since_ms = now_ms;
    this.#bytes = bytes;
    return now_ms - this.#since_ms;
  }
}
