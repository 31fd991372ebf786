/**
 * What is stored besides the entries. An entry proves itself by its hash and signature; each of these
 * rows has a proof of its own, so that a flipped byte in a number is not believed.
 */

import { hash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Restored } from "../../core/data/stored.ts";
import { type Statements, versionOf } from "./schema.ts";

/** A value of a note. */
export type NoteValue = string | number | Uint8Array;
/** A note as it is read: its values, and the proof behind them. */
type Note = readonly NoteValue[];

const PROOF_CHARS = 16;

/** Everything that the notes say, and which were damaged and left out. */
export interface Notes extends Omit<Restored, "stale" | "drop_before" | "rows_stale"> {
  readonly meta: ReadonlyMap<string, string>;
  /** Statements that remove what was damaged. */
  readonly damaged: readonly string[];
}

/** The proof that stands behind the values of a note. */
export function proofOf(...values: readonly NoteValue[]): string {
  const texts = values.map((value) =>
    value instanceof Uint8Array ? hash("sha256", value, "base64url") : value
  );
  return hash("sha256", JSON.stringify(texts), "base64url").slice(0, PROOF_CHARS);
}

/** Whether a note, with its proof as the last value, is as it was written. */
export function isProved(note: Note): boolean {
  return proofOf(...note.slice(0, -1)) === note[note.length - 1];
}

/** Writes one value of `meta`. */
export function putMeta(sql: Statements, key: string, value: string): void {
  sql.putMeta.run(key, value, proofOf(key, value));
}

/** Reads all notes. Throws where a number is larger than any of ours. */
export function readNotes(db: DatabaseSync): Notes {
  const damaged: string[] = [];
  const read = <T>(table: string, make: (...values: never[]) => T): T[] => {
    const rows = db.prepare(`SELECT rowid AS number, * FROM ${table} ORDER BY rowid`).all();
    const good: T[] = [];
    for (const { number, place: _, ...note } of rows) {
      const values = Object.values(note) as Note;
      if (isProved(values)) good.push(make(...values as never[]));
      else damaged.push(`DELETE FROM ${table} WHERE rowid = ${number}`);
    }
    return good;
  };
  return {
    meta: new Map(read("meta", (key: string, value: string) => [key, value])),
    gaps: read("gaps", (origin: string, topic: string, from: number, to: number) => {
      return { origin, topic, from, to };
    }),
    forks: read("forks", (origin: string, topic: string, one: Uint8Array, other: Uint8Array) => {
      return { origin, topic, lines: [one, other] as const };
    }),
    printed: read("printed", (topic: string, position: number) => [topic, position]),
    // Oldest first: by their places.
    forgotten: read("forgotten", (origin: string, topic: string, seq: number) => {
      return [origin, topic, seq];
    }),
    // An older database, which nobody opened to write since, has no such table.
    kept: versionOf(db) < 2 ? [] : read("kept", (app: string, key: string, value: string) => {
      return { app, key, value: JSON.parse(value) };
    }),
    damaged,
  };
}
