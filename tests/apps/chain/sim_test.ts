/** The chain in simulated networks, with real hashes. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { CHAIN } from "../../../src/apps/chain/options.ts";
import { askNode } from "../../../src/core/node.ts";
import {
  add,
  chainNetwork as network,
  follower,
  refusals,
  stateOf,
  texts,
  told,
} from "./sim_network.ts";

Deno.test("nodes that follow the chain order records alike, and rest when they are deep", () => {
  const sim = network();
  const a = sim.addNode({ name: "a", ...follower() });
  const b = sim.addNode({ name: "b", join: [a], ...follower() });
  const c = sim.addNode({ name: "c", join: [a], ...follower({ mine: "never" }) });
  const plain = sim.addNode({ name: "plain", join: [a] });
  sim.settle();
  add(a, "one");
  add(b, "two");
  sim.pass(120_000);
  const { best } = stateOf(a).tree!;
  assert(best.block.index >= 6, `${best.block.index} blocks`);
  for (const node of [b, c]) assertEquals(stateOf(node).tree!.best.hash, best.hash);
  assertEquals(texts(c).toSorted(), ["one", "two"]);
  assertEquals([a, b].map((node) => stateOf(node).mining), [null, null]);
  assertEquals(plain.state.host.states.get(CHAIN), null);
  assertEquals(askNode(plain.state, CHAIN), []);
  add(plain, "three");
  sim.pass(100);
  const refused = plain.notices.flatMap((one) => one.kind === "refused" ? [one.why] : []);
  assertEquals(refused, ["this node follows no chain; rumor chain starts one that does"]);
});

Deno.test("two sides of a cut that both mine end with one branch, and the loser is told", () => {
  const sim = network(2);
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name, at) =>
    sim.addNode({ name, join: at === 0 ? [] : [sim.nodes[0]], ...follower() })
  );
  sim.settle();
  sim.partition([a, b], [c, d]);
  add(a, "mine", 30, "x");
  add(c, "no, mine", 30, "x");
  add(b, "left");
  add(d, "right");
  sim.pass(60_000);
  assertEquals([texts(a).length, texts(c).length], [2, 2]);
  sim.heal();
  sim.pass(300_000);
  const nodes = [a, b, c, d], [best] = nodes.map((node) => stateOf(node).tree!.best.hash);
  for (const node of nodes) assertEquals(stateOf(node).tree!.best.hash, best);
  const all = texts(a).toSorted() as string[];
  assertEquals(all.filter((text) => text === "left" || text === "right"), ["left", "right"]);
  assertEquals(all.length, 3);
  const loser = all.includes("mine") ? c : a;
  assertEquals(refusals(loser), ["the id x is used already"]);
  const isRewind = (text: string) => /^rewind \d+$/.test(text);
  assert(nodes.flatMap(told).filter(isRewind).length >= 2);
  // The user of the node that signed it is told, too, and nobody else.
  for (const node of nodes) {
    const others = told(node).filter((text) => !isRewind(text));
    const loss = "the text x does not count: the id x is used already";
    assertEquals(others, node === loser ? [loss] : []);
  }
});

Deno.test("who waits for the newest chain is told when all have it that neighbours know of", () => {
  const sim = network(5);
  const a = sim.addNode({ name: "a", ...follower() });
  sim.settle();
  add(a, "one");
  sim.pass(60_000);
  const b = sim.addNode({ name: "b", join: [a], ...follower({ mine: "never" }) });
  const c = sim.addNode({ name: "c", join: [a] });
  sim.pass(1_000);
  const best = stateOf(a).tree!.best.hash;
  assertNotEquals(stateOf(b).tree!.best.block.index, 0);
  b.request(CHAIN, { newest: true });
  sim.pass(1_000);
  assertEquals(b.notices.filter(({ kind }) => kind === "done").length, 1);
  assertEquals(stateOf(b).tree!.best.hash, best);
  assertEquals(stateOf(b).catching, []);
  // Who follows no chain says so.
  c.request(CHAIN, { newest: true });
  sim.pass(1_000);
  assertEquals(refusals(c).length, 1);
});

Deno.test("a late joiner gets the chain, whoever mined it and is gone", () => {
  const sim = network(3);
  const a = sim.addNode({ name: "a", ...follower() });
  const b = sim.addNode({ name: "b", join: [a], ...follower({ mine: "never" }) });
  sim.settle();
  for (const text of ["1", "2", "3"]) {
    add(a, text);
    sim.pass(10_000);
  }
  a.kill();
  const c = sim.addNode({ name: "c", join: [b], ...follower({ mine: "never" }) });
  sim.pass(30_000);
  assertEquals(texts(c), ["1", "2", "3"]);
  assertEquals(stateOf(c).tree!.best.hash, stateOf(b).tree!.best.hash);
  assertEquals(askNode(c.state, "blocks", ["1"])!.length, stateOf(b).tree!.best.block.index);
});

Deno.test("networks whose rules differ order nothing of each other", () => {
  const sim = network(4);
  const a = sim.addNode({ name: "a", ...follower() });
  const b = sim.addNode({
    name: "b",
    join: [a],
    ...follower({ block_time_ms: 1_000, mine: "never" }),
  });
  sim.settle();
  add(a, "one");
  sim.pass(60_000);
  assertEquals(texts(a), ["one"]);
  assertEquals(stateOf(b).tree!.best.block.index, 0);
});
