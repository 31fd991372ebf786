/** Names in simulated networks, with real hashes. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { CHAIN } from "../../../src/apps/chain/options.ts";
import { claimOf } from "../../../src/apps/names/claims.ts";
import { askNode } from "../../../src/core/node.ts";
import type { Json } from "../../../src/core/types.ts";
import type { SimNode } from "../../../src/sim/sim_node.ts";
import { chainNetwork, follower, refusals, told } from "../chain/sim_network.ts";

function claim(node: SimNode, name: string, link: string, depth = 1): void {
  node.request(CHAIN, { item: claimOf(name, link) as Json, depth });
}

/** What all say of a name; fails where they differ. */
function owner(nodes: readonly SimNode[], name: string): readonly string[] {
  const [first, ...others] = nodes.map((node) => askNode(node.state, "name", [name]));
  for (const other of others) assertEquals(other, first);
  return first![0];
}

Deno.test("a cut and a heal leave each name one owner, and the loser is told who that is", () => {
  const sim = chainNetwork(3);
  const nodes = ["ann", "ben", "cyd", "dan"].map((name, at) =>
    sim.addNode({
      name,
      join: at === 0 ? [] : [sim.nodes[0]],
      front: follower().front,
      config: { ...follower().config, name },
    })
  );
  const [ann, ben, cyd, dan] = nodes;
  const plain = sim.addNode({ name: "plain", join: [ann] });
  sim.settle();
  sim.partition([ann, ben], [cyd, dan, plain]);
  claim(ann, "rome", "left", 30);
  claim(cyd, "rome", "right", 30);
  claim(ben, "oslo", "left");
  claim(dan, "bern", "right");
  sim.pass(20_000);
  assertEquals(owner([ann, ben], "rome").slice(1, 4), ["left", ann.id, "ann"]);
  assertEquals(owner([cyd, dan], "rome").slice(1, 4), ["right", cyd.id, "cyd"]);
  sim.heal();
  sim.pass(120_000);
  const [, link, id, name] = owner(nodes, "rome");
  const loser = id === ann.id ? cyd : ann;
  assert(loser.id !== id);
  const why = `the name rome has been claimed for ${link} by ${id} (${name})`;
  assertEquals(refusals(loser), [why]);
  for (const node of nodes) {
    const losses = told(node).filter((text) => !text.startsWith("rewind "));
    const loss = `the claim of the name rome does not count: ${why}`;
    assertEquals(losses, node === loser ? [loss] : []);
    if (node !== loser) assertEquals(refusals(node), []);
  }
  // What nobody else claimed came back by itself.
  assertEquals(owner(nodes, "oslo").slice(1, 3), ["left", ben.id]);
  assertEquals(owner(nodes, "bern").slice(1, 3), ["right", dan.id]);
  const all = askNode(ann.state, "names")!;
  assertEquals(all.map(([name]) => name), ["bern", "oslo", "rome"]);
  for (const row of all) assertMatch(row[4], /^\d+$/);
  for (const question of ["name", "names"]) {
    assertEquals(askNode(plain.state, question, ["rome"]), []);
  }
});

Deno.test("of claims at the same time one counts, and the others are told at once", () => {
  const sim = chainNetwork(4);
  const nodes = [..."abcde"].map((name, at) =>
    sim.addNode({ name, join: at === 0 ? [] : [sim.nodes[0]], ...follower() })
  );
  sim.settle();
  for (const node of nodes) for (const link of ["x", "y"]) claim(node, "rome", link);
  sim.pass(20_000);
  const [, , id] = owner(nodes, "rome");
  // One block deep, another may have counted for a moment; whoever lost is told once all the same.
  const losses = nodes.flatMap(told).filter((text) => !text.startsWith("rewind "));
  assertEquals(losses.length, 9, losses.join("\n"));
  assert(losses.some((text) => text.includes(` by ${id}`)));
  const why = "the name rome has been claimed for ";
  for (const text of [...nodes.flatMap(refusals), ...losses]) assert(text.includes(why), text);
});
