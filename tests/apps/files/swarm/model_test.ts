/** Many who fetch from each other, in virtual time. */

import { assert, assertEquals } from "@std/assert";
import { leastTime } from "../../../../src/apps/files/sim/bound.ts";
import { measureFetchers } from "../../../../src/apps/files/sim/measures.ts";
import { runModel } from "../../../../src/apps/files/sim/model.ts";
import { runTrial } from "../../../../src/apps/files/sim/trial.ts";
import { LONG } from "../../../helpers/long.ts";

const MIB = 1_048_576;
const USUAL = {
  size: 4 * MIB,
  seeds: 1,
  seed_up: MIB,
  up: MIB,
  down: 4 * MIB,
  delay_ms: 20,
  liars: [],
  rare: false,
  order: "rarest",
  seed: 1,
} as const;

Deno.test("what must hold of fetching holds in networks of all kinds", () => {
  for (let seed = 1; seed <= (LONG ? 500 : 20); seed++) {
    const broken = runTrial(seed);
    assertEquals(broken, null, `network ${seed}: ${broken?.message}`);
  }
});

Deno.test("`leastTime()` is the bound of Kumar and Ross, each of its parts where it counts", () => {
  const fetchers = Array.from({ length: 4 }, () => ({ up: 1, down: 8 }));
  // As fast as the seed can send it once.
  assertEquals(leastTime(100, { seeds: [1], fetchers }), 100);
  // As fast as the slowest can take it.
  assertEquals(leastTime(100, { seeds: [50], fetchers: [...fetchers, { up: 1, down: 2 }] }), 50);
  // As fast as all together can send it to each.
  assertEquals(leastTime(100, { seeds: [4, 2], fetchers }), 400 / 10);
});

Deno.test("one who fetches alone takes as long as the bytes do", () => {
  const { last_s, bound_s, vain } = measureFetchers(USUAL, 1);
  assertEquals([bound_s, vain], [4, 0]);
  assert(last_s! > 4 && last_s! < 4.3, `${last_s} s`);
});

Deno.test("many who fetch give it to each other, rarest first, and not where all begin at the beginning", () => {
  const rarest = measureFetchers(USUAL, 8),
    lowest = measureFetchers({ ...USUAL, order: "lowest" }, 8);
  assertEquals([rarest.bound_s, rarest.alone_s], [4, 32]);
  assert(rarest.last_s! < 9, `${rarest.last_s} s`);
  assert(lowest.last_s! > 2 * rarest.last_s!, `${lowest.last_s} s`);
  assert(rarest.vain <= 0.01, `${rarest.vain} for nothing`);
});

Deno.test("one of four who sends garbage, or nothing, costs little", () => {
  for (const liar of ["wrong", "slow", "stall"] as const) {
    const { last_s, bound_s, excluded } = measureFetchers({
      ...USUAL,
      size: 16 * MIB,
      seeds: 3,
      liars: [liar],
    }, 1);
    assert(last_s! < bound_s * 1.25, `${liar}: ${last_s} s, at best ${bound_s}`);
    assertEquals(excluded, liar === "stall" ? 0 : 1);
  }
});

Deno.test("`runModel()` gives the same for the same seed", () => {
  const options = { ...USUAL, seeds: [{ up: MIB, has: null, lie: null }], fetchers: 4 };
  const [one, same, other] = [3, 3, 4].map((seed) => runModel({ ...options, seed }));
  assertEquals(one, same);
  assert(one.times_ms.join() !== other.times_ms.join());
});
