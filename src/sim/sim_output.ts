/** What takes the output of a simulated node: at once, at a rate, or not before it is released. */

import type { Clock } from "./clock.ts";

/** How a node's output takes what is printed: at once, not before it is released, or at a rate. */
export type OutputRate = "free" | "held" | { readonly bytes_per_ms: number };

export class SimOutput {
  readonly #clock: Clock;
  readonly #onTaken: (bytes: number) => void;
  #rate: OutputRate = "free";
  #free_ms = 0;
  #owed: number[] = [];

  constructor(clock: Clock, onTaken: (bytes: number) => void) {
    this.#clock = clock;
    this.#onTaken = onTaken;
  }

  /** Changes how fast it takes what is printed. */
  setRate(rate: OutputRate): void {
    this.#rate = rate;
    if (rate === "held") return;
    for (const bytes of this.#owed.splice(0)) this.#take(bytes);
  }

  /** Something was printed. */
  print(bytes: number): void {
    if (this.#rate === "held") this.#owed.push(bytes);
    else this.#take(bytes);
  }

  #take(bytes: number): void {
    const pause_ms = typeof this.#rate === "object" ? bytes / this.#rate.bytes_per_ms : 0;
    this.#free_ms = Math.max(this.#free_ms, this.#clock.now_ms) + pause_ms;
    this.#clock.stir(this.#free_ms);
    this.#clock.at(this.#free_ms, "work", () => this.#onTaken(bytes));
  }
}
