/** Opening the database: make it, find out whether it is whole, and replace it where it is not. */

import { DatabaseSync } from "node:sqlite";
import type { Id } from "../../core/types.ts";
import { type Notes, proofOf, readNotes } from "./notes.ts";
import { makeSchema, migrate } from "./schema.ts";
import type { StoredApps } from "./views.ts";
import { asideName, plainError, sizeOf, StoreError, syncDirectory } from "../files/files.ts";
import { inspect, isDatabaseError } from "./files.ts";
import { salvage } from "./salvage.ts";

/** A database that is ready for use. */
export interface Opened {
  readonly db: DatabaseSync;
  readonly notes: Notes;
  readonly fresh: boolean;
  /** Whether it was closed properly, or its write-ahead log is there. */
  readonly complete: boolean;
  /** Whether it had to be replaced. */
  readonly damaged: boolean;
}

/** Opens the database of a directory that is locked. Says into `reports` what it found. */
export function openDatabase(dir: string, apps: StoredApps, reports: string[]): Opened {
  const path = `${dir}/rumor.db`;
  const found = inspect(path);
  const wal_bytes = sizeOf(`${path}-wal`);
  if (found === "none") {
    // A log without its database belongs to one that is gone.
    if (wal_bytes >= 0) Deno.renameSync(`${path}-wal`, asideName(`${path}-wal.damaged`));
    // A key without a database may have signed what is gone.
    makeDatabase(dir, apps, (db) => putStale(db, sizeOf(`${dir}/key`) >= 0));
    return { ...connectNew(path), fresh: true, complete: wal_bytes < 0, damaged: false };
  }
  const note = damageNote(dir);
  const whole = found === "ours" && sizeOf(note) < 0 ? openWhole(path) : null;
  if (whole !== null) {
    const complete = whole.notes.meta.get("open") === "0" || wal_bytes > 0;
    return { ...whole, fresh: false, complete, damaged: false };
  }
  replace(dir, apps, reports);
  if (sizeOf(note) >= 0) Deno.removeSync(note);
  return { ...connectNew(path), fresh: false, complete: false, damaged: true };
}

/** Leaves word for the next start that the database turned out to be damaged while it was written. */
export function noteDamage(dir: string): void {
  try {
    Deno.writeTextFileSync(damageNote(dir), "");
  } catch {
    // Then the next start finds out as this one did.
  }
}

function damageNote(dir: string): string {
  return `${dir}/damaged`;
}

/**
 * Compares the newest entries with what `logs` says of them. Gives the origins of which entries are
 * lost, and makes `logs` say what is there.
 */
export function repairLogs(db: DatabaseSync): Set<Id> {
  const rows = db.prepare(
    `SELECT log, origin, newest.arrival, newest.seq, logs.seq AS noted FROM logs LEFT JOIN (
       SELECT log, max(seq) AS seq, arrival FROM entries GROUP BY log) AS newest USING (log)
     WHERE newest.seq IS NOT logs.seq OR newest.arrival IS NOT logs.arrival`,
  ).all() as unknown as LogFault[];
  const update = db.prepare("UPDATE logs SET seq = ?, arrival = ? WHERE log = ?");
  const remove = db.prepare("DELETE FROM logs WHERE log = ?");
  for (const { log, seq, arrival } of rows) {
    if (seq === null) remove.run(log);
    else update.run(seq, arrival, log);
  }
  return new Set(rows.filter(({ seq, noted }) => seq !== noted).map(({ origin }) => origin));
}

interface LogFault {
  readonly log: number;
  readonly origin: Id;
  readonly seq: number | null;
  readonly arrival: number | null;
  readonly noted: number;
}

/** Opens a database and checks its structure, with all indexes; null where that is damaged. */
function openWhole(path: string): { db: DatabaseSync; notes: Notes } | null {
  let db: DatabaseSync | null = null;
  try {
    db = connect(path);
    const [answer] = db.prepare("PRAGMA integrity_check(1)").all();
    const is_whole = Object.values(answer ?? {})[0] === "ok" && !hasStrangers(db);
    if (is_whole) {
      migrate(db);
      return { db, notes: readNotes(db) };
    }
  } catch (error) {
    const text = (error as Error).message;
    // A disk that cannot be read now may be read later: nothing is moved then.
    if (/locked|unable to open|disk is full|readonly|I\/O/i.test(text)) {
      closeQuietly(db);
      throw new StoreError(`${path} cannot be opened: ${plainError(error)}`);
    }
    if (!isDatabaseError(error)) throw error;
  }
  closeQuietly(db);
  return null;
}

/** Whether there are entries that the table of logs does not know, or numbers that are none. */
function hasStrangers(db: DatabaseSync): boolean {
  const strange = `SELECT 1 FROM (SELECT log, max(seq) AS seq FROM entries GROUP BY log) AS newest
    LEFT JOIN logs USING (log)
    WHERE logs.log IS NULL OR NOT logs.seq >= newest.seq OR typeof(newest.seq) != 'integer'
    UNION ALL SELECT 1 FROM logs WHERE typeof(seq) != 'integer' OR seq NOT BETWEEN 1 AND ?1
      OR typeof(arrival) != 'integer' OR arrival NOT BETWEEN 0 AND ?1
    UNION ALL SELECT 1 FROM entries WHERE arrival > ?1 OR arrival < 0
    LIMIT 1`;
  return db.prepare(strange).get(Number.MAX_SAFE_INTEGER) !== undefined;
}

function connectNew(path: string): { db: DatabaseSync; notes: Notes } {
  const db = connect(path);
  return { db, notes: readNotes(db) };
}

function connect(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    db.exec("PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    return db;
  } catch (error) {
    closeQuietly(db);
    throw error;
  }
}

/** Makes a database beside, and puts it into place when it is complete. */
function makeDatabase(
  dir: string,
  apps: StoredApps,
  fill: (db: DatabaseSync) => void,
): void {
  const path = `${dir}/rumor.db`;
  const fresh = `${path}.new`;
  let db: DatabaseSync | null = null;
  try {
    for (const name of [fresh, `${fresh}-journal`]) if (sizeOf(name) >= 0) Deno.removeSync(name);
    Deno.writeFileSync(fresh, new Uint8Array(), { mode: 0o600 });
    db = new DatabaseSync(fresh);
    makeSchema(db, apps);
    fill(db);
    db.close();
    Deno.renameSync(fresh, path);
    syncDirectory(dir);
  } catch (error) {
    closeQuietly(db);
    throw new StoreError(`${path} cannot be written: ${plainError(error)}`);
  }
}

/** Moves a damaged database aside, and makes a new one of what can be read of it. */
function replace(dir: string, apps: StoredApps, reports: string[]): void {
  const path = `${dir}/rumor.db`;
  const aside = asideName(`${path}.damaged`);
  let saved = 0;
  makeDatabase(dir, apps, (db) => {
    saved = salvage(path, db, apps.whole);
    putStale(db, true);
    Deno.renameSync(path, aside);
    if (sizeOf(`${path}-wal`) >= 0) Deno.renameSync(`${path}-wal`, `${aside}-wal`);
    if (sizeOf(`${path}-shm`) >= 0) Deno.removeSync(`${path}-shm`);
  });
  const entries = saved === 1 ? "1 entry was" : `${saved.toLocaleString("en-US")} entries were`;
  reports.push(
    `rumor.db was damaged: ${entries} saved, the rest is fetched again from peers; ` +
      `the damaged file is kept as ${aside}`,
  );
}

/** Says from the first moment whether the node must hear of its own logs first. */
function putStale(db: DatabaseSync, stale: boolean): void {
  const value = stale ? "1" : "0";
  db.prepare("INSERT INTO meta VALUES (?, ?, ?)").run("stale", value, proofOf("stale", value));
}

function closeQuietly(db: DatabaseSync | null): void {
  try {
    db?.close();
  } catch {
    // It is closed, or it was never open.
  }
}
