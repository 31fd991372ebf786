/** A disk in memory, that a test can fill, age and damage; what a node stored outlives the node. */

import type { Env, Restored, StoreBatch, StoredRow, StoreEntry } from "../core/types.ts";
import { hashedBytes, logKey } from "../core/entry.ts";
import { LEDGER } from "../core/log.ts";

export class SimStore {
  /** Why nothing can be stored now; null where it can. */
  fault: string | null = null;
  /** Whether the node must not trust that it knows all that it signed. */
  stale = false;
  /** How many transactions were committed. */
  commits = 0;
  /** Arrivals of entries that the node set aside. */
  readonly aside: number[] = [];
  #rows = new Map<number, StoredRow & StoreEntry>();
  #restored: Omit<Restored, "stale"> = {
    gaps: [],
    forks: [],
    printed: [],
    drop_before: 0,
    forgotten: [],
  };

  constructor(readonly env: Env) {}

  get restored(): Restored {
    return { ...this.#restored, stale: this.stale };
  }

  /** All entries in order of their arrival. */
  get rows(): StoredRow[] {
    return [...this.#rows.values()].sort((a, b) => a.arrival - b.arrival);
  }

  /** Stores all of a batch, or nothing and says why. */
  commit(batch: StoreBatch): string | null {
    if (this.fault !== null) return this.fault;
    this.commits++;
    const before = this.#restored;
    for (const [origin, topic] of batch.forgotten) {
      this.#deleteWhere((row) => row.origin === origin && row.topic === topic);
    }
    const gone = new Map(
      batch.forgotten.map(([origin, topic, seq]) => [logKey(origin, topic), seq]),
    );
    for (const entry of batch.entries) {
      // What came before its log was forgotten goes with it; what came after stays.
      if (entry.seq > (gone.get(keyOf(entry)) ?? 0)) this.#put(entry);
    }
    const newest = new Map([...this.#rows.values()].map((row) => [keyOf(row), row.arrival]));
    this.#deleteWhere((row) =>
      row.arrival < batch.drop_before && row.topic !== LEDGER &&
      newest.get(keyOf(row)) !== row.arrival
    );
    this.#restored = {
      gaps: [...before.gaps, ...batch.gaps],
      forks: [...before.forks, ...batch.forks],
      printed: [...new Map([...before.printed, ...batch.printed])],
      drop_before: Math.max(before.drop_before, batch.drop_before),
      forgotten: [...before.forgotten, ...batch.forgotten],
    };
    return null;
  }

  /** Sets entries aside. */
  quarantine(arrivals: readonly number[]): void {
    this.aside.push(...arrivals);
    for (const arrival of arrivals) this.#rows.delete(arrival);
  }

  /** A copy as it is now, to be brought back later. */
  copy(): SimStore {
    const copy = new SimStore(this.env);
    copy.#rows = new Map(this.#rows);
    copy.#restored = this.#restored;
    copy.stale = true;
    return copy;
  }

  /** Changes one byte of a stored entry. */
  damage(arrival: number, at: number): void {
    const row = this.#rows.get(arrival)!;
    const line = row.line.slice();
    line[at] ^= 1;
    this.#rows.set(arrival, { ...row, line });
  }

  #put(entry: StoreEntry): void {
    this.#deleteWhere((row) => keyOf(row) === keyOf(entry) && row.seq === entry.seq);
    const hash = this.env.sha256(hashedBytes(entry.line));
    this.#rows.set(entry.arrival, { ...entry, hash });
  }

  #deleteWhere(isGone: (row: StoredRow & StoreEntry) => boolean): void {
    for (const [arrival, row] of this.#rows) if (isGone(row)) this.#rows.delete(arrival);
  }
}

function keyOf({ origin, topic }: StoreEntry): string {
  return logKey(origin, topic);
}
