/** Reading a data directory from outside: it changes nothing, also while a node runs on it. */

import { DatabaseSync } from "node:sqlite";
import type { StoredRow } from "../../core/data/stored.ts";
import { plainError, sizeOf, StoreError } from "../files/files.ts";
import { Count, inspect, isDatabaseError } from "./files.ts";
import { readRows } from "./rows.ts";

/** A view of one moment: what is committed later is not in it. */
export class StoreReader implements Disposable {
  readonly db: DatabaseSync;
  /** How many entries the node has signed, and how often it stored something; null where unknown. */
  readonly signed: number | null;
  readonly commits: number | null;
  readonly #path: string;
  readonly #is_quiet: boolean;

  /** Throws a `StoreError` where there is nothing that can be read. */
  constructor(dir: string) {
    this.#path = `${dir}/rumor.db`;
    if (inspect(this.#path) === "none") throw new StoreError(`${dir} holds no data`);
    // These stand on the disk only after what they count, so they are read first.
    this.signed = new Count(dir, "signed").read();
    this.commits = new Count(dir, "commits").read();
    this.#is_quiet = sizeOf(`${this.#path}-wal`) <= 0;
    this.db = open(this.#path, this.#is_quiet);
  }

  /** To be called at the end. Throws where what was read may be of two moments. */
  finish(): void {
    if (this.#is_quiet && sizeOf(`${this.#path}-wal`) > 0) {
      throw new StoreError(`${this.#path} was changed by a node that started; try again`);
    }
  }

  /** The entries of a topic in order of their arrival, or of all topics, some at a time. */
  *rows(topic: string | null): Generator<StoredRow[]> {
    try {
      yield* readRows(this.db, topic);
    } catch (error) {
      throw faultOf(this.#path, error);
    }
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}

/**
 * While a node is open there is a write-ahead log, and reading within a transaction shows one moment
 * and holds up nobody. Else a transaction would keep a node from starting.
 */
function open(path: string, is_quiet: boolean): DatabaseSync {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    db.exec(`PRAGMA busy_timeout = 2000; ${is_quiet ? "" : "BEGIN"}`);
    db.prepare("SELECT count(*) FROM meta").get();
    return db;
  } catch (error) {
    db?.close();
    throw faultOf(path, error);
  }
}

/** What to tell the user of an error while reading; other errors are thrown on. */
function faultOf(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (!isDatabaseError(error)) throw error;
  const why = plainError(error);
  const is_damaged = /malformed|not a database|schema|no such|too large/i.test(why);
  return new StoreError(
    is_damaged
      ? `${path} is damaged; a node that starts with it saves what can be read`
      : `${path} cannot be read: ${why}`,
  );
}
