/**
 * What is inside `rumor.db`: tables for the node, views for people with `sqlite3`. No two tables have
 * rows of the same shape, so that `readPages()` can tell them apart in a damaged file. The form is
 * described in docs/data.md.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type StoredApps, viewsOf } from "./views.ts";

/** In the file's header: this is a database of rumor ("rumr"). */
export const APPLICATION_ID = 0x72756d72;
/** Raised by a change that older programs would get wrong. */
export const SCHEMA_VERSION = 2;
/** The oldest that this program can make its own. */
export const SCHEMA_VERSION_MIN = 1;
/** Fixed, so that a file whose header is lost can still be read. */
export const PAGE_BYTES = 4_096;
/** A piece of text that stands in every `rumor.db`, also where its header is damaged. */
export const SCHEMA_MARK = "CREATE TABLE quarantine(place INTEGER PRIMARY KEY";
/** Forgotten logs that are remembered; the newest stay. */
export const FORGOTTEN_MAX = 131_072;

const TABLES = `
-- The newest entry of each log, beside the entries: so a lost row is noticed.
CREATE TABLE logs(
  log INTEGER PRIMARY KEY, origin TEXT NOT NULL, topic TEXT NOT NULL,
  seq INTEGER NOT NULL, arrival INTEGER NOT NULL, UNIQUE(origin, topic));
-- The line without its newline, and its SHA-256 in base64url. The hash stands behind the line, so
-- that a check of it walks all pages of the line.
CREATE TABLE entries(
  arrival INTEGER PRIMARY KEY, log INTEGER NOT NULL, seq INTEGER NOT NULL,
  line BLOB NOT NULL, hash TEXT NOT NULL, UNIQUE(log, seq));
CREATE TABLE gaps(
  origin TEXT NOT NULL, topic TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  proof TEXT NOT NULL, UNIQUE(origin, topic, first));
CREATE TABLE forks(
  origin TEXT NOT NULL, topic TEXT NOT NULL, one BLOB NOT NULL, other BLOB NOT NULL,
  proof TEXT NOT NULL, UNIQUE(origin, topic));
CREATE TABLE printed(
  topic TEXT NOT NULL UNIQUE, position INTEGER NOT NULL, proof TEXT NOT NULL);
CREATE TABLE forgotten(
  place INTEGER PRIMARY KEY, origin TEXT NOT NULL, topic TEXT NOT NULL, seq INTEGER NOT NULL,
  proof TEXT NOT NULL, UNIQUE(origin, topic));
${SCHEMA_MARK}, line BLOB NOT NULL, why TEXT NOT NULL, time TEXT NOT NULL);
CREATE TABLE meta(key TEXT NOT NULL UNIQUE, value TEXT NOT NULL, proof TEXT NOT NULL);
`;

/** Since version 2: what apps made of the entries, which can be made again, and what they keep. */
const APP_TABLES = `
CREATE TABLE app_rows(
  place INTEGER PRIMARY KEY, tbl TEXT NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL,
  UNIQUE(tbl, key));
CREATE TABLE kept(
  app TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, proof TEXT NOT NULL,
  UNIQUE(app, key));
`;

/** Makes the tables and views in an empty database. */
export function makeSchema(db: DatabaseSync, apps: StoredApps): void {
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = DELETE; BEGIN;
    PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};
    ${TABLES}${APP_TABLES}${viewsOf(apps)} COMMIT`);
}

/** The version of a database. */
export function versionOf(db: DatabaseSync): number {
  return db.prepare("PRAGMA user_version").get()!.user_version as number;
}

/** Makes an older database one of this version, all or nothing of it; but for its views. */
export function migrate(db: DatabaseSync): void {
  if (versionOf(db) >= SCHEMA_VERSION) return;
  db.exec(`BEGIN IMMEDIATE; ${APP_TABLES} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

/** Makes the views anew, within a transaction: those that are there may be of other apps. */
export function renewViews(db: DatabaseSync, apps: StoredApps): void {
  const views = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'").all();
  const drops = views.map(({ name }) => `DROP VIEW "${name}";`).join(" ");
  db.exec(drops + viewsOf(apps));
}

const SQL = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  rollback: "ROLLBACK",
  putEntry: "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)",
  dropEntry: "DELETE FROM entries WHERE arrival = ?",
  dropRange: `DELETE FROM entries WHERE arrival >= ? AND arrival < ? AND NOT EXISTS (
       SELECT 1 FROM logs WHERE logs.log = entries.log
       AND (logs.arrival = entries.arrival OR logs.topic IN (SELECT value FROM json_each(?))))`,
  dropLogEntries: "DELETE FROM entries WHERE log = ?",
  putLog: "INSERT OR REPLACE INTO logs VALUES (?, ?, ?, ?, ?)",
  dropLog: "DELETE FROM logs WHERE log = ?",
  newestOf: "SELECT seq, arrival FROM entries WHERE log = ? ORDER BY seq DESC LIMIT 1",
  putGap: "INSERT OR REPLACE INTO gaps VALUES (?, ?, ?, ?, ?)",
  dropGaps: "DELETE FROM gaps WHERE origin = ? AND topic = ?",
  putFork: "INSERT OR REPLACE INTO forks VALUES (?, ?, ?, ?, ?)",
  dropForks: "DELETE FROM forks WHERE origin = ? AND topic = ?",
  putPrinted: "INSERT OR REPLACE INTO printed VALUES (?, ?, ?)",
  putForgotten: "INSERT OR REPLACE INTO forgotten(origin, topic, seq, proof) VALUES (?, ?, ?, ?)",
  trimForgotten: "DELETE FROM forgotten WHERE place <= (SELECT max(place) FROM forgotten) - ?",
  putRow: "INSERT OR REPLACE INTO app_rows(tbl, key, row) VALUES (?, ?, ?)",
  dropRow: "DELETE FROM app_rows WHERE tbl = ? AND key = ?",
  dropRows: "DELETE FROM app_rows",
  putKept: "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)",
  dropKept: "DELETE FROM kept WHERE app = ? AND key = ?",
  putMeta: "INSERT OR REPLACE INTO meta VALUES (?, ?, ?)",
  setAside:
    "INSERT INTO quarantine(line, why, time) SELECT line, ?, ? FROM entries WHERE arrival = ?",
  logOf: `SELECT logs.log, origin, topic FROM entries JOIN logs USING (log)
     WHERE entries.arrival = ?`,
} as const;

/** The statements of a running store. */
export type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>;

/** Prepares all statements, once. */
export function prepareAll(db: DatabaseSync): Statements {
  const entries = Object.entries(SQL).map(([name, text]) => [name, db.prepare(text)]);
  return Object.fromEntries(entries) as Statements;
}
