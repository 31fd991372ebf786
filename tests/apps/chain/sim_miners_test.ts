/** Miners without hashing: what they make, and what is measured of it. */

import { assert, assertEquals } from "@std/assert";
import {
  intervalsOf,
  type MeasureOptions,
  measurePace,
  measureSteps,
  settling,
} from "../../../src/apps/chain/sim/measures.ts";
import { mineTogether } from "../../../src/apps/chain/sim/miners.ts";
import { branchFrom } from "../../../src/apps/chain/tree.ts";

const T_MS = 5_000;

const USUAL: MeasureOptions = {
  nodes: 10,
  blocks: 500,
  runs: 10,
  block_time_ms: T_MS,
  delay_ms: 50,
  hashes_per_s: 1_000_000,
  seed: 1,
};

function mined(delay_ms: number, seed = 1, hashes = [1e6, 1e6]) {
  const phases = hashes.map((hashes_per_s) => ({ blocks: 200, hashes_per_s, delay_ms }));
  return mineTogether({ nodes: 5, block_time_ms: T_MS, phases, seed });
}

Deno.test("`mineTogether()` makes the same blocks from the same seed", () => {
  const [one, same, other] = [1, 1, 2].map((seed) => mined(500, seed));
  assertEquals(one.best.hash, same.best.hash);
  assertEquals([one.blocks.length, one.rewinds], [same.blocks.length, same.rewinds]);
  assert(one.best.hash !== other.best.hash);
});

Deno.test("`mineTogether()` ends with one branch of the length that was asked for", () => {
  const { best, blocks } = mined(2_000);
  assert(best.block.index >= 400, `${best.block.index}`);
  const branch = branchFrom(best, 1);
  assertEquals(branch.length, best.block.index);
  const hashes = new Set(blocks.map(({ hash }) => hash));
  assert(branch.every(({ hash }) => hashes.has(hash)));
  const times = intervalsOf({ best, blocks, rewinds: [] }, 101, 300);
  assertEquals(times.length, 200);
  const sum = times.reduce((all, one) => all + one, 0);
  assertEquals(sum, branch[299].block.time - branch[99].block.time);
});

Deno.test("`mineTogether()` branches only where blocks are under way", () => {
  const together = mined(0);
  assertEquals(together.rewinds, []);
  assertEquals(together.blocks.length, together.best.block.index);
  const apart = mined(1_000);
  assert(apart.blocks.length > apart.best.block.index);
  assert(apart.rewinds.length > 0);
  const alone = mineTogether({
    nodes: 1,
    block_time_ms: T_MS,
    phases: [{ blocks: 100, hashes_per_s: 1e6, delay_ms: 60_000 }],
    seed: 1,
  });
  assertEquals([alone.blocks.length, alone.rewinds], [100, []]);
});

Deno.test("`measurePace()` finds 500 blocks a block time apart, within 2 %", () => {
  const one = { ...USUAL, nodes: 1, runs: 60 };
  const { interval_mean_ms, interval_median_ms, blocks } = measurePace(one);
  assertEquals(blocks, 60 * 500);
  const off = interval_mean_ms / T_MS - 1;
  assert(Math.abs(off) < 0.02, `${off}`);
  // The waits of a Poisson process: half are shorter than ln 2 of their mean.
  assert(Math.abs(interval_median_ms / interval_mean_ms - Math.LN2) < 0.02);
});

Deno.test("`measurePace()` finds the more in vain, the longer blocks take to others", () => {
  const [none, some, much] = [0, 500, 2_500].map((delay_ms) =>
    measurePace({ ...USUAL, delay_ms, runs: 5 })
  );
  assertEquals([none.off, none.branches, none.rewinds, none.wasted], [0, 0, 0, 0]);
  // While a block is under way, nine of the ten mine beside it.
  const expected = 0.9 * 500 / T_MS, off = some.off / some.blocks;
  assert(Math.abs(off / expected - 1) < 0.25, `${off} instead of ${expected}`);
  assert(Math.abs(some.wasted - some.off / (some.off + some.blocks)) < 0.01);
  assert(much.wasted > 0.3 && much.rewind_max > some.rewind_max);
  assert(much.branches <= much.off);
});

Deno.test("`measurePace()` shows that too little power cannot keep the block time", () => {
  const { interval_mean_ms } = measurePace({ ...USUAL, runs: 2, hashes_per_s: 10_000 });
  // The floor is 65,536 hashes, and rises.
  assert(interval_mean_ms > 6_600, `${interval_mean_ms}`);
});

Deno.test("`measureSteps()` is within 25 % a hundred blocks after power changed tenfold", () => {
  const steps = measureSteps({ ...USUAL, runs: 5 });
  const ratio = (factor: number, from: number) =>
    steps.find((step) => step.factor === factor && step.from === from)!.interval_mean_ms / T_MS;
  assert(Math.abs(ratio(1, -99) - 1) < 0.05, `${ratio(1, -99)}`);
  assert(ratio(10, 1) < 0.25 && ratio(0.1, 1) > 3, "the change has no effect");
  for (const factor of [10, 0.1]) {
    for (const from of [101, 131]) {
      const off = ratio(factor, from) - 1;
      assert(Math.abs(off) < 0.25, `${factor}, from ${from}: ${off}`);
    }
  }
});

Deno.test("`settling()` lasts as long as the target needs from the floor", () => {
  const fast = (hashes_per_s: number) => settling({ ...USUAL, hashes_per_s })[0].blocks;
  assertEquals(fast(1_000), 0);
  // Each block makes a target that is far too easy harder by one part of 32.
  assertEquals(fast(1e6), Math.ceil(Math.log(5e6 / 65_536) / Math.log(32 / 31)));
});
