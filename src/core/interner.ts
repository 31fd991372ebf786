/**
 * Gives each key a small number, 0, 1, 2, ... in order of arrival, so that clocks are plain arrays.
 * Append only; versions share one index, and each sees only the keys it knew (as AppendLog does).
 */
export class Interner {
  readonly #index: Map<string, number>;
  /** How many keys this version knows. */
  readonly length: number;

  private constructor(index: Map<string, number>, length: number) {
    this.#index = index;
    this.length = length;
  }

  /** An interner without keys. */
  static empty(): Interner {
    return new Interner(new Map(), 0);
  }

  /** The number of a key, or -1. */
  find(key: string): number {
    const index = this.#index.get(key);
    return index === undefined || index >= this.length ? -1 : index;
  }

  /** A version that knows one more key; its number is the old length. */
  add(key: string): Interner {
    let index = this.#index;
    if (index.size !== this.length) {
      // A newer version grew already: keep only what this one knows.
      index = new Map([...index].filter(([, number]) => number < this.length));
    }
    index.set(key, this.length);
    return new Interner(index, this.length + 1);
  }

  /** A plain picture for tests and traces. */
  toJSON(): string[] {
    return [...this.#index].filter(([, number]) => number < this.length).map(([key]) => key);
  }
}
