/** How fast bytes may go out, all connections together. */

import type { Clock } from "./clock.ts";

/** What is sent at once, so that it flows evenly: as much as may go in this time. */
const STEP_MS = 10;
/** Timers are late: what could not go in this time may be made up for. */
const BURST_MS = 50;
const SLICE_BYTES_MIN = 1_024;
const SLICE_BYTES_MAX = 262_144;

/**
 * A token bucket, kept as the time at which all that was let out is paid for (the generic cell rate
 * algorithm, ITU-T I.371). Who takes first goes first, so slices share the rate evenly.
 */
export class Rate {
  /** Take so many at once at the most. */
  readonly slice_bytes: number;
  readonly #bytes_a_ms: number;
  readonly #clock: Clock;
  #paid_ms: number;

  /** `bytes_a_second` is null for no limit. */
  constructor(bytes_a_second: number | null, clock: Clock) {
    this.#bytes_a_ms = bytes_a_second === null ? Infinity : bytes_a_second / 1_000;
    this.#clock = clock;
    this.#paid_ms = clock.now_ms();
    const step_bytes = Math.floor(this.#bytes_a_ms * STEP_MS);
    this.slice_bytes = Math.max(SLICE_BYTES_MIN, Math.min(step_bytes, SLICE_BYTES_MAX));
  }

  /** Resolves when so many bytes may go out; null where that is now. */
  take(bytes: number): Promise<void> | null {
    if (this.#bytes_a_ms === Infinity) return null;
    const now_ms = this.#clock.now_ms();
    const start_ms = Math.max(this.#paid_ms, now_ms - BURST_MS);
    this.#paid_ms = start_ms + bytes / this.#bytes_a_ms;
    if (start_ms <= now_ms) return null;
    return new Promise((resolve) => this.#clock.after(start_ms - now_ms, resolve));
  }
}
