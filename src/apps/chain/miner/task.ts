/** What the miner is asked for, and what it answers. */

import { assert } from "@std/assert/assert";
import { HEADER_BYTES } from "../header.ts";

/** Looks for a nonce that makes the header good; the one in it does not matter. */
export interface MineTask {
  readonly header: Uint8Array;
  /** How many threads search; at least 1. */
  readonly threads: number;
}

/** How far it is: how many nonces were tried, but for slices that are not done yet. */
export interface MineProgress {
  readonly hashes: number;
}

/** What came of it. */
export interface Mined extends MineProgress {
  readonly nonce: number;
}

/** A task as the core hands it out; throws where it is none. */
export function asMineTask(task: unknown): MineTask {
  const { header, threads } = task as MineTask;
  assert(
    header instanceof Uint8Array && header.length === HEADER_BYTES,
    `a header has ${HEADER_BYTES} bytes`,
  );
  assert(Number.isSafeInteger(threads) && threads >= 1, "mining takes at least one thread");
  return { header, threads };
}
