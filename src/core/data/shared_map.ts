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
  #diff: { changes: Change<K, V>[]; next: SharedMap<K, V> } | null = null;

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
    return (this.#map ?? this.#own()).get(key);
  }

  /** Whether this version has a key. */
  has(key: K): boolean {
    return (this.#map ?? this.#own()).has(key);
  }

  /** A version with one key changed. */
  set(key: K, value: V): SharedMap<K, V> {
    const edit = this.edit();
    edit.set(key, value);
    return edit.finish();
  }

  /** A version without a key. */
  delete(key: K): SharedMap<K, V> {
    const edit = this.edit();
    edit.delete(key);
    return edit.finish();
  }

  /**
   * A version without a key, with a real map of its own: for small maps whose order matters. After
   * `delete()` a key that comes back in an older version stands behind the others.
   */
  without(key: K): SharedMap<K, V> {
    if (!this.has(key)) return this;
    return SharedMap.of([...this.entries()].filter(([other]) => other !== key));
  }

  /** Begins many changes at once. No version may be read before `finish()` gives the new one. */
  edit(): SharedMapEdit<K, V> {
    const map = this.#own();
    return new SharedMapEdit(map, (changes) => {
      if (changes.length === 0) return this;
      const next = new SharedMap<K, V>(map);
      this.#diff = { changes, next };
      this.#map = null;
      return next;
    });
  }

  /**
   * The pairs of this version, in the order of their insertion where no version deleted any; the
   * version must stay the one being read.
   */
  entries(): IterableIterator<[K, V]> {
    return this.#own().entries();
  }

  /** The values of this version, as `entries()`. */
  values(): IterableIterator<V> {
    return this.#own().values();
  }

  /** The keys of this version, as `entries()`. */
  keys(): IterableIterator<K> {
    return this.#own().keys();
  }

  /** A plain picture for tests and traces, independent of the order of insertion. */
  toJSON(): [K, V][] {
    return [...this.#own()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  /** Brings the real map to this version. Iterative, because chains of diffs can be long. */
  #own(): Map<K, V> {
    if (this.#map !== null) return this.#map;
    const versions: SharedMap<K, V>[] = [];
    let diff = this.#diff, newest = this.#diff!.next;
    for (versions.push(this); (diff = newest.#diff) !== null; newest = diff.next) {
      versions.push(newest);
    }
    const map = newest.#map!;
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i];
      const { changes, next } = version.#diff!;
      next.#diff = { changes: undo(map, changes), next: version };
      next.#map = null;
      version.#map = map;
      version.#diff = null;
    }
    return map;
  }
}

/** A key as it was before it was changed. */
type Change<K, V> = readonly [key: K, had: boolean, value: V | undefined];

/** Changes of one batch, made in the real map and remembered, so that they can be taken back. */
export class SharedMapEdit<K, V> {
  readonly #map: Map<K, V>;
  readonly #changes: Change<K, V>[] = [];
  readonly #finish: (changes: Change<K, V>[]) => SharedMap<K, V>;

  constructor(map: Map<K, V>, finish: (changes: Change<K, V>[]) => SharedMap<K, V>) {
    this.#map = map;
    this.#finish = finish;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  set(key: K, value: V): void {
    this.#remember(key);
    this.#map.set(key, value);
  }

  /** As `set()`, for a key that is known not to be there. */
  add(key: K, value: V): void {
    this.#changes.push([key, false, undefined]);
    this.#map.set(key, value);
  }

  delete(key: K): void {
    if (!this.#map.has(key)) return;
    this.#remember(key);
    this.#map.delete(key);
  }

  /** The version with all changes; the same reference where there are none. */
  finish(): SharedMap<K, V> {
    return this.#finish(this.#changes);
  }

  #remember(key: K): void {
    const value = this.#map.get(key);
    this.#changes.push([key, value !== undefined || this.#map.has(key), value]);
  }
}

/** Takes changes back, the last first; gives what takes that back in the same way. */
function undo<K, V>(map: Map<K, V>, changes: readonly Change<K, V>[]): Change<K, V>[] {
  const redo: Change<K, V>[] = [];
  for (let at = changes.length - 1; at >= 0; at--) {
    const [key, had, value] = changes[at];
    redo.push([key, map.has(key), map.get(key)]);
    if (had) map.set(key, value as V);
    else map.delete(key);
  }
  return redo;
}
