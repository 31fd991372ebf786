/** Files that are open: the one way in which files are read and written here. */

import fs from "node:fs";
import { codeOf } from "./faults.ts";

/** What is known of an open file, or of what stands at a path. */
export interface Info {
  readonly kind: "file" | "directory" | "link" | "other";
  readonly size: number;
  /** Time of its last change, in milliseconds since 1970. */
  readonly changed_ms: number;
  readonly mode: number;
  /** How many names it has. */
  readonly names: number;
  /** Who has it; null where the system does not say. */
  readonly owner: number | null;
  /** Tells it from every other file. */
  readonly identity: string;
}

/** Whence bytes are read. */
export interface Source {
  /** Reads bytes from `at` on until `into` is full; gives how many there were. */
  readAt(into: Uint8Array, at: number): number;
}

/** An open file. Each call names its place, so none depends on others. Every one may throw. */
export interface Handle extends Source {
  /** As `readAt()`, but others go on meanwhile. */
  read(into: Uint8Array, at: number): Promise<number>;
  writeAt(bytes: Uint8Array, at: number): void;
  /** Cuts it off, or makes it longer by zeros that take no room. */
  setSize(bytes: number): void;
  setMode(mode: number): void;
  info(): Info;
  /** Waits until all of it is on the disk. */
  sync(): Promise<void>;
  close(): void;
}

/**
 * How a file is opened: one that is there and is read, or is read and written; or one that must not be
 * there yet.
 */
export type Way = "read" | "write" | "create";

/** Opens a regular file. Throws for everything else, and does not wait for it. */
export type Open = (path: string, way: Way) => Handle;

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
const WAYS: Readonly<Record<Way, number>> = {
  read: O_RDONLY,
  write: O_RDWR,
  create: O_RDWR | O_CREAT | O_EXCL,
};
/** Windows has neither. A pipe that nobody writes to would be waited for. */
const CAREFUL = (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
/** The user's umask takes away from it. */
const NEW_MODE = 0o666;

/** Opens a file of the disk. */
export function openFile(path: string, way: Way): Handle {
  const handle = new FileHandle(fs.openSync(path, WAYS[way] | CAREFUL, NEW_MODE));
  const fault = openFault(path, handle);
  if (fault === null) return handle;
  handle.close();
  throw new Error(fault);
}

/** What is wrong with what was opened; null where it is the regular file that stands at the path. */
function openFault(path: string, handle: Handle): string | null {
  const { kind, identity } = handle.info();
  if (kind !== "file") return "it is no regular file";
  // Where Deno asks whether it may open a path, it opens what a symbolic link leads to.
  const there = infoAt(path);
  if (there?.kind === "link") return "it is a symbolic link";
  return there?.identity === identity ? null : "it is another file by now";
}

/** What stands at a path, without following a symbolic link; null where nothing does. */
export function infoAt(path: string): Info | null {
  try {
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    return stat === undefined ? null : infoOf(stat);
  } catch (error) {
    // Nothing is below a file.
    if (codeOf(error) === "ENOTDIR") return null;
    throw error;
  }
}

class FileHandle implements Handle {
  readonly #file: number;

  constructor(file: number) {
    this.#file = file;
  }

  readAt(into: Uint8Array, at: number): number {
    let done = 0;
    while (done < into.length) {
      const count = fs.readSync(this.#file, into, done, into.length - done, at + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const count = await this.#read(into.subarray(done), at + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  writeAt(bytes: Uint8Array, at: number): void {
    let done = 0;
    while (done < bytes.length) {
      done += fs.writeSync(this.#file, bytes, done, bytes.length - done, at + done);
    }
  }

  setSize(bytes: number): void {
    fs.ftruncateSync(this.#file, bytes);
  }

  setMode(mode: number): void {
    fs.fchmodSync(this.#file, mode);
  }

  info(): Info {
    return infoOf(fs.fstatSync(this.#file));
  }

  sync(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    fs.fsync(this.#file, (error) => error === null ? resolve() : reject(error));
    return promise;
  }

  close(): void {
    fs.closeSync(this.#file);
  }

  #read(into: Uint8Array, at: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    fs.read(this.#file, into, 0, into.length, at, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
    return promise;
  }
}

function infoOf(stat: fs.Stats): Info {
  return {
    kind: stat.isFile()
      ? "file"
      : stat.isDirectory()
      ? "directory"
      : stat.isSymbolicLink()
      ? "link"
      : "other",
    size: stat.size,
    changed_ms: Math.floor(stat.mtimeMs),
    mode: stat.mode & 0o7777,
    names: stat.nlink,
    owner: Deno.build.os === "windows" ? null : stat.uid,
    identity: `${stat.dev}:${stat.ino}`,
  };
}
