import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import fc from "fast-check";
import { GRAFT_MS, LAZY_MS } from "../../src/core/data/limits.ts";
import { isPeer } from "../../src/core/session/slice.ts";
import type { SpreadKind } from "../../src/core/data/config.ts";
import type { CarriedHandler } from "../../src/sim/cables.ts";
import { Dice } from "../../src/sim/dice.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { assertAgreement, assertOrder, assertPrintedOnce, Speaker } from "../helpers/agreement.ts";
import { check } from "../helpers/check.ts";
import { makeNetwork } from "../helpers/sim_network.ts";

const decoder = new TextDecoder();

/** A network of so many nodes, and how many copies of entries of chat it carried since last asked. */
function networkOf(count: number, spread: SpreadKind, seed = 1) {
  let copies = 0;
  const onCarried: CarriedHandler = (_from, _to, carried) => {
    if (carried.kind !== "line") return;
    if (decoder.decode(carried.bytes.subarray(0, 70)).includes('"t":"chat"')) copies++;
  };
  const sim = makeNetwork({ seed, spread, onCarried });
  while (sim.nodes.length < count) sim.addNode({ join: sim.nodes.slice(0, 1) });
  sim.settle();
  const takeCopies = () => {
    const taken = copies;
    copies = 0;
    return taken;
  };
  return { sim, takeCopies };
}

/** Each node says something, and then all wait until it is everywhere. */
function sayAll(sim: Network, nodes: readonly SimNode[], round: number): string[] {
  const said = nodes.map((node) => `${node.name} ${round}`);
  for (const [at, node] of nodes.entries()) sim.publish(node, "chat", [said[at]]);
  sim.settle();
  return said;
}

for (const spread of ["gossip", "tree"] as const) {
  Deno.test(`with ${spread}, whatever breaks, every line is printed once and causes come first`, () => {
    const property = fc.property(fc.integer(), (seed) => {
      const { sim } = networkOf(7, spread, seed);
      const dice = new Dice(seed);
      const speakers = sim.nodes.map((node) => new Speaker(sim, node));
      for (let step = 0; step < 60; step++) {
        const one = dice.pick(sim.nodes), other = dice.pick(sim.nodes);
        const what = dice.below(8);
        if (what === 0 && one !== other) sim.cut(one, other);
        else if (what === 1 && one !== other) sim.stall(one, other);
        else if (what === 2) sim.stall(one, other, false);
        else dice.pick(speakers).say();
        sim.pass(dice.pick([0, 1, 20, 400]));
      }
      for (const a of sim.nodes) for (const b of sim.nodes) sim.stall(a, b, false);
      sim.pass(60_000);
      assertPrintedOnce(sim, sim.nodes, speakers.flatMap(({ said }) => said));
      assertOrder(sim, sim.nodes);
      assertAgreement(sim.nodes);
    });
    check(property, 10);
  });
}

Deno.test("with a tree, each line is sent once to each node", () => {
  for (const count of [3, 8, 25]) {
    const { sim, takeCopies } = networkOf(count, "tree");
    // The first words of each node still find out who brings them sooner.
    sayAll(sim, sim.nodes, 0);
    sayAll(sim, sim.nodes, 1);
    takeCopies();
    const said = sayAll(sim, sim.nodes, 2);
    assertEquals(takeCopies(), said.length * (count - 1), `${count} nodes`);
    assertAgreement(sim.nodes);
  }
});

Deno.test("with gossip, fewer copies are sent than with flooding, and nobody misses anything", () => {
  const flood = networkOf(25, "flood"), gossip = networkOf(25, "gossip");
  for (const { sim, takeCopies } of [flood, gossip]) {
    takeCopies();
    sayAll(sim, sim.nodes, 1);
    assertAgreement(sim.nodes);
  }
  assertLess(gossip.takeCopies(), flood.takeCopies());
});

Deno.test("with a tree, half of the nodes may die at once, and the others hear everything", () => {
  const { sim, takeCopies } = networkOf(24, "tree");
  const said = sayAll(sim, sim.nodes, 0);
  const dice = new Dice(5);
  const rest = [...sim.nodes];
  // What is under way when they die must arrive, too.
  for (const node of sim.nodes) sim.publish(node, "chat", [`${node.name} under way`]);
  sim.pass(5);
  while (rest.length > 12) rest.splice(dice.below(rest.length), 1)[0].kill();
  for (const node of rest) said.push(`${node.name} under way`);
  sim.pass(30_000);
  for (const round of [1, 2]) said.push(...sayAll(sim, rest, round));
  takeCopies();
  said.push(...sayAll(sim, rest, 3));
  assertEquals(takeCopies(), 12 * 11);
  for (const node of rest) {
    const printed = new Set(sim.printed(node));
    assert(said.every((text) => printed.has(text)), node.name);
    assertEquals(printed.size, sim.printed(node).length, node.name);
  }
  assertAgreement(rest);
});

Deno.test("with a tree, a branch that brings nothing more, but is not cut, is replaced in time", () => {
  const { sim } = networkOf(4, "tree");
  for (const round of [0, 1, 2]) sayAll(sim, sim.nodes, round);
  const [first, ...others] = sim.nodes;
  const [node] = others.filter((one) =>
    [...one.state.session.links.values()].some(({ id, peer }) =>
      peer === first.id && one.state.broadcast.trees.get(first.id)?.source === id
    )
  );
  sim.stall(first, node);
  sim.publish(first, "chat", ["over another way"]);
  sim.pass(LAZY_MS + 2 * GRAFT_MS + 100);
  assertEquals(sim.printed(node).at(-1), "over another way");
  assertGreater(node.state.counts.get("grafts") ?? 0, 0);
  const { source } = node.state.broadcast.trees.get(first.id)!;
  assert(source !== null && isPeer(node.state.session.links.get(source)!));
});

Deno.test("with a tree, links that lose lines bring everything all the same", () => {
  const loss = { drop: 0, duplicate: 0, reorder: 0 };
  const sim = makeNetwork({ spread: "tree", loss });
  while (sim.nodes.length < 5) sim.addNode({ join: sim.nodes.slice(0, 1) });
  sim.pass(5_000);
  for (const round of [0, 1]) {
    for (const node of sim.nodes) sim.publish(node, "chat", [`${node.name} ${round}`]);
    sim.pass(5_000);
  }
  for (const { state } of sim.nodes) assertEquals(state.counts.get("pruned"), undefined);
  assertAgreement(sim.nodes);
});
