/**
 * How hard each block is: a pure function of the branch before it. The target follows the computing
 * power as an average over past solve times, in which each block counts a little less than the one
 * after it (zawy12, "Summary of Difficulty Algorithms", 2018: an exponential moving average, in
 * its linear form). It rises with the depth by a floor that nothing may fall below.
 */

import { targetOf } from "./work.ts";

/** Over how many blocks past solve times count. */
export const WINDOW_BLOCKS = 32n;
/** A block that took longer counts as so many block times: nobody hashed meanwhile. */
const SOLVE_TIMES_MAX = 6;
/** Hashes that the first block takes at least; only simulations begin with fewer. */
export const FLOOR_HASHES = 65_536;
/** After how many blocks the floor is as many hashes again. */
const FLOOR_BLOCKS = 1_024n;

/** What the next target depends on. */
export interface Pace {
  readonly index: number;
  readonly target: bigint;
  /** How long after its parent it was made, in milliseconds; null for the first block of all. */
  readonly solve_ms: number | null;
}

/** The target of the block behind another. What is not its pace is the same at all nodes of a network. */
export function nextTarget(
  { index, target, solve_ms }: Pace,
  block_time_ms: number,
  floor_hashes = FLOOR_HASHES,
): bigint {
  const floor = floorTarget(index + 1, floor_hashes);
  if (solve_ms === null) return floor;
  const time = BigInt(block_time_ms);
  const solve = BigInt(Math.min(solve_ms, SOLVE_TIMES_MAX * block_time_ms));
  const next = target * (WINDOW_BLOCKS * time - time + solve) / (WINDOW_BLOCKS * time);
  return next < floor ? next : floor;
}

/** The easiest target that a block of an index may have. */
export function floorTarget(index: number, floor_hashes = FLOOR_HASHES): bigint {
  return targetOf(BigInt(floor_hashes) * (FLOOR_BLOCKS + BigInt(index)) / FLOOR_BLOCKS);
}
