/** Reading a data directory from outside: it changes nothing, also while a node runs on it. */

import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { StoredRow } from "../core/types.ts";
import { inspect, isDatabaseError, plainError, sizeOf, StoreError } from "./store_files.ts";
import { readRows } from "./store_rows.ts";

/** A view of one moment: what is committed later is not in it. */
export class StoreReader implements Disposable {
  readonly path: string;
  readonly db: DatabaseSync;

  /** Throws a `StoreError` where there is nothing that can be read. */
  constructor(dir: string) {
    this.path = `${dir}/rumor.db`;
    if (inspect(this.path) === "none") throw new StoreError(`${dir} holds no data`);
    this.db = open(this.path);
    try {
      this.db.exec("BEGIN");
      this.db.prepare("SELECT count(*) FROM meta").get();
    } catch (error) {
      this.db.close();
      throw this.fault(error);
    }
  }

  /** What to tell the user of an error while reading; other errors are thrown on. */
  fault(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    if (!isDatabaseError(error)) throw error;
    const why = plainError(error);
    const damaged = /malformed|not a database|schema|no such|out of range|too large/i.test(why);
    return new StoreError(
      damaged
        ? `${this.path} is damaged; a node that starts with it saves what can be read`
        : `${this.path} cannot be read: ${why}`,
    );
  }

  /** The entries of a topic in order of their arrival, or of all topics, some at a time. */
  *rows(topic: string | null): Generator<StoredRow[]> {
    try {
      yield* readRows(this.db, topic);
    } catch (error) {
      throw this.fault(error);
    }
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}

function open(path: string): DatabaseSync {
  let first: unknown;
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    db.exec("PRAGMA busy_timeout = 2000");
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    return db;
  } catch (error) {
    first = error;
  }
  // A directory that may not be written, as of a backup: without a log there is nothing to share.
  if (sizeOf(`${path}-wal`) <= 0) {
    try {
      const url = pathToFileURL(path);
      url.search = "?immutable=1";
      const db = new DatabaseSync(url, { readOnly: true });
      db.prepare("SELECT count(*) FROM sqlite_schema").get();
      return db;
    } catch {
      // The first error says more.
    }
  }
  if (!isDatabaseError(first)) throw first;
  const why = plainError(first);
  throw new StoreError(
    /malformed|not a database/.test(why)
      ? `${path} is damaged; a node that starts with it saves what can be read`
      : `${path} cannot be read: ${why}`,
  );
}
