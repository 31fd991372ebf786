/** Work that takes long: it is told of now and then, may be cancelled, and lets others go on. */

import type { Hashed } from "../tasks.ts";

/** How often it is told how far work is. */
const REPORT_MS = 200;
/** How long work goes on before others have their turn. */
const TURN_MS = 20;

export class Progress {
  readonly #signal: AbortSignal | null;
  readonly #report: ((hashed: Hashed) => void) | null;
  readonly #size: number;
  #done = 0;
  /** At first it is told at once. */
  #reported_ms = -Infinity;
  #turn_ms = performance.now();

  /** Work on `size` bytes. */
  constructor(
    size: number,
    signal: AbortSignal | null = null,
    report: ((hashed: Hashed) => void) | null = null,
  ) {
    this.#size = size;
    this.#signal = signal;
    this.#report = report;
  }

  /** So much more is done. Throws where it is to stop. */
  async add(bytes: number): Promise<void> {
    this.#done += bytes;
    this.#signal?.throwIfAborted();
    const now_ms = performance.now();
    if (now_ms - this.#reported_ms >= REPORT_MS) {
      this.#reported_ms = now_ms;
      this.#report?.({ hashed_bytes: this.#done, size: this.#size });
    }
    if (now_ms - this.#turn_ms < TURN_MS) return;
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#turn_ms = performance.now();
  }
}

/** Lets everything else that waits go first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
