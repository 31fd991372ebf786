/** All apps on the chain at once, on two sides of a cut. */

import { assert, assertEquals } from "@std/assert";
import type { Json } from "../../../src/core/types.ts";
import { CHAIN } from "../../../src/apps/chain/options.ts";
import { askNode } from "../../../src/core/node.ts";
import type { SimNode } from "../../../src/sim/sim_node.ts";
import { chainNetwork, follower, refusals, stateOf, told } from "./sim_network.ts";

function record(node: SimNode, item: { readonly [key: string]: Json }): void {
  node.request(CHAIN, { item, depth: 1 });
}

function pay(node: SimNode, to: SimNode, amount: number, id: string): void {
  node.request("strict", {
    item: { k: "pay", from: "me", to: to.id, amount, id },
    depth: 1,
  });
}

/** What a node answers of all apps. */
function allOf({ state }: SimNode): unknown {
  return [["votes"], ["names"], ["strict"], ["blocks", "1"]].map(([question, ...args]) =>
    askNode(state, question, args)
  );
}

Deno.test("two sides that both mine, vote, claim and spend end with one state, and losers are told", () => {
  const sim = chainNetwork(11);
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name, at) =>
    sim.addNode({ name, join: at === 0 ? [] : [sim.nodes[0]], ...follower() })
  );
  sim.settle();
  a.request("strict", { item: { k: "issue", to: "me", amount: 100, id: "i" }, depth: 1 });
  sim.pass(20_000);
  pay(a, c, 40, "start");
  sim.pass(60_000);
  sim.partition([a, b], [c, d]);
  for (const [node, other, choice] of [[a, b, "red"], [c, d, "blue"]] as const) {
    record(node, { k: "vote", voter: "ann", choice });
    record(other, { k: "vote", voter: `of ${choice}`, choice });
    record(node, { k: "name", name: "rome", link: choice });
    pay(node, other, 30, "spent");
  }
  sim.pass(40_000);
  assert(JSON.stringify(allOf(a)) !== JSON.stringify(allOf(c)));
  sim.heal();
  sim.pass(300_000);
  for (const node of [b, c, d]) assertEquals(allOf(node), allOf(a));
  const [votes, names, balances] = allOf(a) as string[][][];
  const [[, link, owner]] = names;
  const [winner, loser] = owner === a.id ? [a, c] : [c, a];
  assertEquals(link, winner === a ? "red" : "blue");
  // What nobody disputes came back: both payments, and the votes of others.
  const has = new Map(balances.map(([account, amount]) => [account, amount]));
  const all = [[a.id, "30"], [b.id, "30"], [c.id, "10"], [d.id, "30"]];
  for (const [account, amount] of all) assertEquals(has.get(account), amount);
  assertEquals(votes, [[link, "2"], [link === "red" ? "blue" : "red", "1"]]);
  const losses = (node: SimNode) => told(node).filter((text) => !text.startsWith("rewind "));
  for (const node of [winner, b, d]) assertEquals([losses(node), refusals(node)], [[], []]);
  const [vote, name] = losses(loser).toSorted().reverse();
  assertEquals(losses(loser).length, 2);
  assert(vote.includes("ann") && name.includes("rome"), losses(loser).join("\n"));
  assertEquals(stateOf(loser).waits, []);
});
