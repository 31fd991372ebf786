/**
 * An append-only list whose versions share one growing tail. Appending costs what is appended, not
 * what is there, and an older version never sees what a newer one added: each knows its own end.
 */
export class AppendLog<T> {
  /** Shared by all versions that grew from each other; only ever pushed to. */
  readonly #items: T[];
  /** Index in `#items` of the item at position `first`. */
  readonly #offset: number;
  /** Position of the oldest item that is still kept. */
  readonly first: number;
  /** Position after the newest item. */
  readonly end: number;

  private constructor(items: T[], offset: number, first: number, end: number) {
    this.#items = items;
    this.#offset = offset;
    this.first = first;
    this.end = end;
  }

  /** An empty log whose first item will have the position `first`. */
  static empty<T>(first = 0): AppendLog<T> {
    return new AppendLog<T>([], 0, first, first);
  }

  /** How many items are kept. */
  get length(): number {
    return this.end - this.first;
  }

  /** The item at a position, or undefined where it was dropped or is not there yet. */
  get(position: number): T | undefined {
    if (position < this.first || position >= this.end) return undefined;
    return this.#items[position - this.first + this.#offset];
  }

  /** A version with the items at its end. */
  append(added: readonly T[]): AppendLog<T> {
    if (added.length === 0) return this;
    const used = this.#offset + this.length;
    // Somebody else already grew this version: this one starts a tail of its own.
    const shared = this.#items.length === used;
    const items = shared ? this.#items : this.#items.slice(this.#offset, used);
    for (const item of added) items.push(item);
    return new AppendLog(items, shared ? this.#offset : 0, this.first, this.end + added.length);
  }

  /** A version without the items before a position. */
  dropUntil(position: number): AppendLog<T> {
    const first = Math.min(Math.max(position, this.first), this.end);
    if (first === this.first) return this;
    const offset = this.#offset + (first - this.first);
    const used = offset + (this.end - first);
    // Dropped items stay reachable until the tail is copied; an eighth is the most that may linger.
    if (offset * 8 <= used) return new AppendLog(this.#items, offset, first, this.end);
    return new AppendLog(this.#items.slice(offset, used), 0, first, this.end);
  }

  /** The kept items from a position on, in order. */
  *from(position: number = this.first): Generator<T> {
    for (let at = Math.max(position, this.first); at < this.end; at++) yield this.get(at)!;
  }

  /** A plain picture for tests and traces. */
  toJSON(): { first: number; items: T[] } {
    return { first: this.first, items: [...this.from()] };
  }
}
