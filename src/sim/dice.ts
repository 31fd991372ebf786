/** Seeded randomness that is drawn from by name; the core's generator with its state kept here. */

import { nextRandom, type Random } from "../core/random.ts";

export class Dice {
  #random: Random;

  constructor(seed: number) {
    this.#random = seed | 0;
  }

  /** A number in [0, 1). */
  next(): number {
    const [value, random] = nextRandom(this.#random);
    this.#random = random;
    return value;
  }

  /** An integer from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** An integer from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** One of the given, which must not be empty. */
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }
}
