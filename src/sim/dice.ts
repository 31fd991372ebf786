/** Seeded randomness that is drawn from by name; the core's generator with its state kept here. */

import { nextRandom, type Random } from "../core/data/random.ts";

export class Dice {
  #random: Random;

  constructor(seed: number) {
    this.#random = seed | 0;
  }

  /** Dice for one purpose: what is drawn for another changes nothing here. */
  static of(seed: number, purpose: string): Dice {
    let mixed = 0x811c9dc5;
    for (const text of [String(seed), purpose]) {
      for (let at = 0; at < text.length; at++) {
        mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193);
      }
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
    }
    return new Dice(mixed ^ (mixed >>> 12));
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

  /** A number from `least` to `most`, small ones as often as large ones: its logarithm is uniform. */
  logUniform(least: number, most: number): number {
    return least * (most / least) ** this.next();
  }

  /** Whether something happens that does so with a probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the given, which must not be empty. */
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }
}
