/** The strict ledger in simulated networks. */

import { assert, assertEquals } from "@std/assert";
import { LAPSE_BLOCKS } from "../../../src/apps/strict/strict.ts";
import { askNode } from "../../../src/core/node.ts";
import type { SimNode } from "../../../src/sim/sim_node.ts";
import {
  balanceAt,
  doneCount,
  follower,
  ledgerText,
  network,
  printed,
  refusals,
  told,
  treeOf,
  want,
} from "./simulated.ts";

function assertAgree(nodes: readonly SimNode[]): void {
  const [first] = nodes;
  for (const node of nodes) {
    assertEquals(treeOf(node).best.hash, treeOf(first).best.hash);
    assertEquals(ledgerText(node), ledgerText(first));
  }
}

Deno.test("payments move what was issued, at all nodes alike", () => {
  const sim = network();
  const a = sim.addNode({ name: "a", ...follower() });
  const b = sim.addNode({ name: "b", join: [a], ...follower({ mine: "never" }) });
  const plain = sim.addNode({ name: "plain", join: [a] });
  sim.settle();
  want(a, { k: "issue", to: "me", amount: 10, id: "i" });
  sim.pass(30_000);
  // The second is covered by the first, which waits before it; the third is by nothing.
  want(a, { k: "pay", from: "me", to: "me/tea", amount: 4, id: "1" }, 3);
  want(a, { k: "pay", from: "me/tea", to: b.id, amount: 4, id: "2" }, 3);
  want(a, { k: "pay", from: "me", to: b.id, amount: 7, id: "3" }, 3);
  sim.pass(1);
  assertEquals(refusals(a), [`${a.id} has 6, not 7`]);
  sim.pass(120_000);
  assertEquals([doneCount(a), refusals(a).length], [3, 1]);
  assertAgree([a, b]);
  assertEquals([a.id, `${a.id}/tea`, b.id].map((account) => balanceAt(b, account)), [6, 0, 4]);
  const lines = [
    `i issued ${a.id} 10`,
    `1 ${a.id} ${a.id}/tea 4`,
    `2 ${a.id}/tea ${b.id} 4`,
  ];
  for (const node of [a, b]) assertEquals(printed(node), lines);
  assertEquals(askNode(b.state, "strict"), [[a.id, "6"], [`${a.id}/tea`, "0"], [b.id, "4"]].sort());
  assertEquals(askNode(b.state, "strict", ["me", "me/x", "nobody"]), [[b.id, "4"], [
    `${b.id}/x`,
    "0",
  ]]);
  assertEquals(askNode(plain.state, "strict"), []);
  want(plain, { k: "pay", from: "me", to: b.id, amount: 1 });
  sim.pass(1_000);
  assertEquals(refusals(plain), ["this node follows no chain; rumor chain starts one that does"]);
});

Deno.test("the same payment of an id counts once, another is refused, and ids that are made differ", () => {
  const sim = network(2);
  const a = sim.addNode({ name: "a", ...follower() });
  const again = { k: "pay", from: "me", to: "me/x", amount: 1, id: "\u00e4" };
  const made = { k: "pay", from: "me", to: "me/y", amount: 1 };
  want(a, { k: "issue", to: "me", amount: 10 });
  sim.pass(30_000);
  // Twice in one moment, while it waits, and when it counts; an id is the same however it is spelled.
  want(a, again);
  want(a, { ...again, id: "a\u0308" });
  for (let i = 0; i < 3; i++) want(a, made);
  sim.pass(100);
  want(a, again);
  want(a, { ...again, amount: 2 });
  sim.pass(60_000);
  want(a, again);
  want(a, { ...again, to: "me/z" });
  want(a, { k: "issue", to: "me/x", amount: 1, id: "\u00e4" });
  sim.pass(60_000);
  const used = `the id \u00e4 is used already for ${a.id} ${a.id}/x 1`;
  assertEquals(refusals(a), [used, used, used]);
  assertEquals(doneCount(a), 8);
  assertEquals(["/x", "/y", "/z"].map((name) => balanceAt(a, a.id + name)), [1, 3, 0]);
  assertEquals(told(a), []);
});

Deno.test("a payment that waits for one before it may be tried again, and counts once", () => {
  const sim = network(6);
  const a = sim.addNode({ name: "a", ...follower({ mine: "never" }) });
  const b = sim.addNode({ name: "b", join: [a], ...follower({ mine: "never" }) });
  sim.settle();
  want(a, { k: "issue", to: "me", amount: 10 });
  const chained = { k: "pay", from: "me", to: "me/x", amount: 10, id: "1" };
  for (let time = 0; time < 3; time++) {
    want(a, chained);
    sim.pass(1_000);
  }
  assertEquals(refusals(a), []);
  sim.addNode({ name: "c", join: [b], ...follower() });
  sim.pass(120_000);
  assertEquals([doneCount(a), refusals(a), told(a)], [4, [], []]);
  assertEquals(balanceAt(b, `${a.id}/x`), 10);
});

Deno.test("a key that spends the same money on two sides of a cut spends it once", () => {
  const sim = network(3), store = sim.newStore();
  const a = sim.addNode({ name: "a", ...follower() }), { id: key } = a;
  const b = sim.addNode({ name: "b", join: [a], ...follower() });
  const c = sim.addNode({ name: "c", join: [a, b], ...follower() });
  sim.settle();
  want(a, { k: "issue", to: "me", amount: 10, id: "i" });
  sim.pass(90_000);
  sim.partition([a, b], [c]);
  // Another node of the same key, as of an old disk.
  store.key = "a";
  const twin = sim.addNode({ name: "twin", store, join: [c], ...follower() });
  sim.partition([a, b], [c, twin]);
  sim.pass(20_000);
  want(a, { k: "pay", from: "me", to: b.id, amount: 10, id: "left" }, 40);
  want(twin, { k: "pay", from: "me", to: c.id, amount: 10, id: "right" }, 40);
  sim.pass(60_000);
  assertEquals([balanceAt(b, b.id), balanceAt(c, c.id)], [10, 10]);
  sim.heal();
  sim.pass(10_000);
  // Nothing more is taken of the key that signed twice, its last blocks neither: they come as parents.
  b.request("chain", { item: { k: "data", text: "whoever goes on" }, depth: 1 });
  sim.pass(1_200_000);
  assertAgree([b, c]);
  const left = balanceAt(b, b.id), right = balanceAt(b, c.id);
  assertEquals([left + right, left * right, balanceAt(b, key)], [10, 0, 0]);
  const loser = left === 0 ? b : c, [id, to] = left === 0 ? ["left", b.id] : ["right", c.id];
  assert(printed(loser).includes(`taken back ${id} ${key} ${to} 10`), printed(loser).join("\n"));
  const winner = left === 0 ? c : b;
  assertEquals(printed(winner).filter((line) => line.startsWith("taken back")), []);
  // Whoever waits is told when it lapses, and not before.
  const waiting = left === 0 ? a : twin;
  assertEquals(refusals(waiting), [`it lapsed ${LAPSE_BLOCKS} blocks after it was made`]);
});

Deno.test("two sides of a cut that both issue and pay end with one issuer, and every loser is told", () => {
  const sim = network(4);
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name, at) =>
    sim.addNode({ name, join: at === 0 ? [] : [sim.nodes[0]], ...follower() })
  );
  sim.settle();
  sim.partition([a, b], [c, d]);
  for (const [issuer, other] of [[a, b], [c, d]]) {
    want(issuer, { k: "issue", to: other.id, amount: 10, id: "i" }, 30);
    sim.pass(30_000);
    want(other, { k: "pay", from: "me", to: issuer.id, amount: 3, id: "p" }, 30);
  }
  sim.pass(30_000);
  assertEquals([balanceAt(a, a.id), balanceAt(c, c.id)], [3, 3]);
  sim.heal();
  sim.pass(1_200_000);
  const nodes = [a, b, c, d];
  assertAgree(nodes);
  const [[winner, rich], [loser, poor]] = balanceAt(a, a.id) === 3
    ? [[a, b], [c, d]]
    : [[c, d], [a, b]];
  assertEquals(nodes.map((node) => balanceAt(a, node.id)).toSorted(), [0, 0, 3, 7]);
  const lapsed = `it lapsed ${LAPSE_BLOCKS} blocks after it was made`;
  assertEquals([refusals(winner), refusals(rich)], [[], []]);
  assertEquals([told(winner), told(rich)], [[], []]);
  assertEquals(refusals(loser), [`all money is issued by ${winner.id}`]);
  assertEquals(told(loser), [
    `the payment i (issued ${poor.id} 10) does not count: all money is issued by ${winner.id}`,
  ]);
  assertEquals(refusals(poor), [lapsed]);
  assertEquals(told(poor), [
    `the payment p (${poor.id} ${loser.id} 3) does not count: ${lapsed}`,
  ]);
  for (const node of [loser, poor]) {
    assertEquals(printed(node), [
      `i issued ${poor.id} 10`,
      `p ${poor.id} ${loser.id} 3`,
      `taken back p ${poor.id} ${loser.id} 3`,
      `taken back i issued ${poor.id} 10`,
      `i issued ${rich.id} 10`,
      `p ${rich.id} ${winner.id} 3`,
    ]);
  }
  for (const node of [winner, rich]) assertEquals(printed(node).length, 2);
  // Blocks were mined until the payment lapsed, and then no more.
  const { index } = treeOf(a).best.block;
  sim.pass(600_000);
  assertEquals(treeOf(a).best.block.index, index);
});

Deno.test("a payment that lost its money is paid when money comes in time", () => {
  const sim = network(5);
  const a = sim.addNode({ name: "a", ...follower() });
  const b = sim.addNode({ name: "b", join: [a], ...follower() });
  sim.settle();
  sim.partition([a], [b]);
  want(a, { k: "issue", to: "me", amount: 5, id: "i" }, 20);
  want(b, { k: "issue", to: "me", amount: 5, id: "i" }, 20);
  sim.pass(60_000);
  want(a, { k: "pay", from: "me", to: "me/x", amount: 5, id: "p" }, 20);
  want(b, { k: "pay", from: "me", to: "me/x", amount: 5, id: "p" }, 20);
  sim.pass(20_000);
  sim.heal();
  sim.pass(30_000);
  const [winner, loser] = balanceAt(a, `${a.id}/x`) === 5 ? [a, b] : [b, a];
  assertEquals(balanceAt(loser, `${loser.id}/x`), 0);
  want(winner, { k: "issue", to: loser.id, amount: 5, id: "late" });
  sim.pass(300_000);
  assertAgree([a, b]);
  assertEquals(balanceAt(winner, `${loser.id}/x`), 5);
  assertEquals(refusals(loser), [`all money is issued by ${winner.id}`]);
  assertEquals(told(loser).length, 1);
});
