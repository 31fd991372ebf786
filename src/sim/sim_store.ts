/**
 * A disk in memory, that can be filled, aged, torn and damaged; what a node stored outlives the node.
 * Commits are whole or not there at all, as a database's are.
 */

import type { Env, Restored, StoreBatch, StoredRow, StoreEntry } from "../core/types.ts";
import { hashedBytes, logKey } from "../core/log/entry.ts";
import { LEDGER } from "../core/log/log.ts";

type Row = StoredRow & StoreEntry;
type Notes = Omit<Restored, "stale">;

/** What it takes to undo a commit. */
interface Undo {
  readonly notes: Notes;
  readonly removed: readonly Row[];
  readonly added: readonly number[];
}

/** So many commits can be lost at the end. */
const UNDO_MAX = 8;

export class SimStore {
  /** Why nothing can be stored now; null where it can. */
  fault: string | null = null;
  /** Whether the node must not trust that it knows all that it signed. */
  stale = false;
  /** The name of the node's key, where it is another than at first. */
  key: string | null = null;
  /** How many transactions were committed. */
  commits = 0;
  /** Arrivals of entries that the node set aside. */
  readonly aside: number[] = [];
  #rows = new Map<number, Row>();
  /** The arrival of each stored entry, by log and number. */
  #arrivals = new Map<string, number>();
  #undo: Undo[] = [];
  #notes: Notes = { gaps: [], forks: [], printed: [], drop_before: 0, forgotten: [] };

  constructor(readonly env: Env) {}

  get restored(): Restored {
    return { ...this.#notes, stale: this.stale };
  }

  /** All entries in order of their arrival. */
  get rows(): Row[] {
    return [...this.#rows.values()].sort((a, b) => a.arrival - b.arrival);
  }

  /** Stores all of a batch, or nothing and says why. */
  commit(batch: StoreBatch): string | null {
    if (this.fault !== null) return this.fault;
    this.commits++;
    const notes = this.#notes;
    const removed: Row[] = [], added: number[] = [];
    for (const [origin, topic] of batch.forgotten) {
      this.#deleteWhere((row) => row.origin === origin && row.topic === topic, removed);
    }
    const gone = new Map(
      batch.forgotten.map(([origin, topic, seq]) => [logKey(origin, topic), seq]),
    );
    for (const entry of batch.entries) {
      // What came before its log was forgotten goes with it; what came after stays.
      if (entry.seq > (gone.get(keyOf(entry)) ?? 0)) added.push(this.#put(entry, removed));
    }
    if (batch.drop_before > notes.drop_before) this.#dropBefore(batch.drop_before, removed);
    this.#notes = {
      gaps: [...notes.gaps, ...batch.gaps],
      forks: [...notes.forks, ...batch.forks],
      printed: [...new Map([...notes.printed, ...batch.printed])],
      drop_before: Math.max(notes.drop_before, batch.drop_before),
      forgotten: [...notes.forgotten, ...batch.forgotten],
    };
    this.#undo.push({ notes, removed, added });
    if (this.#undo.length > UNDO_MAX) this.#undo.shift();
    return null;
  }

  /**
   * The last commits are lost, because the disk only said that it had them. That is noticed: whoever
   * starts with what is left must not trust it. Gives how many were lost.
   */
  loseEnd(commits: number): number {
    let lost = 0;
    for (; lost < commits && this.#undo.length > 0; lost++) {
      const { notes, removed, added } = this.#undo.pop()!;
      for (const arrival of added) this.#delete(arrival);
      for (const row of removed) this.#insert(row);
      this.#notes = notes;
    }
    if (lost > 0) this.stale = true;
    return lost;
  }

  /** Sets entries aside. */
  quarantine(arrivals: readonly number[]): void {
    this.aside.push(...arrivals);
    for (const arrival of arrivals) this.#delete(arrival);
    this.#undo = [];
  }

  /** A copy as it is now, to be brought back later. */
  copy(): SimStore {
    const copy = new SimStore(this.env);
    copy.#rows = new Map(this.#rows);
    copy.#arrivals = new Map(this.#arrivals);
    copy.#notes = this.#notes;
    copy.key = this.key;
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

  #put(entry: StoreEntry, removed: Row[]): number {
    const before = this.#rows.get(this.#arrivals.get(placeOf(entry))!);
    if (before !== undefined) {
      removed.push(before);
      this.#delete(before.arrival);
    }
    const hash = this.env.sha256(hashedBytes(entry.line));
    this.#insert({ ...entry, hash });
    return entry.arrival;
  }

  /** What retention dropped goes, but the ledger and the newest entry of each log stay. */
  #dropBefore(arrival: number, removed: Row[]): void {
    const newest = new Map([...this.#rows.values()].map((row) => [keyOf(row), row.arrival]));
    this.#deleteWhere(
      (row) =>
        row.arrival < arrival && row.topic !== LEDGER && newest.get(keyOf(row)) !== row.arrival,
      removed,
    );
  }

  #deleteWhere(isGone: (row: Row) => boolean, removed: Row[]): void {
    for (const row of this.#rows.values()) {
      if (!isGone(row)) continue;
      removed.push(row);
      this.#delete(row.arrival);
    }
  }

  #insert(row: Row): void {
    this.#rows.set(row.arrival, row);
    this.#arrivals.set(placeOf(row), row.arrival);
  }

  #delete(arrival: number): void {
    const row = this.#rows.get(arrival);
    if (row === undefined) return;
    this.#rows.delete(arrival);
    this.#arrivals.delete(placeOf(row));
  }
}

function keyOf({ origin, topic }: StoreEntry): string {
  return logKey(origin, topic);
}

function placeOf({ origin, topic, seq }: StoreEntry): string {
  return `${origin}/${topic} ${seq}`;
}
