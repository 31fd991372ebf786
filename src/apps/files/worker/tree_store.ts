/**
 * Where the hashes of shared files are kept: in a directory of the node's data, a file for each share, so
 * that a restart need not read everything again; else in one temporary file that has no name any more, so
 * that nothing is left behind.
 */

import { makeDirectory } from "../../../shell/files/files.ts";
import type { Link } from "../link.ts";
import { faultOf } from "./faults.ts";
import { type Handle, infoAt, type Open, type Source } from "./handle.ts";

/** Room for the hashes of one share. */
export interface Room extends Source {
  writeAt(bytes: Uint8Array, at: number): void;
  /** Keeps what was written under a link, and gives where it is read from now on. */
  keep(link: Link): Kept;
  /** Gives it up. */
  drop(): void;
}

/** Hashes that are kept. */
export interface Kept extends Source {
  readonly bytes: number;
  drop(): void;
}

/** Gives rooms, and finds again what was kept. */
export interface TreeStore {
  make(bytes: number): Room;
  /** What an earlier run kept under a link; null where it did not. */
  find(link: Link): Kept | null;
  close(): void;
}

const SUFFIX = ".tree";
const NEW_SUFFIX = ".tree-new";

/** A store in a directory, which is made. What an earlier run did not finish is removed. */
export function storeIn(directory: string, open: Open): TreeStore {
  makeDirectory(directory);
  for (const { name } of Deno.readDirSync(directory)) {
    if (name.endsWith(NEW_SUFFIX)) Deno.removeSync(`${directory}/${name}`);
  }
  return new Directory(directory, open);
}

class Directory implements TreeStore {
  readonly #path: string;
  readonly open: Open;
  /** How many use each file: what is in one share may be one of its own, too. */
  readonly #users = new Map<string, number>();

  constructor(path: string, open: Open) {
    this.#path = path;
    this.open = open;
  }

  make(): Room {
    return new NewFile(`${this.#path}/${crypto.randomUUID()}${NEW_SUFFIX}`, this);
  }

  find(link: Link): Kept | null {
    const info = infoAt(this.#pathOf(link));
    return info?.kind === "file" ? this.#use(link, info.size) : null;
  }

  close(): void {}

  /** Gives a file that was written the name of its link. */
  keep(path: string, link: Link, bytes: number): Kept {
    Deno.renameSync(path, this.#pathOf(link));
    return this.#use(link, bytes);
  }

  #use(link: Link, bytes: number): Kept {
    const path = this.#pathOf(link);
    this.#users.set(path, (this.#users.get(path) ?? 0) + 1);
    return new KeptFile(path, bytes, this.open, () => this.#drop(path));
  }

  #drop(path: string): void {
    const left = this.#users.get(path)! - 1;
    this.#users.set(path, left);
    if (left > 0) return;
    this.#users.delete(path);
    removeQuietly(path);
  }

  #pathOf(link: Link): string {
    return `${this.#path}/${link}${SUFFIX}`;
  }
}

class NewFile implements Room {
  readonly #path: string;
  readonly #store: Directory;
  readonly #file: Handle;

  constructor(path: string, store: Directory) {
    this.#path = path;
    this.#store = store;
    try {
      this.#file = store.open(path, "create");
    } catch (error) {
      throw faultOf(path, "cannot be made", error);
    }
  }

  readAt(into: Uint8Array, at: number): number {
    return this.#file.readAt(into, at);
  }

  writeAt(bytes: Uint8Array, at: number): void {
    try {
      this.#file.writeAt(bytes, at);
    } catch (error) {
      throw faultOf(this.#path, "cannot be written", error);
    }
  }

  keep(link: Link): Kept {
    const bytes = this.#file.info().size;
    this.#file.close();
    return this.#store.keep(this.#path, link, bytes);
  }

  drop(): void {
    this.#file.close();
    removeQuietly(this.#path);
  }
}

/** Opened for each read: there may be thousands of them. */
class KeptFile implements Kept {
  readonly bytes: number;
  readonly drop: () => void;
  readonly #path: string;
  readonly #open: Open;

  constructor(path: string, bytes: number, open: Open, drop: () => void) {
    this.bytes = bytes;
    this.drop = drop;
    this.#path = path;
    this.#open = open;
  }

  readAt(into: Uint8Array, at: number): number {
    let file: Handle;
    try {
      file = this.#open(this.#path, "read");
    } catch {
      // Somebody removed it: then nothing is there.
      return 0;
    }
    try {
      return file.readAt(into, at);
    } finally {
      file.close();
    }
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Somebody removed it before.
  }
}

/** A store in a temporary file. */
export function storeUnnamed(open: Open): TreeStore {
  const pool = new Pool(open);
  return { make: (bytes) => pool.make(bytes), find: () => null, close: () => pool.close() };
}

/** A piece of the temporary file. */
interface Piece {
  readonly at: number;
  readonly bytes: number;
}

class Pool {
  readonly #open: Open;
  #file: Handle | null = null;
  /** Pieces in use, in order. */
  #used: Piece[] = [];

  constructor(open: Open) {
    this.#open = open;
  }

  /** Takes the first gap that is long enough. */
  make(bytes: number): Room {
    this.#file ??= openUnnamed(this.#open);
    let place = 0, end = 0;
    while (place < this.#used.length && this.#used[place].at - end < bytes) {
      end = this.#used[place].at + this.#used[place].bytes;
      place++;
    }
    const piece = { at: end, bytes };
    this.#used.splice(place, 0, piece);
    return new PoolRoom(this.#file, piece, () => this.#drop(piece));
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
    this.#used = [];
  }

  #drop(piece: Piece): void {
    this.#used = this.#used.filter((other) => other !== piece);
    if (this.#used.length === 0) this.#file?.setSize(0);
  }
}

class PoolRoom implements Room, Kept {
  readonly #file: Handle;
  readonly #piece: Piece;
  readonly drop: () => void;

  constructor(file: Handle, piece: Piece, drop: () => void) {
    this.#file = file;
    this.#piece = piece;
    this.drop = drop;
  }

  get bytes(): number {
    return this.#piece.bytes;
  }

  readAt(into: Uint8Array, at: number): number {
    const most = Math.max(0, Math.min(into.length, this.#piece.bytes - at));
    return this.#file.readAt(into.subarray(0, most), this.#piece.at + at);
  }

  writeAt(bytes: Uint8Array, at: number): void {
    this.#file.writeAt(bytes, this.#piece.at + at);
  }

  keep(): Kept {
    return this;
  }
}

/** Opens a temporary file and removes its name, where the system lets that be done while it is open. */
function openUnnamed(open: Open): Handle {
  const directory = Deno.makeTempDirSync({ prefix: "rumor-files-" }), path = `${directory}/trees`;
  const file = open(path, "create");
  try {
    Deno.removeSync(directory, { recursive: true });
  } catch {
    // Windows does not.
  }
  return file;
}
