/** What is measured of miners: how regular blocks come, and how much is mined in vain. */

import { Dice } from "../../../sim/dice.ts";
import { floorTarget, WINDOW_BLOCKS } from "../difficulty.ts";
import type { Seen } from "../tree.ts";
import { workOf } from "../work.ts";
import { type MinedTree, mineTogether, type Phase } from "./miners.ts";

/** Who mines, how long, and how often the same with other luck. */
export interface MeasureOptions {
  readonly nodes: number;
  readonly blocks: number;
  readonly runs: number;
  readonly block_time_ms: number;
  readonly delay_ms: number;
  readonly hashes_per_s: number;
  readonly seed: number;
}

/** Of all runs together; blocks before the target settled are left out. */
export interface Measures {
  readonly interval_mean_ms: number;
  readonly interval_median_ms: number;
  readonly interval_p99_ms: number;
  /** Blocks of the best branch, and those off it. */
  readonly blocks: number;
  readonly off: number;
  /** In how many branches those are. */
  readonly branches: number;
  /** How often a node left blocks for another branch, and how many it left at most. */
  readonly rewinds: number;
  readonly rewind_max: number;
  /** Part of all work that is off the best branch. */
  readonly wasted: number;
}

/** How regular blocks come some blocks before or after all power changed. */
export interface StepMeasures {
  /** By which factor it changed last; 1 before anything. */
  readonly factor: number;
  /** From which block behind the change to which one. */
  readonly from: number;
  readonly to: number;
  readonly interval_mean_ms: number;
}

/** The power changes so much, and back. */
export const STEP_FACTOR = 10;
/** Behind each change so many blocks are measured, in these parts. */
const STEP_PARTS = [[1, 30], [31, 100], [101, 130], [131, 300]] as const;
const STEP_BLOCKS = 300, BEFORE_BLOCKS = 100;
/** A few blocks say little, so there are so many times more runs of them. */
export const STEP_RUNS = 8;
/** Of what a target is off, a third is left after a window: less than a hundredth after five. */
const SETTLE_WINDOWS = 5;

/**
 * The blocks until the target fits the power, which are not measured. The first of them reach all at
 * once: they are so fast that each node would be alone on its branch.
 */
export function settling(
  { hashes_per_s, block_time_ms, delay_ms }: Pick<
    MeasureOptions,
    "hashes_per_s" | "block_time_ms" | "delay_ms"
  >,
): readonly [fast: Phase, slow: Phase] {
  const needed = hashes_per_s * block_time_ms / 1_000, least = Number(workOf(floorTarget(0)));
  const window = Number(WINDOW_BLOCKS);
  // Where blocks take no time, a target becomes harder by a part of one window each.
  const steps = Math.log(Math.max(1, needed / least)) / Math.log(window / (window - 1));
  return [
    { blocks: Math.ceil(steps), hashes_per_s, delay_ms: 0 },
    { blocks: SETTLE_WINDOWS * window, hashes_per_s, delay_ms },
  ];
}

/** Measures miners whose power stays the same. */
export function measurePace(
  options: MeasureOptions,
  onProgress: (part: number) => void = () => {},
): Measures {
  const { blocks, hashes_per_s, delay_ms, runs } = options, [fast, slow] = settling(options);
  const phases = [fast, slow, { blocks, hashes_per_s, delay_ms }];
  const settled = fast.blocks + slow.blocks;
  const intervals_ms: number[] = [];
  let off = 0, branches = 0, work = 0n, lost = 0n, rewinds = 0, rewind_max = 0;
  for (let run = 0; run < runs; run++) {
    const mined = mineTogether({ ...options, phases, seed: runSeed(options, run) });
    intervals_ms.push(...intervalsOf(mined, settled + 1, settled + blocks));
    const counted = countBlocks(mined, settled + 1, settled + blocks);
    ({ off, branches } = { off: off + counted.off, branches: branches + counted.branches });
    ({ work, lost } = { work: work + counted.work, lost: lost + counted.lost });
    for (const { index, blocks } of mined.rewinds) {
      if (index <= settled) continue;
      rewinds++;
      rewind_max = Math.max(rewind_max, blocks);
    }
    onProgress((run + 1) / runs);
  }
  const sorted = intervals_ms.toSorted((a, b) => a - b);
  return {
    interval_mean_ms: meanOf(intervals_ms),
    interval_median_ms: sorted[Math.floor(sorted.length / 2)],
    interval_p99_ms: sorted[Math.floor(sorted.length * 0.99)],
    blocks: sorted.length,
    off,
    branches,
    rewinds,
    rewind_max,
    wasted: Number(lost) / Number(work),
  };
}

/** Measures miners while newcomers bring nine times as much power, and leave again. */
export function measureSteps(
  options: Omit<MeasureOptions, "blocks">,
  onProgress: (part: number) => void = () => {},
): StepMeasures[] {
  const { hashes_per_s, delay_ms } = options, [fast, slow] = settling(options);
  const runs = options.runs * STEP_RUNS;
  const phases = [
    fast,
    slow,
    { blocks: BEFORE_BLOCKS, hashes_per_s, delay_ms },
    { blocks: STEP_BLOCKS, hashes_per_s: hashes_per_s * STEP_FACTOR, delay_ms },
    { blocks: STEP_BLOCKS, hashes_per_s, delay_ms },
  ];
  const before = fast.blocks + slow.blocks + BEFORE_BLOCKS;
  const windows = [
    { factor: 1, from: 1 - BEFORE_BLOCKS, to: 0, start: before },
    ...STEP_PARTS.map(([from, to]) => ({ factor: STEP_FACTOR, from, to, start: before })),
    ...STEP_PARTS.map(([from, to]) => {
      return { factor: 1 / STEP_FACTOR, from, to, start: before + STEP_BLOCKS };
    }),
  ];
  const all_ms = windows.map(() => [] as number[]);
  for (let run = 0; run < runs; run++) {
    const mined = mineTogether({ ...options, phases, seed: runSeed(options, run) });
    for (const [at, { start, from, to }] of windows.entries()) {
      all_ms[at].push(...intervalsOf(mined, start + from, start + to));
    }
    onProgress((run + 1) / runs);
  }
  return windows.map(({ factor, from, to }, at) => {
    return { factor, from, to, interval_mean_ms: meanOf(all_ms[at]) };
  });
}

/** Each run has luck of its own, and the same one whatever else is chosen. */
function runSeed({ seed }: Pick<MeasureOptions, "seed">, run: number): number {
  return Dice.of(seed, `run ${run}`).below(2 ** 31);
}

/** How long the blocks of the best branch from one index to another took. */
export function intervalsOf({ best }: MinedTree, from: number, to: number): number[] {
  const intervals_ms: number[] = [];
  for (let at = best; at.parent !== null && at.block.index >= from; at = at.parent) {
    if (at.block.index <= to) intervals_ms.push(at.block.time - at.parent.block.time);
  }
  return intervals_ms.reverse();
}

/** What is off the best branch, of the blocks from one index to another. */
function countBlocks({ best, blocks }: MinedTree, from: number, to: number) {
  const counting = new Set<string>(), parents = new Set(blocks.map(({ parent }) => parent!.hash));
  for (let at: Seen | null = best; at !== null; at = at.parent) counting.add(at.hash);
  const some = blocks.filter(({ block: { index } }) => index >= from && index <= to);
  const off = some.filter(({ hash }) => !counting.has(hash));
  return {
    off: off.length,
    branches: off.filter(({ hash }) => !parents.has(hash)).length,
    work: workIn(some),
    lost: workIn(off),
  };
}

function workIn(blocks: readonly Seen[]): bigint {
  return blocks.reduce((sum, { work, parent }) => sum + work - parent!.work, 0n);
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
