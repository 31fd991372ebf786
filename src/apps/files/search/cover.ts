/** Which chunks of a file several holders have together. */

import { CHUNK_BYTES, RUNS_MAX } from "../limits.ts";
import { parseLink } from "../link.ts";
import { countRuns, type Run, type Runs } from "../runs.ts";

/** Number of chunks of a file by its link, which must be one; none where it is empty. */
export function chunksOf(link: string): number {
  return Math.ceil(parseLink(link)!.size / CHUNK_BYTES);
}

/** What is all of a file is null, and what is less is runs. */
export function wholeOrRuns(has: Runs | null, chunks: number): Runs | null {
  return has === null || countRuns(has) === chunks ? null : has;
}

/**
 * Runs of both; those of `a` alone where both would be more runs than are kept, as only pieces of a
 * liar are so small.
 */
export function joinRuns(a: Runs, b: Runs): Runs {
  const all = [...a, ...b].sort(([one], [other]) => one - other);
  const joined: Run[] = [];
  for (const [first, count] of all) {
    const last = joined.at(-1);
    if (last === undefined || last[0] + last[1] < first) joined.push([first, count]);
    else joined[joined.length - 1] = [last[0], Math.max(last[1], first + count - last[0])];
  }
  return joined.length > RUNS_MAX ? a : joined;
}
