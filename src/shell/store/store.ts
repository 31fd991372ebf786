/**
 * What a node with `--data` keeps on its disk. The core decides everything; the store only stores, and
 * says how far what it has can be trusted. Everything here is synchronous: a commit is over when its
 * entries are on the disk.
 */

import { hash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Id } from "../../core/types.ts";
import type { Restored, StoreBatch, StoredRow } from "../../core/data/stored.ts";
import { looksLikeEntry } from "../../core/log/entry.ts";
import type { Identity } from "../crypto/crypto.ts";
import { checkKeyMode, readKey, replaceKey } from "../crypto/key_file.ts";
import { makeDirectory, plainError, StoreError } from "../files/files.ts";
import { Count, guardOf, inspect, isDatabaseError, lockDirectory } from "./files.ts";
import { type Notes, putMeta } from "./notes.ts";
import { noteDamage, openDatabase, repairLogs } from "./open.ts";
import { readRows } from "./rows.ts";
import { prepareAll, renewViews, type Statements } from "./schema.ts";
import { NO_APPS, type StoredApps, viewsOf } from "./views.ts";
import { Writer } from "./writer.ts";

export { StoreError } from "../files/files.ts";

/** A directory that this process holds. */
export class Store {
  /** What to tell the user about what was found, one line each. */
  readonly reports: readonly string[];
  readonly restored: Restored;
  readonly #dir: string;
  readonly #lock: Deno.FsFile;
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #writer: Writer;
  readonly #signed: Count;
  readonly #commits: Count;
  #commit_count: number;
  /** Which views the rows of apps were written for, and whether they must be written anew. */
  #rows: string;
  #rows_stale: boolean;
  #identity: Identity;
  /** What the file `signed` says. */
  #signed_count = 0;
  #stale: boolean;
  /** Whether the node signed an entry: it would not, unless it knew how far its own logs go. */
  #has_signed = false;

  /** Opens a directory, makes it where it is missing. Throws a `StoreError` of one line. */
  static open(dir: string, apps: StoredApps = NO_APPS): Store {
    makeDirectory(dir);
    // Before the lock, so that nothing is touched where it refuses.
    inspect(`${dir}/rumor.db`);
    checkKeyMode(`${dir}/key`);
    const lock = lockDirectory(dir);
    try {
      return new Store(dir, apps, lock);
    } catch (error) {
      lock.close();
      if (!isDatabaseError(error)) throw error;
      throw new StoreError(`${dir}/rumor.db cannot be used: ${plainError(error)}`);
    }
  }

  private constructor(dir: string, apps: StoredApps, lock: Deno.FsFile) {
    this.#dir = dir;
    this.#lock = lock;
    const reports: string[] = [];
    const opened = openDatabase(dir, apps, reports);
    const { db, notes } = opened;
    this.#db = db;
    try {
      const known = readKey(`${dir}/key`);
      this.#identity = known ?? newKey(dir, opened.fresh, reports);
      if (known !== null && opened.fresh) {
        reports.push("rumor.db was missing: its entries are fetched again from peers");
      }
      this.#sql = prepareAll(db);
      this.#sql.begin.run();
      const shortened = this.#repair(notes, reports);
      this.#writer = new Writer(db, this.#sql, Number(notes.meta.get("dropped") ?? 0), apps.whole);
      this.#writer.setSelf(this.#identity.id);
      this.#signed = new Count(dir, "signed");
      this.#commits = new Count(dir, "commits");
      const done = this.#commits.read() ?? 0, here = Number(notes.meta.get("commits") ?? 0);
      this.#commit_count = Math.max(done, here);
      if (done > here && !opened.fresh && !opened.damaged && shortened.size === 0) {
        reports.push("rumor.db had lost what was stored last: it is fetched again from peers");
      }
      const signed = this.#signed.read(), stored = this.#writer.signed;
      this.#stale = known !== null && !isUnused(notes.meta, signed) &&
        (opened.fresh || opened.damaged || !opened.complete || shortened.has(known.id) ||
          signed === null || signed > stored || !this.#isMarked(notes.meta));
      // What the apps made of entries that are lost is made again, of those that there are.
      this.#rows = rowsVersion(apps);
      const is_other = notes.meta.get("rows") !== this.#rows;
      if (is_other) renewViews(db, apps);
      this.#rows_stale = is_other || opened.damaged || shortened.size > 0;
      if (this.#rows_stale) {
        this.#sql.dropRows.run();
        // Until they are written: this process may end before.
        putMeta(this.#sql, "rows", "");
      }
      this.#mark();
      this.#sql.commit.run();
      // From here on the main file itself says that it is open; its log is there and not empty.
      db.exec("PRAGMA wal_checkpoint(FULL)");
      this.#signed_count = signed ?? -1;
      if (!this.#stale || signed === null) this.#count(stored);
      const { gaps, forks, printed, forgotten, kept } = notes;
      const drop_before = this.#writer.dropped, rows_stale = this.#rows_stale;
      const trust = { drop_before, stale: this.#stale, rows_stale };
      this.restored = { gaps, forks, printed, forgotten, kept, ...trust };
      this.reports = reports;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Who this node is. */
  get identity(): Identity {
    const { id, sign } = this.#identity;
    return {
      id,
      sign: (bytes) => {
        if (looksLikeEntry(bytes)) this.#has_signed = true;
        return sign(bytes);
      },
    };
  }

  /** All entries in order of their arrival, some at a time. */
  *rows(): Generator<StoredRow[]> {
    try {
      yield* readRows(this.#db, null);
    } catch (error) {
      if (!isDatabaseError(error)) throw error;
      throw new StoreError(`${this.#dir}/rumor.db cannot be read: ${plainError(error)}`);
    }
  }

  /** Stores all of a batch; or nothing, and says why. Then the same batch may be tried again. */
  commit(batch: StoreBatch): string | null {
    const fault = this.#transact(() => {
      this.#writer.write(batch);
      // The first batch brings all of them.
      if (this.#rows_stale) putMeta(this.#sql, "rows", this.#rows);
    });
    if (fault === null) this.#rows_stale = false;
    return fault;
  }

  /** Sets entries aside that did not verify. */
  quarantine(arrivals: readonly number[]): void {
    // Where the disk does not take that, they are found again at the next start.
    const fault = this.#transact(() => {
      const shortened = this.#writer.setAside(arrivals, "it does not verify");
      // What the apps made of them counts no more; the core brings what they make of the others.
      this.#sql.dropRows.run();
      putMeta(this.#sql, "rows", "");
      if (shortened.has(this.#identity.id)) {
        this.#stale = true;
        this.#has_signed = false;
        putMeta(this.#sql, "stale", "1");
      }
    });
    if (fault === null) this.#rows_stale = true;
  }

  /** Makes a new key; the old one is kept aside. Throws a `StoreError` where that cannot be written. */
  renew(): Identity {
    this.#identity = replaceKey(`${this.#dir}/key`, this.#dir).identity;
    this.#writer.setSelf(this.#identity.id);
    this.#has_signed = false;
    this.#stale = false;
    const fault = this.#transact(() => this.#mark());
    if (fault !== null) throw new StoreError(`${this.#dir} cannot be written: ${fault}`);
    this.#count(0);
    return this.identity;
  }

  /** Puts everything into the main file, and says in it that nothing is missing. */
  close(): void {
    try {
      putMeta(this.#sql, "open", "0");
      // So it can be read without files beside it, also where none can be made.
      this.#db.exec("PRAGMA journal_mode = DELETE");
    } catch (error) {
      // Then the next start finds it open, which is what it is after a crash.
      if (!isDatabaseError(error)) throw error;
    }
    this.#db.close();
    this.#signed.close();
    this.#commits.close();
    this.#lock.close();
  }

  #transact(work: () => void): string | null {
    try {
      this.#sql.begin.run();
      work();
      const settled = this.#stale && this.#has_signed;
      if (settled) putMeta(this.#sql, "stale", "0");
      putMeta(this.#sql, "commits", String(this.#commit_count + 1));
      this.#sql.commit.run();
      this.#writer.done();
      this.#commits.write(++this.#commit_count);
      if (settled) this.#stale = false;
      const count = this.#writer.signed;
      if (!this.#stale && count !== this.#signed_count) this.#count(count);
      return null;
    } catch (error) {
      this.#writer.undo();
      this.#rollback();
      if (!isDatabaseError(error) && !isDiskError(error)) throw error;
      const why = plainError(error);
      if (why === "the disk is full") return why;
      if (!/malformed|not a database/.test(why)) return `the disk cannot be written: ${why}`;
      noteDamage(this.#dir);
      return "rumor.db is damaged; start this node again, to save what can be read";
    }
  }

  #rollback(): void {
    try {
      this.#sql.rollback.run();
    } catch {
      // SQLite did it already.
    }
  }

  /** Removes notes that are damaged. Gives the origins of which the newest entries are lost. */
  #repair({ damaged }: Notes, reports: string[]): Set<Id> {
    for (const statement of damaged) this.#db.exec(statement);
    if (damaged.length > 0) {
      reports.push(
        `rumor.db had damage in ${damaged.length} of its notes: lines may be printed again`,
      );
    }
    const shortened = repairLogs(this.#db);
    if (shortened.size > 0) {
      reports.push("rumor.db had lost entries: they are fetched again from peers");
    }
    return shortened;
  }

  /** Notes in the database whose it is, and that it is open. */
  #mark(): void {
    putMeta(this.#sql, "id", this.#identity.id);
    putMeta(this.#sql, "guard", this.#guard());
    putMeta(this.#sql, "stale", this.#stale ? "1" : "0");
    putMeta(this.#sql, "open", "1");
    putMeta(this.#sql, "commits", String(this.#commit_count));
  }

  /** Whether the database and the key are those that were here the last time, and all was well. */
  #isMarked(meta: ReadonlyMap<string, string>): boolean {
    return meta.get("id") === this.#identity.id && meta.get("guard") === this.#guard() &&
      meta.get("stale") === "0";
  }

  #guard(): string {
    return `${guardOf(`${this.#dir}/key`, true)} ${guardOf(`${this.#dir}/rumor.db`, false)}`;
  }

  #count(count: number): void {
    this.#signed.write(count);
    this.#signed_count = count;
  }
}

/** Another text whenever the apps show their rows in another way. */
function rowsVersion(apps: StoredApps): string {
  return hash("sha256", viewsOf(apps), "base64url");
}

/** Whether the first start was cut off before it noted whose the database is: nothing was signed. */
function isUnused(meta: ReadonlyMap<string, string>, signed: number | null): boolean {
  return !meta.has("id") && meta.get("stale") === "0" && signed === null;
}

function newKey(dir: string, is_fresh: boolean, reports: string[]): Identity {
  const { identity, aside } = replaceKey(`${dir}/key`, dir);
  if (aside !== null) reports.push(`the key was broken: this node has a new id; ${aside} is kept`);
  else if (!is_fresh) reports.push("the key was missing: this node has a new id");
  return identity;
}

function isDiskError(error: unknown): boolean {
  return error instanceof Error && /\(os error \d+\)/.test(error.message);
}
