/**
 * A disk in memory, that can be filled, aged, torn and damaged; what a node stored outlives the node.
 * Commits are whole or not there at all, as a database's are.
 */

import type { Env } from "../core/types.ts";
import type {
  AppRow,
  Kept,
  Restored,
  StoreBatch,
  StoredRow,
  StoreEntry,
} from "../core/data/stored.ts";
import type { Topic } from "../core/types.ts";
import { hashedBytes, logKey } from "../core/log/entry.ts";

type Row = StoredRow & StoreEntry;
/** What is stored besides the entries, with the rows of the apps' tables by table and key. */
type Notes = Omit<Restored, "stale" | "rows_stale"> & {
  readonly tables: ReadonlyMap<string, AppRow>;
};

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
  #notes: Notes = {
    gaps: [],
    forks: [],
    printed: [],
    kept: [],
    drop_before: 0,
    forgotten: [],
    tables: new Map(),
  };

  /** `whole` are the topics of which nothing is ever dropped. */
  constructor(
    readonly sha256: Env["sha256"],
    readonly whole: ReadonlySet<Topic> = new Set(),
  ) {}

  get restored(): Restored {
    const { tables: _, ...notes } = this.#notes;
    return { ...notes, stale: this.stale, rows_stale: false };
  }

  /** The rows of a table of an app. */
  tableRows(table: string): AppRow[] {
    return [...this.#notes.tables.values()].filter((row) => row.table === table);
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
      kept: putKept(notes.kept, batch.kept),
      tables: putRows(notes.tables, batch.rows),
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
    this.#notes = { ...this.#notes, tables: new Map() };
    this.#undo = [];
  }

  /** A copy as it is now, to be brought back later. */
  copy(): SimStore {
    const copy = new SimStore(this.sha256, this.whole);
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
    const hash = this.sha256(hashedBytes(entry.line));
    this.#insert({ ...entry, hash });
    return entry.arrival;
  }

  /** What retention dropped goes, but what is kept whole and the newest entry of each log stay. */
  #dropBefore(arrival: number, removed: Row[]): void {
    const newest = new Map([...this.#rows.values()].map((row) => [keyOf(row), row.arrival]));
    this.#deleteWhere(
      (row) =>
        row.arrival < arrival && !this.whole.has(row.topic) &&
        newest.get(keyOf(row)) !== row.arrival,
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

/** The newest of each key counts; null takes it away. */
function putKept(before: readonly Kept[], more: readonly Kept[]): readonly Kept[] {
  if (more.length === 0) return before;
  const all = new Map([...before, ...more].map((one) => [`${one.app}/${one.key}`, one]));
  return [...all.values()].filter(({ value }) => value !== null);
}

function putRows(
  before: ReadonlyMap<string, AppRow>,
  more: readonly AppRow[],
): ReadonlyMap<string, AppRow> {
  if (more.length === 0) return before;
  const after = new Map(before);
  for (const one of more) {
    if (one.row === null) after.delete(`${one.table}/${one.key}`);
    else after.set(`${one.table}/${one.key}`, one);
  }
  return after;
}
