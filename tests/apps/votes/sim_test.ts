/** Votes in simulated networks. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { askNode } from "../../../src/core/node.ts";
import { vote } from "./branch.ts";
import { bestHash, ends, hand, poll, tally, told } from "./poll.ts";

const NAMES = ["a", "b", "c", "d", "e"];

Deno.test("100 simultaneous votes of one id at five nodes count once", () => {
  const { sim, nodes } = poll(11, NAMES);
  for (let at = 0; at < 100; at++) hand(nodes[at % 5], vote("ann", `choice ${at}`));
  sim.pass(120_000);
  const [first, ...others] = nodes.map((node) => tally(node));
  assertEquals(first.map(([, count]) => count), ["1"]);
  for (const other of others) assertEquals(other, first);
  const all = nodes.flatMap(ends), refused = all.filter((why) => why !== null);
  assertEquals([all.length, refused.length], [100, 99]);
  for (const why of refused) {
    assertMatch(why, /^a vote of ann was cast already by \S{43} \([a-e]\)$/);
  }
  assertEquals(new Set(nodes.map(bestHash)).size, 1);
});

Deno.test("simultaneous votes of many ids at five nodes all count", () => {
  const { sim, nodes } = poll(12, NAMES);
  for (let at = 0; at < 100; at++) hand(nodes[at % 5], vote(`voter ${at}`, at % 3 ? "a" : "b"));
  sim.pass(120_000);
  for (const node of nodes) assertEquals(tally(node), [["a", "66"], ["b", "34"]]);
  assertEquals(nodes.flatMap(ends).filter((why) => why !== null), []);
});

Deno.test("votes that come at once through one node all count, however long their lines are", () => {
  const { sim, nodes } = poll(16, ["a", "b"]), [a, b] = nodes;
  const votes = Array.from({ length: 300 }, (_, at) => vote(`${at} ${"x".repeat(100)}`, "red"));
  a.publish("records", votes);
  sim.pass(120_000);
  for (const node of nodes) assertEquals(tally(node), [["red", "300"]]);
  assertEquals(told(b), []);
});

Deno.test("two sides of a cut that both vote end with one state, and every loser is told", () => {
  const { sim, nodes } = poll(13, ["a", "b", "c", "d"]), [a, b, c, d] = nodes;
  sim.partition([a, b], [c, d]);
  hand(a, vote("ann", "red"), 30);
  hand(c, vote("ann", "blue"), 30);
  hand(b, vote("ben", "red"));
  hand(d, vote("Ju\u0308rgen", "blue"));
  hand(b, { k: "election", election: "e", choices: ["left"] }, 30);
  hand(d, { k: "election", election: "e", choices: ["right"] }, 30);
  sim.pass(60_000);
  hand(a, vote("zoe", "left", "e"), 30);
  hand(c, vote("zoe", "right", "e"), 30);
  sim.pass(60_000);
  assertEquals(tally(a), [["red", "2"]]);
  assertEquals(tally(c), [["blue", "2"]]);
  sim.heal();
  sim.pass(300_000);
  assertEquals(new Set(nodes.map(bestHash)).size, 1);
  const left_wins = tally(a, "e")[0][0] === "left";
  for (const node of nodes) {
    const votes = left_wins ? [["red", "2"], ["blue", "1"]] : [["blue", "2"], ["red", "1"]];
    assertEquals(tally(node), votes);
    assertEquals(tally(node, "e"), [[left_wins ? "left" : "right", "1"]]);
  }
  // Of the two that signed in vain each was told, by stderr and as the one that waits, and nobody else.
  const [winner, loser] = left_wins ? [a, c] : [c, a], [opener, late] = left_wins ? [b, d] : [d, b];
  const by = `by ${winner.id} (${left_wins ? "a" : "c"})`;
  const ann = `a vote of ann was cast already ${by}`;
  const zoe = `a vote of zoe was cast already in e ${by}`;
  assertEquals(ends(loser).toSorted(), [ann, zoe].toSorted());
  const words = left_wins ? ["blue", "right"] : ["red", "left"];
  assertEquals(told(loser).toSorted(), [
    `the vote of ann for ${words[0]} does not count: ${ann}`,
    `the vote of zoe for ${words[1]} in e does not count: ${zoe}`,
  ]);
  const opened = `e was opened already by ${opener.id} (${left_wins ? "b" : "d"})`;
  assertEquals(told(late), [`the opening of e does not count: ${opened}`]);
  assertEquals(ends(late).toSorted(), [null, opened].toSorted());
  assertEquals([told(winner), told(opener)], [[], []]);
});

Deno.test("`votes_waiting` is said while a vote waits that has a place", () => {
  const { sim, nodes: [a, b] } = poll(14, ["a", "b"]);
  const waits = () => [a, b].map(({ state }) => askNode(state, "votes_waiting")!.length);
  assertEquals(waits(), [0, 0]);
  hand(a, { k: "data", text: "no vote" });
  hand(a, vote("ann", "red"));
  sim.run(() => waits()[1] === 1);
  sim.pass(120_000);
  assertEquals(waits(), [0, 0]);
  const [[choice, index, by]] = askNode(b.state, "vote", [" ", "ann "])!;
  assertEquals([choice, by], ["red", a.id]);
  assert(Number(index) >= 1);
  assertEquals(askNode(b.state, "vote", ["", "__proto__"]), []);
});

Deno.test("a node that follows no chain knows no votes", () => {
  const { sim, nodes: [a] } = poll(15, ["a"]), plain = sim.addNode({ name: "plain", join: [a] });
  sim.settle();
  hand(a, vote("ann", "red"));
  hand(plain, vote("ben", "red"));
  sim.pass(60_000);
  assertEquals(tally(a), [["red", "1"]]);
  assertEquals([tally(plain), askNode(plain.state, "votes_waiting")], [[], []]);
  assertEquals(ends(plain), ["this node follows no chain; rumor chain starts one that does"]);
});
