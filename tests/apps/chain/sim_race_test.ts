/** Races of an attacker, beside the published chances. */

import { assert, assertEquals } from "@std/assert";
import { rosenfeldChance } from "../../../src/apps/chain/sim/catch_up.ts";
import { raceChances, type RacesOptions } from "../../../src/apps/chain/sim/race.ts";

const RACES = 20_000;

function chances(share: number, options: Partial<RacesOptions> = {}): number[] {
  const usual = { depth: 10, races: RACES, times: "even", block_time_ms: 5_000, seed: 1 } as const;
  return raceChances({ share, ...usual, ...options });
}

/** How many standard errors a measured chance is from an expected one. */
function errorsBetween(measured: number, expected: number): number {
  return Math.abs(measured - expected) / Math.sqrt(expected * (1 - expected) / RACES);
}

for (const share of [0.1, 0.3, 0.4]) {
  Deno.test(`\`raceChances()\` measures what Rosenfeld computed for ${share}, while targets stay`, () => {
    for (const [at, measured] of chances(share).entries()) {
      const expected = rosenfeldChance(share, at + 1);
      // Where it is rarer, a few races more or less say nothing.
      if (expected * RACES < 20) continue;
      assert(errorsBetween(measured, expected) < 4, `${at + 1} deep: ${measured}, ${expected}`);
    }
  });
}

Deno.test("`raceChances()` gives an attacker with real times less, as draws are not his", () => {
  const real = chances(0.3, { times: "real" });
  for (const [at, measured] of real.entries()) {
    assert(measured < rosenfeldChance(0.3, at + 1) * 0.85, `${at + 1} deep: ${measured}`);
  }
});

Deno.test("`raceChances()` gives an attacker with early times more than published, deep down", () => {
  const early = chances(0.3, { times: "early", depth: 30 });
  assert(early[29] > 3 * rosenfeldChance(0.3, 30), `${early[29]}`);
  // And never more at the first blocks, whose targets are still the same.
  assert(errorsBetween(early[0], rosenfeldChance(0.3, 1)) < 4, `${early[0]}`);
});

Deno.test("`raceChances()` is the same from the same seed, and falls with depth", () => {
  const some = { races: 500, times: "real" } as const;
  const first = chances(0.25, some);
  assertEquals(chances(0.25, some), first);
  assert(JSON.stringify(chances(0.25, { ...some, seed: 2 })) !== JSON.stringify(first));
  assert(first.every((one, at) => at === 0 || one <= first[at - 1]), first.join());
  // Also where the attacker is hardly ever without hope, a race ends.
  assertEquals(chances(0.499, { races: 20, depth: 2 }).length, 2);
});
