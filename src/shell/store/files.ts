/** The files beside the database: the lock, the count of signed entries, and what guards a copy. */

import { lstatSync } from "node:fs";
import { plainError, StoreError } from "../files/files.ts";
import { APPLICATION_ID, SCHEMA_MARK, SCHEMA_VERSION, SCHEMA_VERSION_MIN } from "./schema.ts";

/** What stands at the place of the database, told from its bytes alone. */
export type Found = "none" | "ours" | "damaged";

const SQLITE_MAGIC = "SQLite format 3\0";
/** The schema stands within the first pages. */
const MARK_BYTES = 262_144;
/** Beyond, a version is no version but a flipped byte. */
const VERSION_MAX = 9_999;
const COUNT_CHARS = 16;
const latin1 = new TextDecoder("latin1");

/**
 * Looks at the database without opening it, because that would make files beside it. Throws where it
 * is somebody else's, or of a newer program.
 */
export function inspect(path: string): Found {
  const head = readHead(path);
  if (head === null) return "none";
  const text = latin1.decode(head);
  const is_marked = text.includes(SCHEMA_MARK);
  if (head.length < 100 || !text.startsWith(SQLITE_MAGIC)) return "damaged";
  const view = new DataView(head.buffer, head.byteOffset);
  // How it may be written and read, 1 or 2; SQLite refuses to write what says more.
  if (head[18] > 2 || head[19] > 2 || isListBroken(view)) return "damaged";
  if (view.getUint32(68) !== APPLICATION_ID) {
    // One flipped byte must not make it somebody else's.
    if (is_marked) return "damaged";
    throw new StoreError(`${path} is a database of another program; choose another directory`);
  }
  const version = view.getInt32(60);
  if (version > SCHEMA_VERSION && version <= VERSION_MAX) {
    throw new StoreError(
      `${path} has schema version ${version}, but this program knows ${SCHEMA_VERSION}; ` +
        "use the newer rumor that wrote it",
    );
  }
  return version >= SCHEMA_VERSION_MIN && version <= SCHEMA_VERSION ? "ours" : "damaged";
}

/** Whether the list of free pages cannot be: SQLite's own check does not look there. */
function isListBroken(head: DataView): boolean {
  const pages = head.getUint32(28), first = head.getUint32(32), free = head.getUint32(36);
  return (first === 0) !== (free === 0) || first > pages || free > pages;
}

function readHead(path: string): Uint8Array | null {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new StoreError(`${path} cannot be read: ${plainError(error)}`);
  }
  try {
    const head = new Uint8Array(MARK_BYTES);
    let length = 0;
    for (;;) {
      const count = file.readSync(head.subarray(length));
      if (count === null || count === 0) return head.subarray(0, length);
      length += count;
    }
  } catch (error) {
    throw new StoreError(`${path} cannot be read: ${plainError(error)}`);
  } finally {
    file.close();
  }
}

const LOCK_TRIES = 20;
const LOCK_PAUSE_MS = 25;
const NOTHING = new Int32Array(new SharedArrayBuffer(4));

/** Holds the directory for this process, until it ends. A second one is refused. */
export function lockDirectory(dir: string): Deno.FsFile {
  const path = `${dir}/lock`;
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    throw new StoreError(`${dir} cannot be written: ${plainError(error)}`);
  }
  try {
    if (!tryLock(file)) {
      throw new StoreError(`${dir} is in use by ${holderOf(path)}`);
    }
    file.truncateSync(0);
    file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    return file;
  } catch (error) {
    file.close();
    if (error instanceof StoreError) throw error;
    throw new StoreError(`${dir} cannot be locked: ${plainError(error)}`);
  }
}

/** A process that was ended just now may hold its lock for a moment more. */
function tryLock(file: Deno.FsFile): boolean {
  for (let tries = 0; tries < LOCK_TRIES; tries++) {
    if (file.tryLockSync(true)) return true;
    Atomics.wait(NOTHING, 0, 0, LOCK_PAUSE_MS);
  }
  return false;
}

function holderOf(path: string): string {
  try {
    const pid = Deno.readTextFileSync(path).trim();
    if (/^[0-9]{1,10}$/.test(pid)) return `process ${pid}`;
  } catch {
    // Windows does not let others read what is locked.
  }
  return "another process";
}

/**
 * A count in a file of its own: it is not within the database, so it tells when that has lost its
 * end, or is an older copy. Written after each commit and before
 * anybody sees its entries; so a kill in between leaves it behind the database, never before it.
 */
export class Count {
  readonly #path: string;
  #file: Deno.FsFile | null = null;

  /** `signed`: how many entries this node has signed. `commits`: how often something was stored. */
  constructor(dir: string, what: "signed" | "commits") {
    this.#path = `${dir}/${what}`;
  }

  /** The number, or null where there is none. */
  read(): number | null {
    try {
      const text = Deno.readTextFileSync(this.#path);
      return /^[0-9]{16}\n$/.test(text) ? Number(text) : null;
    } catch {
      return null;
    }
  }

  /** Always the same bytes of the file, so that a full disk does not matter. */
  write(count: number): void {
    this.#file ??= Deno.openSync(this.#path, { write: true, create: true, mode: 0o600 });
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const bytes = new TextEncoder().encode(`${String(count).padStart(COUNT_CHARS, "0")}\n`);
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }
}

/**
 * What changes when a file is copied, but not when its directory is moved. Without the number of the
 * device: that changes when a machine starts with another disk before it.
 */
export function guardOf(path: string, with_change: boolean): string {
  try {
    const { ino, birthtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
    return `${ino} ${birthtimeNs}${with_change ? ` ${ctimeNs}` : ""}`;
  } catch {
    return "";
  }
}

/**
 * Whether an error is SQLite's, so that it says something about the disk and not about us. Also a
 * number that JavaScript has not: none of ours is so large.
 */
export function isDatabaseError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "ERR_SQLITE_ERROR" || code === "ERR_OUT_OF_RANGE";
}
