/** The hashes of a file, kept on the disk: all levels of its tree but the lowest, one behind the other. */

import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { CHUNK_BYTES, HASH_BYTES } from "../limits.ts";
import type { LinkParts } from "../link.ts";
import type { Range } from "../tasks.ts";
import { chunksAbove, hashesAt, type Level, levelsOf, spanOf } from "../tree.ts";
import { ChunkSet } from "./chunk_set.ts";
import type { Source } from "./handle.ts";

/** SHA-256. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}

/** Whether two pieces of bytes are the same. */
export function areSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** How many bytes the hashes of a file take. */
export function treeBytes(size: number): number {
  return levelsOf(size).slice(1).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Where each level begins among the hashes of a file, from level 1 on; [0] is of no use. */
export function levelOffsets(levels: readonly Level[]): readonly number[] {
  const offsets = [0, 0];
  for (let level = 1; level < levels.length; level++) {
    offsets.push(offsets[level] + levels[level].bytes);
  }
  return offsets;
}

/** The hashes of one file. What is read is believed only as far as the root vouches for it. */
export class TreeFile {
  readonly levels: readonly Level[];
  readonly #root: Uint8Array;
  readonly #source: Source;
  readonly #offsets: readonly number[];
  /** By levels, which chunks were found to be as they should. */
  readonly #known: readonly ChunkSet[];

  /** Its hashes begin at `at` in a source. */
  constructor({ root, size }: LinkParts, source: Source, at: number) {
    this.levels = levelsOf(size);
    this.#root = Uint8Array.fromHex(root);
    this.#source = source;
    this.#offsets = levelOffsets(this.levels).map((offset) => at + offset);
    this.#known = this.levels.map(() => new ChunkSet());
  }

  /** The hashes that some chunks must have, joined; null where those are not here. */
  hashesOf(range: Range): Uint8Array | null {
    if (range.level === this.levels.length - 1) return this.#root;
    const above = chunksAbove(range);
    for (let chunk = above.first; chunk < above.first + above.count; chunk++) {
      if (!this.check(above.level, chunk)) return null;
    }
    const { at, bytes } = hashesAt(range.first, range.count);
    return this.#read(this.#offsets[above.level] + at, bytes);
  }

  /** Chunks of hashes, joined; null where one is not here. */
  read(range: Range): Uint8Array | null {
    for (let chunk = range.first; chunk < range.first + range.count; chunk++) {
      if (!this.check(range.level, chunk)) return null;
    }
    const { at, bytes } = spanOf(this.levels[range.level], range.first, range.count);
    return this.#read(this.#offsets[range.level] + at, bytes);
  }

  /** Whether a chunk of hashes is here, and is what it should be. */
  check(level: number, chunk: number): boolean {
    if (this.#known[level].has(chunk)) return true;
    const due = this.hashesOf({ level, first: chunk, count: 1 });
    if (due === null) return false;
    const { at, bytes } = spanOf(this.levels[level], chunk, 1);
    const content = this.#read(this.#offsets[level] + at, bytes);
    if (content === null || !areSame(sha256(content), due)) return false;
    this.#known[level].add(chunk);
    return true;
  }

  /** Where a chunk of hashes is in the source. */
  placeOf(level: number, chunk: number): number {
    return this.#offsets[level] + chunk * CHUNK_BYTES;
  }

  /** Notes that a chunk of hashes was verified, and written to its place. */
  note(level: number, chunk: number): void {
    this.#known[level].add(chunk);
  }

  /** Which chunks of hashes were found here so far. */
  known(level: number): ChunkSet {
    return this.#known[level];
  }

  #read(at: number, bytes: number): Uint8Array | null {
    const into = new Uint8Array(bytes);
    return this.#source.readAt(into, at) === bytes ? into : null;
  }
}

/** Writes the hashes of a file while its chunks are hashed, in order. */
export class TreeWriter {
  readonly #write: (bytes: Uint8Array, at: number) => void;
  readonly #offsets: readonly number[];
  /** By levels from 1 on, the chunk that is being filled, how full it is, and where it goes. */
  readonly #open: { readonly chunk: Uint8Array; used: number; at: number }[];

  /** For a file of some bytes, whose hashes go where `write` is told. */
  constructor(size: number, write: (bytes: Uint8Array, at: number) => void) {
    const levels = levelsOf(size);
    this.#write = write;
    this.#offsets = levelOffsets(levels);
    this.#open = levels.map((_, level) => ({
      chunk: new Uint8Array(level === 0 ? 0 : CHUNK_BYTES),
      used: 0,
      at: this.#offsets[level],
    }));
  }

  /** The next chunk of the file has this hash. */
  add(digest: Uint8Array, level = 1): void {
    const open = this.#open[level];
    open.chunk.set(digest, open.used);
    open.used += HASH_BYTES;
    if (open.used === CHUNK_BYTES && level < this.#open.length - 1) this.#flush(level);
  }

  /** That was the last; gives the root. */
  end(): Uint8Array {
    const top = this.#open.length - 1;
    for (let level = 1; level < top; level++) if (this.#open[level].used > 0) this.#flush(level);
    const { chunk, used, at } = this.#open[top], hashes = chunk.subarray(0, used);
    this.#write(hashes, at);
    return sha256(hashes);
  }

  #flush(level: number): void {
    const open = this.#open[level], hashes = open.chunk.subarray(0, open.used);
    this.#write(hashes, open.at);
    open.at += open.used;
    open.used = 0;
    this.add(sha256(hashes), level + 1);
  }
}
