import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { floorTarget, nextTarget } from "../../../src/apps/chain/difficulty.ts";
import { targetOf, workOf } from "../../../src/apps/chain/work.ts";
import { nextRandom } from "../../../src/core/data/random.ts";
import { check } from "../../helpers/check.ts";

const T_MS = 5_000;
const HARD = targetOf(1n << 40n);

Deno.test("`floorTarget()` rises with the index", () => {
  assertEquals(workOf(floorTarget(0)), 65_536n);
  assertEquals(workOf(floorTarget(1_024)), 131_072n);
  assertEquals(workOf(floorTarget(10_240)), 720_896n);
  check(fc.property(fc.integer({ min: 0, max: 1e9 }), (index) => {
    assert(floorTarget(index + 1) <= floorTarget(index));
  }));
});

Deno.test("`floorTarget()` and `nextTarget()` begin where simulations want it", () => {
  assertEquals(workOf(floorTarget(0, 16)), 16n);
  assertEquals(workOf(floorTarget(1_024, 16)), 32n);
  assertEquals(nextTarget({ index: 0, target: 5n, solve_ms: null }, T_MS, 16), floorTarget(1, 16));
});

Deno.test("`nextTarget()` stays where blocks take their time, and follows those that do not", () => {
  const next = (solve_ms: number) => nextTarget({ index: 7, target: HARD, solve_ms }, T_MS);
  assertEquals(next(T_MS), HARD);
  // A thirty-second of how much too early or too late.
  assertEquals(next(0), HARD * 31n / 32n);
  assertEquals(next(2 * T_MS), HARD * 33n / 32n);
  // What took longer than six times counts as six.
  assertEquals(next(6 * T_MS), HARD * 37n / 32n);
  assertEquals(next(1e12), next(6 * T_MS));
});

Deno.test("`nextTarget()` is never easier than the floor, and never beyond 256 bits", () => {
  const solve = fc.option(fc.nat({ max: 1e9 }), { nil: null });
  const target = fc.bigInt({ min: 1n, max: (1n << 256n) - 1n });
  check(fc.property(fc.nat({ max: 1e6 }), target, solve, (index, before, solve_ms) => {
    const next = nextTarget({ index, target: before, solve_ms }, T_MS);
    assert(next >= 0n && next <= floorTarget(index + 1));
  }));
  assertEquals(nextTarget({ index: 0, target: 5n, solve_ms: null }, T_MS), floorTarget(1));
});

/** Block times of a network with so many hashes a second at each index. */
function mine(blocks: number, hashesAt: (index: number) => number, seed: number): number[] {
  let target = floorTarget(1), random = seed;
  const times_ms: number[] = [];
  for (let index = 1; index <= blocks; index++) {
    const [value, next] = nextRandom(random);
    random = next;
    const mean_ms = Number(workOf(target)) / hashesAt(index) * 1_000;
    const solve_ms = Math.max(1, Math.round(-Math.log(1 - value) * mean_ms));
    times_ms.push(solve_ms);
    target = nextTarget({ index, target, solve_ms }, T_MS);
  }
  return times_ms;
}

function meanOf(times_ms: readonly number[]): number {
  return times_ms.reduce((sum, time) => sum + time, 0) / times_ms.length;
}

Deno.test("`nextTarget()` keeps the mean of 500 blocks near the block time", () => {
  const means = Array.from(
    { length: 40 },
    (_, seed) => meanOf(mine(700, () => 1e6, seed + 1).slice(200)) / T_MS,
  );
  // A linear step in place of an exponential one makes blocks late by 1 / (2 N): 1.6 %.
  const mean = meanOf(means);
  assert(Math.abs(mean - 1) < 0.02, `mean ${mean}`);
  for (const one of means) assert(Math.abs(one - 1) < 0.06, `one of them ${one}`);
});

Deno.test("`nextTarget()` follows the power of the network, up and down tenfold", () => {
  for (const factor of [10, 1 / 10]) {
    const ratios = Array.from({ length: 60 }, (_, seed) => {
      const times_ms = mine(830, (index) => index <= 700 ? 1e6 : 1e6 * factor, seed + 1);
      return meanOf(times_ms.slice(800)) / T_MS;
    });
    const ratio = meanOf(ratios);
    assert(Math.abs(ratio - 1) < 0.25, `${factor}: ${ratio}`);
  }
});
