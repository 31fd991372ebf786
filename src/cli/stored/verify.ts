/**
 * What `rumor verify` checks: that each entry is what its origin signed, that each log is a chain
 * without holes but the known ones, that the database is whole, and what apps check of their topics.
 */

import { hash } from "node:crypto";
import type { StoredCheck } from "../../apps/app.ts";
import { decodeEntry, type Entry, logKey, signedBytes } from "../../core/log/entry.ts";
import type { Gap } from "../../core/data/stored.ts";
import { Verifier } from "../../shell/crypto/crypto.ts";
import { plainError, sizeOf } from "../../shell/files/files.ts";
import { isDatabaseError } from "../../shell/store/files.ts";
import { checkKeyMode, readKey } from "../../shell/crypto/key_file.ts";
import { readNotes } from "../../shell/store/notes.ts";
import type { StoreReader } from "../../shell/store/reader.ts";

/** What was found. */
export interface Verdict {
  readonly entries: number;
  readonly logs: number;
  /** What apps have to say of it, in words and as fields of a JSON object. */
  readonly summaries: readonly string[];
  readonly fields: readonly (readonly [name: string, json: string])[];
  /** Entries that a node set aside because they did not verify. */
  readonly quarantined: number;
  readonly faults: number;
}

/** Called with each fault, one line. */
export type Report = (fault: string) => void;

interface LogRow {
  readonly log: number;
  readonly origin: string;
  readonly topic: string;
  readonly seq: number;
}

interface EntryRow {
  readonly arrival: number;
  readonly seq: number;
  readonly line: Uint8Array;
  readonly hash: string;
}

/** Faults of SQLite's own check that are told. */
const STRUCTURE_FAULTS_MAX = 20;
const BATCH_ROWS = 500;

/** A check of an app, and the topic that it is about. */
export interface TopicCheck {
  readonly topic: string;
  /** Whether nothing of it may be dropped. */
  readonly whole: boolean;
  readonly check: StoredCheck;
}

/** Checks everything that is stored. Never throws for what it finds. */
export function verifyData(
  reader: StoreReader,
  dir: string,
  topics: readonly TopicCheck[],
  report: Report,
): Verdict {
  const check = new Check(reader, topics, report);
  check.part(() => check.structure());
  check.part(() => check.notes());
  check.part(() => check.logs());
  check.part(() => check.owner(dir, reader.signed));
  return check.verdict();
}

class Check {
  readonly #reader: StoreReader;
  readonly #report: Report;
  readonly #verifier = new Verifier();
  readonly #topics: ReadonlyMap<string, TopicCheck>;
  /** For each log, the gaps in it. */
  readonly #gaps = new Map<string, Gap[]>();
  #entries = 0;
  #logs = 0;
  #faults = 0;
  #dropped = false;

  constructor(reader: StoreReader, topics: readonly TopicCheck[], report: Report) {
    this.#reader = reader;
    this.#topics = new Map(topics.map((one) => [one.topic, one]));
    this.#report = report;
  }

  verdict(): Verdict {
    const ends = [...this.#topics.values()].map(({ check }) => check.end());
    for (const { fault } of ends) if (fault !== null) this.#fault(fault);
    const quarantined =
      this.part(() =>
        this.#reader.db.prepare("SELECT count(*) AS count FROM quarantine").get()!.count as number
      ) ?? 0;
    return {
      entries: this.#entries,
      logs: this.#logs,
      summaries: ends.map(({ summary }) => summary),
      fields: ends.flatMap(({ fields }) => fields),
      quarantined,
      faults: this.#faults,
    };
  }

  /** One part of the check; where the database cannot be read, that is its fault. */
  part<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      if (!isDatabaseError(error)) throw error;
      this.#fault(`the database is damaged: ${plainError(error)}`);
      return null;
    }
  }

  /** SQLite's own check of its pages and indexes. */
  structure(): void {
    const rows = this.#reader.db.prepare(`PRAGMA integrity_check(${STRUCTURE_FAULTS_MAX})`).all();
    for (const row of rows) {
      const text = String(Object.values(row)[0]);
      if (text !== "ok") this.#fault(`the database is damaged: ${text.replaceAll("\n", " ")}`);
    }
  }

  /** What is stored besides the entries. */
  notes(): void {
    const notes = readNotes(this.#reader.db);
    if (notes.damaged.length > 0) this.#fault(`${notes.damaged.length} notes are damaged`);
    this.#dropped = Number(notes.meta.get("dropped") ?? 0) > 0;
    const lost = (this.#reader.commits ?? 0) - Number(notes.meta.get("commits") ?? 0);
    if (lost > 0) this.#fault(`what was stored last is missing, ${lost} times`);
    // What came before a log was forgotten does not come back.
    const before = notes.forgotten.map(([origin, topic, to]) => ({ origin, topic, from: 1, to }));
    for (const gap of [...notes.gaps, ...before]) {
      const key = logKey(gap.origin, gap.topic);
      this.#gaps.set(key, [...this.#gaps.get(key) ?? [], gap]);
    }
  }

  /** All logs, one after another. */
  logs(): void {
    const { db } = this.#reader;
    const logs = db.prepare("SELECT log, origin, topic, seq FROM logs")
      .all() as unknown as LogRow[];
    for (const log of logs) this.part(() => this.#log(log));
    this.#logs = logs.length;
    const strange = db.prepare(
      "SELECT count(*) AS count FROM entries WHERE log NOT IN (SELECT log FROM logs)",
    ).get()!.count as number;
    if (strange > 0) this.#fault(`${strange} entries belong to no log`);
  }

  /** Whose the directory is, and whether it is newer than what it holds. */
  owner(dir: string, signed: number | null): void {
    const path = `${dir}/key`;
    if (sizeOf(path) < 0) return this.#fault("the key is missing");
    try {
      checkKeyMode(path);
    } catch (error) {
      this.#fault((error as Error).message);
    }
    const identity = readKey(path);
    if (identity === null) return this.#fault("the key is broken");
    const stored = this.#reader.db.prepare("SELECT total(seq) AS sum FROM logs WHERE origin = ?")
      .get(identity.id)!.sum as number;
    if (signed !== null && signed > stored) {
      this.#fault(
        `this node has signed ${signed} entries, but ${stored} are here: entries are lost, or these ` +
          "files are an old copy",
      );
    }
  }

  #log({ log, origin, topic, seq: newest }: LogRow): void {
    const rows = this.#reader.db.prepare(
      `SELECT arrival, seq, line, hash FROM entries WHERE log = ? AND seq > ?
       ORDER BY seq LIMIT ${BATCH_ROWS}`,
    );
    const name = `${origin} in ${topic}`;
    let before: { readonly seq: number; readonly hash: string; readonly next: number } | null =
      null;
    for (let after = -1;;) {
      const found = rows.all(log, after) as unknown as EntryRow[];
      if (found.length === 0) break;
      for (const row of found) {
        this.#entries++;
        after = row.seq;
        this.#hole(name, logKey(origin, topic), topic, before?.seq ?? 0, row.seq);
        const entry = this.#entry(row, name, origin, topic);
        if (entry === null) {
          before = { seq: row.seq, hash: "", next: 0 };
          continue;
        }
        this.#follow(entry, name, before);
        before = { seq: row.seq, hash: row.hash, next: entry.first + entry.items.length };
        this.#topics.get(topic)?.check.take([entry]);
      }
    }
    if (before?.seq !== newest) {
      this.#fault(
        `entries up to ${newest} of ${name} were stored, but the newest is ${
          before?.seq ?? "gone"
        }`,
      );
    }
  }

  /** The entry of a row, where it is what its origin signed. */
  #entry(row: EntryRow, name: string, origin: string, topic: string): Entry | null {
    const what = `entry ${row.seq} of ${name}`;
    if (!(row.line instanceof Uint8Array) || hash("sha256", row.line, "base64url") !== row.hash) {
      this.#fault(`${what} is not what was stored: its hash differs`);
      return null;
    }
    const entry = decodeEntry(row.line);
    if (typeof entry === "string") {
      this.#fault(`${what} is no entry: ${entry}`);
      return null;
    }
    if (entry.origin !== origin || entry.topic !== topic || entry.seq !== row.seq) {
      this.#fault(`${what} is another entry: ${entry.seq} of ${entry.origin} in ${entry.topic}`);
      return null;
    }
    const { signature } = entry;
    if (!this.#verifier.check(origin, signedBytes(entry), signature)) {
      this.#fault(`${what} has a wrong signature`);
      return null;
    }
    return entry;
  }

  #follow(
    entry: Entry,
    name: string,
    before: { readonly seq: number; readonly hash: string; readonly next: number } | null,
  ): void {
    // Behind a hole, or behind a damaged entry, there is nothing to compare with.
    if (before === null || before.seq !== entry.seq - 1 || before.hash === "") return;
    if (entry.previous !== before.hash) {
      this.#fault(`entry ${entry.seq} of ${name} does not follow entry ${before.seq}: p differs`);
    }
    if (entry.first !== before.next) {
      this.#fault(`entry ${entry.seq} of ${name} does not follow entry ${before.seq}: i differs`);
    }
  }

  /** What is missing between two entries must be a known gap, or dropped to make room. */
  #hole(name: string, key: string, topic: string, before: number, seq: number): void {
    if (seq === before + 1) return;
    if (before === 0 && this.#dropped && !this.#topics.get(topic)?.whole) return;
    const known = (this.#gaps.get(key) ?? []).some(({ from, to }) =>
      from <= before + 1 && to >= seq - 1
    );
    if (!known) this.#fault(`entries ${before + 1} to ${seq - 1} of ${name} are missing`);
  }

  #fault(text: string): void {
    this.#faults++;
    this.#report(text);
  }
}
