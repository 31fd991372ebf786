import { assert, assertEquals } from "@std/assert";
import { APPS } from "../../src/apps/registry.ts";
import { campaignApps } from "../../src/cli/sim/campaign.ts";
import type { reduceNode } from "../../src/core/node.ts";
import { addResult, newCampaign, runSeed } from "../../src/sim/campaign/campaign.ts";
import { describeStep } from "../../src/sim/campaign/step.ts";
import { draw, runWith } from "../../src/sim/campaign/runner.ts";
import { shrink } from "../../src/sim/campaign/shrink.ts";
import { missingEffects, newTally } from "../../src/sim/campaign/tally.ts";
import { tellRun } from "../../src/sim/campaign/tell.ts";
import { PLANTED_BUGS } from "./planted_bugs.ts";

function reduceWith(name: string): typeof reduceNode {
  return PLANTED_BUGS.find((bug) => bug.name === name)!.plant();
}

const CAMPAIGN_APPS = await campaignApps(APPS);
const RESULTS = new Map<number, ReturnType<typeof runSeed>>();

/** What comes of a seed; it is run once, as it does the same each time. */
function resultOf(seed: number): ReturnType<typeof runSeed> {
  const result = RESULTS.get(seed) ?? runSeed(seed, CAMPAIGN_APPS);
  RESULTS.set(seed, result);
  return result;
}

Deno.test("a campaign over some seeds finds nothing", () => {
  const campaign = newCampaign();
  for (let seed = 1; seed <= 60; seed++) addResult(campaign, seed, resultOf(seed));
  assertEquals(campaign.failures, []);
  assertEquals(campaign.seeds, 60);
});

/** Seeds that once found something, with what it was. */
const ONCE_FOUND: Readonly<Record<number, string>> = {
  2: "a slow disk was asked for the clock of logs that it had not stored",
  3: "who was accused to others only was called failed for ever",
  929: "a cause was told as missing twice, and came all the same",
  415: "a gap was offered again and again without what retention dropped meanwhile",
};

for (const [seed, what] of Object.entries(ONCE_FOUND)) {
  Deno.test(`seed ${seed} passes, where once ${what}`, () => {
    assertEquals(resultOf(Number(seed)).violation, null);
  });
}

Deno.test("runSeed() does the same for the same seed, and something else for another", () => {
  // The first one has all apps on the chain.
  const [one, other] = [33, 34].map(resultOf), again = runSeed(33, CAMPAIGN_APPS);
  assertEquals([again.hash, again.events], [one.hash, one.events]);
  assert(other.hash !== one.hash);
});

Deno.test("shrink() finds a smaller run that fails in the same way", () => {
  const parts = { ...CAMPAIGN_APPS, reduce: reduceWith("items are printed twice") };
  const drawn = draw(10, CAMPAIGN_APPS), result = runWith(drawn, parts);
  const smaller = shrink(drawn, result, (one) => runWith(one, parts));
  assertEquals(smaller.result.violation?.invariant, result.violation?.invariant);
  assertEquals(smaller.drawn.steps.map(describeStep).length <= 1, true);
  assertEquals(smaller.drawn.options.nodes, 2);
});

Deno.test("tellRun() tells what happens, and what must not", () => {
  const lines: string[] = [];
  tellRun(draw(5, CAMPAIGN_APPS), CAMPAIGN_APPS, (line) => lines.push(line));
  assert(lines.some((line) => /m\w+->m\w+ entry m\w+\/presence#1/.test(line)));
  assert(lines.every((line) => /^ *[0-9]+\.[0-9]{3} /.test(line)));
});

Deno.test("missingEffects() names what never happened", () => {
  const tally = newTally();
  tally.forks_proven = 1;
  assert(!missingEffects(tally).includes("forks_proven"));
  assert(missingEffects(tally).includes("gaps_repaired"));
});
