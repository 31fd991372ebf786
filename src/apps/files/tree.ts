/**
 * A file as a tree of hashes (Merkle 1987). Level 0 are its bytes, cut into chunks; each level above
 * are the hashes of the chunks below it, joined, and cut in the same way, until a level has one chunk:
 * its hash is the root. An empty file has an empty list of hashes, and its root is the hash of nothing.
 *
 * Nothing tells chunks of bytes from chunks of hashes, so that a file of several levels and the file of
 * its hashes have one root. Whoever knows the size, too, knows where each level begins and ends.
 */

import { CHUNK_BYTES, HASH_BYTES } from "./limits.ts";
import type { Range } from "./tasks.ts";

/** SHA-256 of some bytes, in 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** One level of a tree. */
export interface Level {
  readonly chunks: number;
  /** Of all its chunks together. */
  readonly bytes: number;
}

/** A piece of a level, in bytes. */
export interface Span {
  readonly at: number;
  readonly bytes: number;
}

/**
 * The levels of a file of some bytes, from 0: at least two, and the last has one chunk, or none where
 * the file is empty. Throws a RangeError where two hashes do not fit into a chunk, as nothing would end
 * then.
 */
export function levelsOf(size: number, chunk_bytes: number = CHUNK_BYTES): readonly Level[] {
  if (chunk_bytes < 2 * HASH_BYTES) {
    throw new RangeError(`chunks of ${chunk_bytes} bytes are short`);
  }
  const levels: Level[] = [];
  for (let bytes = size; levels.length < 2 || levels[levels.length - 1].chunks > 1;) {
    const chunks = chunksIn(bytes, chunk_bytes);
    levels.push({ chunks, bytes });
    bytes = chunks * HASH_BYTES;
  }
  return levels;
}

/** Where chunks of a level are in it. Whether it has so many is for the caller to check. */
export function spanOf(
  level: Level,
  first: number,
  count: number,
  chunk_bytes: number = CHUNK_BYTES,
): Span {
  const at = first * chunk_bytes;
  return { at, bytes: Math.min((first + count) * chunk_bytes, level.bytes) - at };
}

/** Where the hashes of chunks stand in the level above. */
export function hashesAt(first: number, count: number): Span {
  return { at: first * HASH_BYTES, bytes: count * HASH_BYTES };
}

/** The chunks of the level above in which the hashes of at least one chunk stand. */
export function chunksAbove(range: Range, chunk_bytes: number = CHUNK_BYTES): Range {
  const { at, bytes } = hashesAt(range.first, range.count);
  const first = Math.floor(at / chunk_bytes);
  const end = chunksIn(at + bytes, chunk_bytes);
  return { level: range.level + 1, first, count: end - first };
}

/** Whether there are such chunks in a tree. */
export function isRange({ level, first, count }: Range, levels: readonly Level[]): boolean {
  if (![level, first, count].every((number) => Number.isSafeInteger(number) && number >= 0)) {
    return false;
  }
  return count > 0 && level < levels.length && first + count <= levels[level].chunks;
}

/** The hashes of the chunks that some bytes are cut into, joined: the level above them. */
export function hashChunks(
  bytes: Uint8Array,
  sha256: Sha256,
  chunk_bytes: number = CHUNK_BYTES,
): Uint8Array {
  const hashes = new Uint8Array(chunksIn(bytes.length, chunk_bytes) * HASH_BYTES);
  for (let at = 0, to = 0; at < bytes.length; at += chunk_bytes, to += HASH_BYTES) {
    hashes.set(sha256(bytes.subarray(at, at + chunk_bytes)), to);
  }
  return hashes;
}

/** The root of the tree of some bytes. */
export function rootOf(
  bytes: Uint8Array,
  sha256: Sha256,
  chunk_bytes: number = CHUNK_BYTES,
): Uint8Array {
  let level = bytes;
  for (let above = levelsOf(bytes.length, chunk_bytes).length - 1; above > 0; above--) {
    level = hashChunks(level, sha256, chunk_bytes);
  }
  return sha256(level);
}

/** How many chunks some bytes are cut into. Exact up to the largest integer. */
function chunksIn(bytes: number, chunk_bytes: number): number {
  const rest = bytes % chunk_bytes;
  return (bytes - rest) / chunk_bytes + (rest > 0 ? 1 : 0);
}
