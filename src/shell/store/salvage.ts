/**
 * What can be read of a damaged database goes into a new one: each entry whose line has the hash that
 * was stored beside it, and what else is still in the form that it must have.
 */

import { hash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isTopic, logKey, peekHeader } from "../../core/log/entry.ts";
import { isIdText } from "../../core/data/public_key.ts";
import { isProved, type NoteValue, proofOf } from "./notes.ts";
import { readPages, type Row, type Value } from "./pages.ts";

interface LogNote {
  readonly log: number;
  readonly origin: string;
  readonly topic: string;
}

/** Copies what is good from the file at `path`; gives how many entries. `whole` topics drop nothing. */
export function salvage(path: string, db: DatabaseSync, whole: readonly string[]): number {
  db.exec("BEGIN");
  const copy = new Salvage(db, whole);
  for (const row of readPages(path)) copy.take(row);
  const saved = copy.finish();
  db.exec("COMMIT");
  return saved;
}

class Salvage {
  readonly #db: DatabaseSync;
  readonly #logs = new Map<string, LogNote>();
  /** Logs that must not come back, by what is known of them. */
  readonly #forgotten: (readonly [number, string, string, number])[] = [];
  #dropped = 0;
  readonly #put;

  constructor(db: DatabaseSync, readonly whole: readonly string[]) {
    this.#db = db;
    this.#put = {
      entry: db.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)"),
      gap: db.prepare("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?, ?, ?)"),
      fork: db.prepare("INSERT OR REPLACE INTO forks VALUES (?, ?, ?, ?, ?)"),
      // Of two versions the one that is further on.
      printed: db.prepare(
        `INSERT INTO printed VALUES (?, ?, ?) ON CONFLICT(topic) DO UPDATE
         SET position = excluded.position, proof = excluded.proof
         WHERE excluded.position > position`,
      ),
      kept: db.prepare("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)"),
      quarantine: db.prepare("INSERT INTO quarantine(line, why, time) VALUES (?, ?, ?)"),
    };
  }

  /** Tells by its shape which table a row is of. */
  take({ rowid, values }: Row): void {
    const [a, b, c, d, e] = values;
    switch (values.map(shapeOf).join("")) {
      case "-##bt":
        return this.#entry(rowid, d as Uint8Array, e as string);
      case "tt##t":
        return this.#note(this.#put.gap, values);
      case "ttbbt":
        return this.#note(this.#put.fork, values);
      case "tttt":
        return this.#note(this.#put.kept, values);
      case "t#t":
        return this.#note(this.#put.printed, values);
      case "-tt#t":
        if (!isProved(values.slice(1) as NoteValue[])) return;
        return void this.#forgotten.push([rowid, b as string, c as string, d as number]);
      case "ttt":
        // What else is in `meta` was true of the damaged file only.
        if (a === "dropped" && isProved(values as NoteValue[])) {
          this.#dropped = Math.max(this.#dropped, Number(b));
        }
        return;
      case "-btt":
        return void this.#put.quarantine.run(b as Uint8Array, c as string, d as string);
    }
  }

  /** Writes what is derived, and leaves out what must not come back. */
  finish(): number {
    const log = this.#db.prepare(
      `INSERT INTO logs SELECT log, ?, ?, max(seq), arrival FROM entries WHERE log = ? GROUP BY log`,
    );
    for (const { log: number, origin, topic } of this.#logs.values()) {
      log.run(origin, topic, number);
    }
    const remove = this.#db.prepare("DELETE FROM entries WHERE log = ? AND seq <= ?");
    const forgotten = this.#db.prepare("INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?, ?, ?)");
    for (const [place, origin, topic, seq] of this.#forgotten.sort(([a], [b]) => a - b)) {
      forgotten.run(place, origin, topic, seq, proofOf(origin, topic, seq));
      const known = this.#logs.get(logKey(origin, topic));
      if (known !== undefined) remove.run(known.log, seq);
    }
    // Deleted rows may have been found in pages that wait to be used again.
    this.#db.prepare(
      `DELETE FROM entries WHERE arrival < ? AND arrival NOT IN (SELECT arrival FROM logs)
       AND log NOT IN (SELECT log FROM logs WHERE topic IN (SELECT value FROM json_each(?)))`,
    ).run(this.#dropped, JSON.stringify(this.whole));
    this.#db.exec("DELETE FROM logs WHERE log NOT IN (SELECT log FROM entries)");
    const dropped = String(this.#dropped);
    this.#db.prepare("INSERT INTO meta VALUES (?, ?, ?)")
      .run("dropped", dropped, proofOf("dropped", dropped));
    return (this.#db.prepare("SELECT count(*) AS count FROM entries").get() as { count: number })
      .count;
  }

  #note(into: StatementSync, values: readonly Value[]): void {
    if (isProved(values as NoteValue[])) into.run(...values as NoteValue[]);
  }

  #entry(arrival: number, line: Uint8Array, digest: string): void {
    if (hash("sha256", line, "base64url") !== digest) return;
    const header = peekHeader(line);
    if (header === null || !isLog(header.origin, header.topic) || header.seq < 1) return;
    const { key, origin, topic, seq } = header;
    let note = this.#logs.get(key);
    if (note === undefined) {
      note = { log: this.#logs.size + 1, origin, topic };
      this.#logs.set(key, note);
    }
    this.#put.entry.run(arrival, note.log, seq, line, digest);
  }
}

function shapeOf(value: Value): string {
  if (value === null) return "-";
  return typeof value === "number" ? "#" : typeof value === "string" ? "t" : "b";
}

function isLog(origin: Value, topic: Value): boolean {
  return isIdText(origin) && isTopic(topic);
}
