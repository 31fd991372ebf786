/**
 * A map with versions, for what is large and changes a little at a time: balances, seen texts.
 *
 * The newest version owns the one real `Map`; each older version only remembers how it differs from
 * the next. Reading the newest costs what a `Map` costs, and a version that nobody holds is garbage.
 * Reading an old version moves the real map over to it (shallow binding: H. G. Baker, "Shallow
 * Binding Makes Functional Arrays Fast", 1991).
 */
export class SharedMap<K, V> {
  #map: Map<K, V> | null;
  #diff: { key: K; had: boolean; value: V | undefined; next: SharedMap<K, V> } | null = null;

  private constructor(map: Map<K, V>) {
    this.#map = map;
  }

  /** A map of the given pairs. */
  static of<K, V>(pairs: Iterable<readonly [K, V]> = []): SharedMap<K, V> {
    return new SharedMap(new Map(pairs));
  }

  /** How many keys this version has. */
  get size(): number {
    return this.#own().size;
  }

  /** The value of a key in this version. */
  get(key: K): V | undefined {
    return this.#own().get(key);
  }

  /** Whether this version has a key. */
  has(key: K): boolean {
    return this.#own().has(key);
  }

  /** A version with one key changed. */
  set(key: K, value: V): SharedMap<K, V> {
    const map = this.#own();
    const next = new SharedMap<K, V>(map);
    this.#diff = { key, had: map.has(key), value: map.get(key), next };
    this.#map = null;
    map.set(key, value);
    return next;
  }

  /** A version without a key. */
  delete(key: K): SharedMap<K, V> {
    const map = this.#own();
    if (!map.has(key)) return this;
    const next = new SharedMap<K, V>(map);
    this.#diff = { key, had: true, value: map.get(key), next };
    this.#map = null;
    map.delete(key);
    return next;
  }

  /** The pairs of this version, in no promised order; the version must stay the one being read. */
  entries(): IterableIterator<[K, V]> {
    return this.#own().entries();
  }

  /** A plain picture for tests and traces, independent of the order of insertion. */
  toJSON(): [K, V][] {
    return [...this.#own()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  /** Brings the real map to this version. Iterative, because chains of diffs can be long. */
  #own(): Map<K, V> {
    if (this.#map !== null) return this.#map;
    const chain: SharedMap<K, V>[] = [];
    let diff = this.#diff, newest = this.#diff!.next;
    for (chain.push(this); (diff = newest.#diff) !== null; newest = diff.next) chain.push(newest);
    const map = newest.#map!;
    for (let i = chain.length - 1; i >= 0; i--) {
      const version = chain[i];
      const { key, had, value, next } = version.#diff!;
      next.#diff = { key, had: map.has(key), value: map.get(key), next: version };
      next.#map = null;
      if (had) map.set(key, value as V);
      else map.delete(key);
      version.#map = map;
      version.#diff = null;
    }
    return map;
  }
}
