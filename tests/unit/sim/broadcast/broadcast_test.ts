import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { simulateBroadcast } from "../../../../src/sim/broadcast/broadcast.ts";
import type { BroadcastOptions } from "../../../../src/sim/broadcast/options.ts";
import { summarize } from "../../../../src/sim/broadcast/summary.ts";
import { makeGraph } from "../../../../src/sim/graph.ts";

const OPTIONS: BroadcastOptions = {
  nodes: 100,
  overlay: "fingers",
  spread: "tree",
  latency_ms: [10, 50],
  loss: 0,
  kill: 0,
  seed: 1,
  rounds: 4,
  senders: "one",
};

/** Options for a network with just these links, on which everything takes equally long. */
function linked(pairs: readonly (readonly [number, number])[]): BroadcastOptions {
  const nodes = Math.max(...pairs.flat()) + 1;
  return {
    ...OPTIONS,
    nodes,
    latency_ms: [10, 10],
    drawn: { ids: [], graph: makeGraph(nodes, pairs) },
  };
}

function ringOf(nodes: number): BroadcastOptions {
  return linked(Array.from({ length: nodes }, (_, node) => [node, (node + 1) % nodes]));
}

function allLinked(nodes: number): BroadcastOptions {
  const all = Array.from({ length: nodes }, (_, node) => node);
  return linked(all.flatMap((a) => all.slice(a + 1).map((b) => [a, b] as const)));
}

Deno.test("flooding a ring takes n messages, or n + 1 where two meet on a link", () => {
  for (const nodes of [3, 4, 5, 8, 9]) {
    const { deliveries, measured } = simulateBroadcast({ ...ringOf(nodes), spread: "flood" });
    const payloads = nodes + nodes % 2;
    for (const one of deliveries) {
      assertEquals([one.reached, one.payloads, one.last_hop], [nodes, payloads, nodes >> 1]);
      assertEquals(one.last_ms, 10 * (nodes >> 1));
    }
    // Each is acknowledged once.
    assertEquals(measured, { payload: 4 * payloads, have: 4 * payloads, prune: 0, graft: 0 });
  }
});

Deno.test("a tree takes n - 1 messages once it stands", () => {
  for (const options of [allLinked(3), allLinked(6), ringOf(3), ringOf(8), ringOf(9)]) {
    for (const senders of ["one", "many", "all"] as const) {
      const { deliveries } = simulateBroadcast({ ...options, senders });
      for (const one of deliveries) {
        assertEquals([one.reached, one.payloads, one.rmr], [options.nodes, options.nodes - 1, 0]);
      }
    }
  }
});

Deno.test("a tree where all are linked is a star", () => {
  const { deliveries } = simulateBroadcast({ ...allLinked(6), latency_ms: [10, 50] });
  for (const { last_hop } of deliveries) assertEquals(last_hop, 1);
});

Deno.test("the first entry floods, and prunes what is not part of the tree", () => {
  const { warm_up } = simulateBroadcast(allLinked(3));
  // Two from the sender, and one each way between the others, who both ask for quiet.
  assertEquals(warm_up, { payload: 4, have: 4, prune: 2, graft: 0 });
});

Deno.test("a chain that gossips comes to its end", () => {
  const { deliveries } = simulateBroadcast({
    ...linked([[0, 1], [1, 2], [2, 3]]),
    spread: "gossip",
  });
  for (const { reached, payloads } of deliveries) assertEquals([reached, payloads], [4, 3]);
});

Deno.test("`simulateBroadcast()` gives the same report for the same seed", () => {
  for (const spread of ["flood", "gossip", "tree"] as const) {
    const options = { ...OPTIONS, spread, loss: 0.05, kill: 0.3, nodes: 60 };
    const report = simulateBroadcast(options);
    assertEquals(simulateBroadcast(options), report);
    assertNotEquals(simulateBroadcast({ ...options, seed: 2 }).deliveries, report.deliveries);
  }
});

Deno.test("every node gets every entry although messages get lost", () => {
  for (const spread of ["flood", "gossip", "tree"] as const) {
    const report = simulateBroadcast({ ...OPTIONS, spread, loss: 0.2, rounds: 10 });
    assertEquals(summarize(report).missed, 0, spread);
  }
});

Deno.test("the survivors of a kill get every entry, soon from what is left of the tree", () => {
  const report = simulateBroadcast({ ...OPTIONS, nodes: 300, kill: 0.4, rounds: 12 });
  assertEquals([report.killed, report.kill_round], [120, 6]);
  assertEquals(summarize(report).missed, 0);
  const after = report.deliveries.filter(({ after_kill }) => after_kill);
  for (const { alive, reached_soon } of after) assertEquals([alive, reached_soon], [180, 180]);
  // The links of the survivors flood once, and are pruned to a tree again.
  assertEquals(after.at(-1)!.rmr, 0);
});

Deno.test("the survivors of a kill of nearly all get every entry once they are linked again", () => {
  const report = simulateBroadcast({ ...OPTIONS, nodes: 300, kill: 0.9, rounds: 12 });
  assertEquals(summarize(report).missed, 0);
  assert(report.deliveries.some(({ reached, reached_soon }) => reached_soon < reached));
});

Deno.test("`summarize()` counts what it says", () => {
  const { deliveries, ...report } = simulateBroadcast({ ...allLinked(3), rounds: 2 });
  const [one, two] = deliveries;
  const worse = { ...two, reached: 2, rmr: 1, last_hop: 3, last_ms: 70 };
  const summary = summarize({ ...report, deliveries: [one, worse] });
  assertEquals([summary.reliability, summary.missed], [3 / 4, 1]);
  assertEquals([summary.rmr, summary.rmr_max], [0.5, 1]);
  assertEquals([summary.last_hop, summary.last_hop_max], [2, 3]);
  assertEquals([summary.last_ms_median, summary.last_ms_p99, summary.last_ms_max], [10, 70, 70]);
  assertEquals(summary.payloads_per_delivery, 4 / 3);
});
