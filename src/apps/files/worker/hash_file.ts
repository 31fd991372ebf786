/** Reads whole files and hashes them: in large blocks, of which one is read while one is hashed. */

import { CHUNK_BYTES } from "../limits.ts";
import { formatLink, type Link } from "../link.ts";
import { faultOf } from "./faults.ts";
import type { Handle, Info } from "./handle.ts";
import type { Progress } from "./progress.ts";
import { sha256, TreeWriter } from "./tree_file.ts";

/** How much is read at once: 128 chunks. */
export const BLOCK_BYTES = 1_048_576;

/** Two blocks that are used in turns; files that are hashed at once have their own. */
export class Blocks {
  readonly #blocks: Uint8Array[] = [];

  /** The block that was not asked for last. */
  next(): Uint8Array {
    const block = this.#blocks.length < 2 ? new Uint8Array(BLOCK_BYTES) : this.#blocks.shift()!;
    this.#blocks.push(block);
    return block;
  }
}

/** A file that is to be hashed. */
export interface Hashing {
  /** For the user. */
  readonly path: string;
  readonly file: Handle;
  readonly info: Info;
  readonly blocks: Blocks;
  readonly progress: Progress;
  /** Takes its hashes; null where nobody needs them. */
  readonly write: ((bytes: Uint8Array, at: number) => void) | null;
}

/**
 * The link of a file, from its beginning to where its end was when it was opened. Throws where it
 * cannot be read, or changes meanwhile.
 */
export async function hashFile(hashing: Hashing): Promise<Link> {
  const { path, file, info, blocks, progress } = hashing, { size } = info;
  const tree = new TreeWriter(size, hashing.write ?? (() => {}));
  let ahead = readBlock(hashing, blocks.next(), 0);
  for (let at = 0; at < size;) {
    const block = await ahead;
    if (block.length < Math.min(BLOCK_BYTES, size - at)) throw changing(path);
    at += block.length;
    if (at < size) ahead = readBlock(hashing, blocks.next(), at);
    // It is awaited in the next turn of the loop, or not at all.
    ahead.catch(() => {});
    for (let from = 0; from < block.length; from += CHUNK_BYTES) {
      tree.add(sha256(block.subarray(from, from + CHUNK_BYTES)));
    }
    await progress.add(block.length);
  }
  const now = file.info();
  // Some files are longer than they say.
  const more = file.readAt(new Uint8Array(1), size);
  if (now.size !== size || now.changed_ms !== info.changed_ms || more > 0) throw changing(path);
  return formatLink({ root: tree.end().toHex(), size });
}

/** The part of a block that a file fills from `at` on. */
async function readBlock(
  { path, file, info }: Hashing,
  block: Uint8Array,
  at: number,
): Promise<Uint8Array> {
  const wanted = block.subarray(0, Math.min(BLOCK_BYTES, info.size - at));
  try {
    // To wait for so little would take longer than to read it.
    const count = wanted.length <= SMALL_BYTES
      ? file.readAt(wanted, at)
      : await file.read(wanted, at);
    return wanted.subarray(0, count);
  } catch (error) {
    throw faultOf(path, "cannot be read", error);
  }
}

const SMALL_BYTES = 65_536;

function changing(path: string): Error {
  return new Error(`${path} changes while it is read; share it when it is complete`);
}
