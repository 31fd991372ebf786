/** How long chunks are, and what is above them. */

import { CHUNK_BYTES, HASH_BYTES } from "../limits.ts";
import type { Range } from "../tasks.ts";
import { type Level, spanOf } from "../tree.ts";

/** Hashes in a full chunk of hashes: so many chunks of the level below it says what they must be. */
export const FAN_OUT: number = CHUNK_BYTES / HASH_BYTES;

/** The bytes of chunks of a tree. */
export function rangeBytes(levels: readonly Level[], { level, first, count }: Range): number {
  return spanOf(levels[level], first, count).bytes;
}
