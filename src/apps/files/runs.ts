/** Which chunks of a file: runs of numbers, in order, that do not touch. */

import type { Json } from "../../core/types.ts";
import { RUNS_MAX } from "./limits.ts";

/** Chunks that follow each other: the number of the first, and how many. */
export type Run = readonly [first: number, count: number];
export type Runs = readonly Run[];

/** Runs as somebody said them; null where they are none, or go beyond `chunks`. */
export function readRuns(value: Json, chunks: number): Runs | null {
  if (!Array.isArray(value) || value.length > RUNS_MAX) return null;
  let end = -1;
  for (const run of value as readonly Json[]) {
    if (!Array.isArray(run) || run.length !== 2) return null;
    const [first, count] = run as readonly Json[];
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count)) return null;
    const [from, more] = [first as number, count as number];
    if (from <= end || more < 1 || from + more > chunks) return null;
    end = from + more;
  }
  return value as unknown as Runs;
}

/** How many chunks they are. */
export function countRuns(runs: Runs): number {
  return runs.reduce((sum, [, count]) => sum + count, 0);
}
