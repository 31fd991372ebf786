/** What is stored, and what comes back of it when a node starts again. */

import type { Id, Json, Topic } from "./words.ts";

/** An entry as it was stored. */
export interface StoredRow {
  /** Number of its delivery, of all topics; what was stored earlier has a smaller one. */
  readonly arrival: number;
  /** The exact bytes, with the newline. */
  readonly line: Uint8Array;
  /** SHA-256 of the line without its newline, base64url, as it was when it was stored. */
  readonly hash: string;
}

/** What is to be stored in one transaction: all of it or nothing. */
export interface StoreBatch {
  /** Delivered entries, causes first. One that is stored already replaces that. */
  readonly entries: readonly StoreEntry[];
  readonly gaps: readonly Gap[];
  readonly forks: readonly Fork[];
  /** How far each topic was printed: arrivals below, or records of its app. */
  readonly printed: readonly (readonly [Topic, number])[];
  /** Rows of the apps' tables, the last of each key counts. */
  readonly rows: readonly AppRow[];
  /** What apps keep besides the log. */
  readonly kept: readonly Kept[];
  /** Entries with smaller arrivals may go, but those kept whole and the newest of each log. */
  readonly drop_before: number;
  /** Logs that go as a whole, with the number of their newest entry: those must not come back. */
  readonly forgotten: readonly (readonly [Id, Topic, number])[];
}

/** One row of a table that an app shows to SQL; null where the key has none any more. */
export interface AppRow {
  readonly table: string;
  readonly key: string;
  readonly row: readonly (string | number | null)[] | null;
}

/** Something that an app keeps on the disk by a name; null where it is to go. */
export interface Kept {
  readonly app: string;
  readonly key: string;
  readonly value: Json;
}

export interface StoreEntry {
  readonly arrival: number;
  readonly origin: Id;
  readonly topic: Topic;
  readonly seq: number;
  /** The exact bytes, with the newline. */
  readonly line: Uint8Array;
}

/** Two lines that one origin signed with one number; its log ends there. */
export interface Fork {
  readonly origin: Id;
  readonly topic: Topic;
  readonly lines: readonly [Uint8Array, Uint8Array];
}

/** What was stored besides the entries. */
export interface Restored {
  readonly gaps: readonly Gap[];
  readonly forks: readonly Fork[];
  readonly printed: readonly (readonly [Topic, number])[];
  readonly kept: readonly Kept[];
  /** Whether the apps' tables must be written anew. */
  readonly rows_stale: boolean;
  /** The highest that was ever committed. */
  readonly drop_before: number;
  /** Oldest first. */
  readonly forgotten: readonly (readonly [Id, Topic, number])[];
  /**
   * Whether this node may have signed more than what is stored here: the files were copied back, or
   * damaged. Then it must hear from others first how far its own logs go.
   */
  readonly stale: boolean;
}

/** Entries that are held by nobody this node could ask. */
export interface Gap {
  readonly topic: Topic;
  readonly origin: Id;
  /** First and last missing entry. */
  readonly from: number;
  readonly to: number;
}
