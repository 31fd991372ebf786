/** Holders that are not what they say: they claim to have all of a file. */

import type { Got, Range } from "../tasks.ts";
import type { Level } from "../tree.ts";

/**
 * `wrong`: sends garbage. `slow`: the same, but each answer takes seconds. `hashes`: sends garbage for
 * hashes. `size`: means a longer file, and so sends an end that is none. `less`: has not got every tenth
 * chunk. `stall`: never answers. `tire`: is honest, and answers no more after some time. `vanish`: is
 * honest, and gone after some time.
 */
export type Lie = (typeof LIES)[number];

export const LIES = [
  "wrong",
  "slow",
  "hashes",
  "size",
  "less",
  "stall",
  "tire",
  "vanish",
] as const;

/** How much longer than its sending an answer of one that is `slow` takes. */
export const SLOW_MS = 1_500;
/** Which part of the file those send before that tire or vanish. */
export const HONEST_PART = 0.033;
/** Every so many chunks one is missing where somebody has less than he says. */
const MISSING_EVERY = 10;

/** What comes of what a holder sent. */
export function gotFrom(lie: Lie | null, range: Range, levels: readonly Level[]): Got {
  const { level, first, count } = range, is_end = first + count === levels[level].chunks;
  const is_wrong = lie === "wrong" || lie === "slow" || lie === "hashes" && level > 0;
  if (is_wrong) return { good: [], wrong: true, why: null, stuck: null };
  if (lie === "size" && is_end) return { ...goodGot(first, count - 1), wrong: true };
  if (lie !== "less" || level > 0) return goodGot(first, count);
  const there = MISSING_EVERY - 1 - first % MISSING_EVERY;
  if (there >= count) return goodGot(first, count);
  return { ...goodGot(first, there), why: "it has not got the rest" };
}

function goodGot(first: number, count: number): Got {
  const good = count > 0 ? [[first, count] as const] : [];
  return { good, wrong: false, why: null, stuck: null };
}
