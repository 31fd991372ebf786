/**
 * Gives each key a small number, so that clocks are plain arrays. The number of a key that was removed
 * is given again, so that the arrays do not grow for ever. Versions share one map (see `SharedMap`).
 */

import { assert } from "@std/assert/assert";
import { SharedMap } from "./shared_map.ts";

export class Interner {
  readonly #numbers: SharedMap<string, number>;
  /** Numbers that were given back. */
  readonly #free: readonly number[];

  private constructor(numbers: SharedMap<string, number>, free: readonly number[]) {
    this.#numbers = numbers;
    this.#free = free;
  }

  /** An interner without keys. */
  static empty(): Interner {
    return new Interner(SharedMap.of(), []);
  }

  /** How many keys this version knows. */
  get length(): number {
    return this.#numbers.size;
  }

  /** The number of a key, or -1. */
  find(key: string): number {
    return this.#numbers.get(key) ?? -1;
  }

  /** The number that the next key will have. */
  get next(): number {
    return this.#free.at(-1) ?? this.#numbers.size;
  }

  /** A version that knows one more key, whose number is `next`. */
  add(key: string): Interner {
    assert(!this.#numbers.has(key), `${key} has a number already`);
    const free = this.#free.length > 0 ? this.#free.slice(0, -1) : this.#free;
    return new Interner(this.#numbers.set(key, this.next), free);
  }

  /** A version without some keys. */
  remove(keys: Iterable<string>): Interner {
    let numbers = this.#numbers;
    const free = this.#free.slice();
    for (const key of keys) {
      const number = numbers.get(key);
      if (number === undefined) continue;
      numbers = numbers.delete(key);
      free.push(number);
    }
    return new Interner(numbers, free);
  }

  /** A plain picture for tests and traces: the keys in the order of their numbers. */
  toJSON(): string[] {
    return [...this.#numbers.entries()].sort(([, a], [, b]) => a - b).map(([key]) => key);
  }
}
