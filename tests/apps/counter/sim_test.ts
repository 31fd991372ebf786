/** The counter in simulated networks: the list of apps is all that names it. */

import { assert, assertEquals } from "@std/assert";
import { POST_MS_MAX } from "../../../src/core/data/limits.ts";
import {
  decodeStored,
  encodeUnsigned,
  looksLikeEntry,
  sealEntry,
} from "../../../src/core/log/entry.ts";
import { askNode } from "../../../src/core/node.ts";
import type { Json, Printed } from "../../../src/core/types.ts";
import { Network } from "../../../src/sim/network.ts";
import { addResult, newCampaign, runSeed } from "../../../src/sim/campaign/campaign.ts";
import type { SimNode, Tamper } from "../../../src/sim/sim_node.ts";
import { campaignApps } from "../../../src/cli/sim/campaign.ts";
import { APPS } from "../../../src/apps/registry.ts";
import { itemOf } from "./counter.ts";
import { counterModule, tallyModule } from "./mod.ts";
import type { CounterRequest } from "./requests.ts";
import { FACTOR_MS, factorSoon } from "./sim.ts";
import { COUNTER, type Counter, QUIET_MS, STEPS } from "./state.ts";

const MODULES = [...APPS, counterModule, tallyModule];
const FRONT = { app: COUNTER, topic: COUNTER } as const;

function network(seed = 1): Network {
  const apps = MODULES.map(({ app }) => app);
  return new Network({ seed, apps, workers: { [COUNTER]: factorSoon } });
}

/** Nodes that know each other. */
function three(sim: Network): SimNode[] {
  const a = sim.addNode({ name: "a", front: FRONT });
  for (const name of ["b", "c"]) sim.addNode({ name, join: [a], front: FRONT });
  sim.settle();
  return sim.nodes;
}

function add(node: SimNode, ...numbers: number[]): void {
  node.publish(COUNTER, numbers.map(itemOf));
}

function want(node: SimNode, wish: CounterRequest): void {
  node.request(COUNTER, { ...wish });
}

function counterOf({ state }: SimNode): Counter {
  return state.host.states.get(COUNTER) as Counter;
}

/** What a node answers to a question, as text. */
function answer({ state }: SimNode, question: string, ...args: string[]): string[] {
  return askNode(state, question, args)!.map((row) => row.join(" "));
}

/** The records that a node printed which have a field. */
function records({ printed }: SimNode, field: string): Json[] {
  const isRecord = (one: Printed) => one.kind === "record" && one.app === COUNTER;
  const all = printed.filter(isRecord) as Extract<Printed, { kind: "record" }>[];
  return all.map(({ record }) => record).filter((record) => Object.hasOwn(record as object, field));
}

/** Why requests at a node were refused, or failed. */
function refusals({ notices }: SimNode): string[] {
  return notices.flatMap((one) => one.kind === "refused" ? [one.why] : []);
}

Deno.test("counters of three nodes end with one total, also across a cut", () => {
  const sim = network(), [a, b, c] = three(sim);
  add(a, 1, 2);
  sim.partition([a], [b, c]);
  add(a, 10);
  add(b, -5, 20);
  sim.settle();
  assertEquals([a, b, c].map((node) => counterOf(node).total), [13, 15, 15]);
  sim.heal();
  sim.pass(60_000);
  for (const node of [a, b, c]) {
    assertEquals(answer(node, COUNTER), ["total 28", `${a.id} 13`, `${b.id} 15`]);
    assertEquals(answer(node, COUNTER, b.id), [`${b.id} 15`]);
    // What builds on it saw the same numbers, in the order of this node.
    assertEquals(answer(node, "tally")[0], "added 5");
    assertEquals(records(node, "add").length, 5);
  }
});

Deno.test("a counter refuses what is no number at its node, and leaves it out elsewhere", () => {
  const sim = network(), [a, b] = three(sim);
  a.publish(COUNTER, [itemOf(1_001), itemOf(7), "8", { add: 0.5 }]);
  sim.settle();
  const why = 'a count is {"add":N}, N from -1000 to 1000';
  assertEquals(refusals(a), [why, why, why]);
  assertEquals(counterOf(b).total, 7);
});

/** Says another number to every second peer, under the same number of its log. */
function twoFaced(node: SimNode): Tamper {
  const change = (line: Uint8Array): Uint8Array => {
    if (!looksLikeEntry(line)) return line;
    const entry = decodeStored(line);
    if (entry.topic !== COUNTER || entry.origin !== node.id || entry.seq < 2) return line;
    const { origin, topic, seq, previous, first, time_ms, deps } = entry;
    const fields = { origin, topic, seq, previous, first, time_ms, deps, items: [itemOf(500)] };
    const unsigned = encodeUnsigned(fields);
    return sealEntry(fields, unsigned, node.signer.sign(unsigned)).line;
  };
  return (link, lines) => link % 2 === 1 ? lines.map(change) : lines;
}

Deno.test("counters take back what an origin added that says two things, and agree", () => {
  const sim = network(), [a, b, c] = three(sim);
  const store = sim.newStore();
  const d = sim.addNode({ name: "d", join: [a], front: FRONT, store });
  const liar = sim.addNode({ name: "e", join: [a, b, c, d], tamper: twoFaced });
  sim.settle();
  const { id } = liar;
  add(liar, 1);
  sim.settle();
  sim.partition([a, b, c], [d]);
  add(a, 4);
  add(liar, 30);
  sim.settle();
  assertEquals(new Set([a, b, c, d].map((node) => counterOf(node).total)).size > 1, true);
  add(liar, 5);
  add(b, 8);
  sim.settle();
  sim.heal();
  sim.pass(60_000);
  for (const node of [a, b, c, d]) {
    assertEquals(counterOf(node).total, 13, node.name);
    assertEquals(answer(node, COUNTER, id), [`${id} 1`]);
    assertEquals(answer(node, "tally")[0], "added 3");
  }
  const forgotten = [a, b, c, d].filter((node) => records(node, "taken_back").length > 0);
  assert(forgotten.length > 0);
  for (const node of forgotten) {
    assertEquals(node.notices.filter(({ kind }) => kind === "told").length, 1);
  }
  // SQL sees what still counts.
  const rows = () => store.tableRows(STEPS).map(({ row }) => row!.at(-1)).sort();
  assertEquals(rows(), [1, 4, 8]);
  // What was stored of the fork is counted again, and taken back again, without a word.
  d.kill();
  const again = sim.addNode({ name: "d", join: [a], front: FRONT, store });
  assertEquals([counterOf(again).total, rows()], [13, [1, 4, 8]]);
  assertEquals(answer(again, "tally")[0], "added 3");
  sim.settle();
  assertEquals(again.notices.filter(({ kind }) => kind === "told"), []);
});

Deno.test("a counter tells once that it is quiet, and keeps where it stands", () => {
  const sim = network(), store = sim.newStore();
  const a = sim.addNode({ name: "a", front: FRONT, store });
  add(a, 2);
  sim.pass(QUIET_MS - 500);
  add(a, 3);
  sim.pass(QUIET_MS - 500);
  assertEquals(records(a, "quiet_s"), []);
  sim.pass(10 * QUIET_MS);
  assertEquals(records(a, "quiet_s"), [{ quiet_s: QUIET_MS / 1_000, total: 5 }]);
  assertEquals(answer(a, COUNTER, "checkpoint"), ['checkpoint {"total":5,"steps":2}']);
  assertEquals(store.restored.kept.map(({ value }) => value), [{ total: 5, steps: 2 }]);
});

Deno.test("a counter that is started again has what it stored and kept, and repeats nothing", () => {
  const sim = network(), store = sim.newStore();
  const a = sim.addNode({ name: "a", front: FRONT });
  const b = sim.addNode({ name: "b", join: [a], front: FRONT, store });
  sim.settle();
  add(a, 6);
  add(b, 1);
  sim.pass(2 * QUIET_MS);
  add(b, 9);
  sim.pass(QUIET_MS - 500);
  b.kill();
  const rows = store.tableRows(STEPS);
  assertEquals(rows.length, 3);
  const again = sim.addNode({ name: "b", join: [a], front: FRONT, store });
  // Before anybody was met.
  assertEquals(counterOf(again).total, 16);
  assertEquals(counterOf(again).checkpoint, { total: 7, steps: 2 });
  assertEquals(answer(again, "tally")[0], "added 3");
  sim.settle();
  assertEquals(again.id, b.id);
  assertEquals(store.tableRows(STEPS), rows);
  assertEquals(records(again, "resumed"), [{ resumed: 16, kept: { total: 7, steps: 2 } }]);
  assertEquals(records(again, "add"), []);
  add(again, 4);
  sim.settle();
  assertEquals([counterOf(a).total, counterOf(again).total], [20, 20]);
  assertEquals(records(again, "add").length, 1);
});

Deno.test("work of a counter takes its time outside the core, says how far it is, and is answered", () => {
  const sim = network(), [a] = three(sim);
  add(a, 60);
  sim.settle();
  want(a, { do: "factor" });
  want(a, { do: "factor" });
  sim.pass(1);
  assertEquals(refusals(a), ["60 is being factored already"]);
  assertEquals(answer(a, "factoring"), ["60"]);
  sim.pass(FACTOR_MS - 100);
  assertEquals(records(a, "tried").length, 1);
  assertEquals(records(a, "factored"), []);
  sim.settle();
  assertEquals(records(a, "factored"), [{ factored: 60, factors: [2, 2, 3, 5] }]);
  assertEquals(answer(a, COUNTER, "factors"), ["factors 60 2 2 3 5"]);
  assertEquals(answer(a, "factoring"), []);
});

Deno.test("work of a counter that is cancelled says nothing more", () => {
  const sim = network(), [a] = three(sim);
  want(a, { do: "cancel" });
  want(a, { do: "factor", number: 91 });
  sim.pass(10);
  want(a, { do: "cancel" });
  // Another work begins before the cancelled one was told of.
  want(a, { do: "factor", number: 77 });
  sim.settle();
  assertEquals(refusals(a), ["nothing is being factored", "it was cancelled"]);
  assertEquals(records(a, "factored"), [{ factored: 77, factors: [7, 11] }]);
  assertEquals(records(a, "tried").length, 1);
});

Deno.test("a counter publishes itself: a reset brings all to 0", () => {
  const sim = network(), [a, b, c] = three(sim);
  add(a, 1_000, 1_000, 500);
  sim.settle();
  want(b, { do: "reset" });
  sim.settle();
  assertEquals([a, b, c].map((node) => counterOf(node).total), [0, 0, 0]);
  assertEquals(answer(c, COUNTER, b.id), [`${b.id} -2500`]);
});

Deno.test("a counter asks another one, also for all that it counted", () => {
  const sim = network(), [a, b, c] = three(sim);
  const numbers = Array.from({ length: 2_500 }, (_, at) => at % 7);
  add(b, ...numbers);
  sim.settle();
  const total = numbers.reduce((sum, one) => sum + one, 0);
  want(a, { do: "ask", of: b.id, within_ms: 10_000 });
  want(c, { do: "ask", of: b.id, within_ms: 10_000, all: true });
  want(c, { do: "ask", of: "zoe", within_ms: 10_000 });
  sim.settle();
  assertEquals(records(a, "of"), [{ of: b.id, total }]);
  assertEquals(records(c, "of"), [{ of: b.id, total, steps: 2_500, sum: total }]);
  assertEquals(refusals(c), ["nobody here is called zoe; rumor peers lists who is there"]);
  assertEquals([a, b, c].map(({ state }) => state.unicast.outgoing.size), [0, 0, 0]);
});

Deno.test("a question to a counter that does not answer is given up in time", () => {
  const sim = network(), [a, b, c] = three(sim);
  sim.partition([a], [b, c]);
  assert(5_000 < POST_MS_MAX);
  want(a, { do: "ask", of: b.id, within_ms: 5_000 });
  sim.pass(4_900);
  assertEquals(refusals(a), []);
  sim.pass(200);
  assertEquals(refusals(a).length, 1);
  assertEquals(counterOf(a).asked.size, 0);
});

Deno.test("a campaign with counters among its apps finds nothing", async () => {
  const apps = await campaignApps(MODULES), campaign = newCampaign();
  for (let seed = 1; seed <= 12; seed++) addResult(campaign, seed, runSeed(seed, apps));
  assertEquals(campaign.failures, []);
  const { factors_found, totals_told } = campaign.tally as Record<string, number>;
  assert(factors_found > 0 && totals_told > 0);
});
