/** What a commit writes. The newest entry of each log is kept in memory, so no commit searches. */

import { hash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Id } from "../../core/types.ts";
import type { StoreBatch, StoreEntry } from "../../core/data/stored.ts";
import { hashedBytes, logKey } from "../../core/log/entry.ts";
import { proofOf, putMeta } from "./notes.ts";
import { FORGOTTEN_MAX, type Statements } from "./schema.ts";

/** The newest entry of a log. */
interface LogRow {
  readonly log: number;
  readonly origin: Id;
  readonly topic: string;
  readonly seq: number;
  readonly arrival: number;
}

/** Writes batches into an open transaction; keeps in step with what was committed. */
export class Writer {
  readonly #sql: Statements;
  #logs = new Map<string, LogRow>();
  /** What this transaction changes; null where a log goes. */
  #touched = new Map<string, LogRow | null>();
  #next_log = 1;
  /** Entries before this arrival are gone, but for those of whole topics and the newest of each log. */
  #dropped = 0;
  #dropped_next = 0;
  #self: Id = "";
  #signed = 0;

  /** `whole` topics drop nothing. */
  constructor(
    db: DatabaseSync,
    sql: Statements,
    dropped: number,
    readonly whole: readonly string[],
  ) {
    this.#sql = sql;
    this.#dropped = this.#dropped_next = dropped;
    for (const row of db.prepare("SELECT * FROM logs").iterate()) this.#learn(row as never);
  }

  /** Says whose entries are the own ones. */
  setSelf(id: Id): void {
    this.#self = id;
    this.#signed = 0;
    for (const { origin, seq } of this.#logs.values()) if (origin === id) this.#signed += seq;
  }

  /** Sum of the newest numbers of the own logs: how many own entries are stored, or were. */
  get signed(): number {
    return this.#signed;
  }

  /** See `Restored.drop_before`. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Writes a batch, within a transaction. */
  write(batch: StoreBatch): void {
    const gone = this.#forget(batch.forgotten);
    for (const entry of batch.entries) {
      const key = logKey(entry.origin, entry.topic);
      // What came before its log was forgotten in the same tick goes with it.
      if (entry.seq > (gone.get(key) ?? 0)) this.#put(entry, key);
    }
    for (const row of this.#touched.values()) {
      if (row !== null) this.#putLog(row);
    }
    if (batch.drop_before > this.#dropped) {
      this.#sql.dropRange.run(this.#dropped, batch.drop_before, JSON.stringify(this.whole));
      putMeta(this.#sql, "dropped", String(batch.drop_before));
      this.#dropped_next = batch.drop_before;
    }
    for (const { origin, topic, from, to } of batch.gaps) {
      this.#sql.putGap.run(origin, topic, from, to, proofOf(origin, topic, from, to));
    }
    for (const { origin, topic, lines } of batch.forks) {
      this.#sql.putFork.run(origin, topic, ...lines, proofOf(origin, topic, ...lines));
    }
    for (const [topic, position] of batch.printed) {
      this.#sql.putPrinted.run(topic, position, proofOf(topic, position));
    }
    this.#writeApps(batch);
  }

  #writeApps({ rows, kept }: StoreBatch): void {
    for (const { table, key, row } of rows) {
      if (row === null) this.#sql.dropRow.run(table, key);
      else this.#sql.putRow.run(table, key, JSON.stringify(row));
    }
    for (const { app, key, value } of kept) {
      const text = JSON.stringify(value);
      if (value === null) this.#sql.dropKept.run(app, key);
      else this.#sql.putKept.run(app, key, text, proofOf(app, key, text));
    }
  }

  /** Sets entries aside, within a transaction. Gives the origins whose newest entries went. */
  setAside(arrivals: readonly number[], why: string): Set<Id> {
    const time = new Date().toISOString();
    const keys = new Set<string>();
    for (const arrival of arrivals) {
      const found = this.#sql.logOf.get(arrival);
      if (found === undefined) continue;
      this.#sql.setAside.run(why, time, arrival);
      this.#sql.dropEntry.run(arrival);
      keys.add(logKey(found.origin as string, found.topic as string));
    }
    const shortened = new Set<Id>();
    for (const key of keys) {
      const row = this.#find(key);
      if (row === null) continue;
      const newest = this.#sql.newestOf.get(row.log) as
        | { seq: number; arrival: number }
        | undefined;
      if (newest?.seq === row.seq) continue;
      shortened.add(row.origin);
      this.#touched.set(key, newest === undefined ? null : { ...row, ...newest });
      if (newest === undefined) this.#sql.dropLog.run(row.log);
      else this.#putLog({ ...row, ...newest });
    }
    return shortened;
  }

  /** The transaction was committed. */
  done(): void {
    for (const [key, row] of this.#touched) {
      const before = this.#logs.get(key);
      if ((row ?? before)?.origin === this.#self) {
        this.#signed += (row?.seq ?? 0) - (before?.seq ?? 0);
      }
      if (row === null) this.#logs.delete(key);
      else this.#logs.set(key, row);
    }
    this.#touched = new Map();
    this.#dropped = this.#dropped_next;
  }

  /** The transaction was rolled back. */
  undo(): void {
    this.#touched = new Map();
    this.#dropped_next = this.#dropped;
  }

  #learn(row: LogRow): void {
    this.#logs.set(logKey(row.origin, row.topic), row);
    this.#next_log = Math.max(this.#next_log, row.log + 1);
  }

  #find(key: string): LogRow | null {
    const touched = this.#touched.get(key);
    return touched === undefined ? this.#logs.get(key) ?? null : touched;
  }

  #put({ arrival, origin, topic, seq, line }: StoreEntry, key: string): void {
    const bytes = hashedBytes(line);
    const row = this.#find(key);
    const log = row === null ? this.#next_log++ : row.log;
    this.#sql.putEntry.run(arrival, log, seq, bytes, hash("sha256", bytes, "base64url"));
    if (row !== null && seq < row.seq) return;
    // The entry that was the newest stayed only because of that.
    if (
      row !== null && seq > row.seq && row.arrival < this.#dropped && !this.whole.includes(topic)
    ) {
      this.#sql.dropEntry.run(row.arrival);
    }
    this.#touched.set(key, { log, origin, topic, seq, arrival });
  }

  #putLog({ log, origin, topic, seq, arrival }: LogRow): void {
    this.#sql.putLog.run(log, origin, topic, seq, arrival);
  }

  #forget(forgotten: StoreBatch["forgotten"]): Map<string, number> {
    const gone = new Map<string, number>();
    for (const [origin, topic, seq] of forgotten) {
      const key = logKey(origin, topic);
      gone.set(key, seq);
      const row = this.#find(key);
      if (row !== null) {
        this.#sql.dropLogEntries.run(row.log);
        this.#sql.dropLog.run(row.log);
        this.#touched.set(key, null);
      }
      this.#sql.dropGaps.run(origin, topic);
      this.#sql.dropForks.run(origin, topic);
      this.#sql.putForgotten.run(origin, topic, seq, proofOf(origin, topic, seq));
    }
    if (forgotten.length > 0) this.#sql.trimForgotten.run(FORGOTTEN_MAX);
    return gone;
  }
}
