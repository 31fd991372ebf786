import { assert, assertEquals } from "@std/assert";
import {
  ACCUSALS_MAX,
  ACCUSED_PER_ITEM_MAX,
  ANSWER_PAUSE_MS,
  USUAL_TIMES,
} from "../../../../src/core/data/limits.ts";
import type { Json } from "../../../../src/core/types.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { CONFIG } from "../../../helpers/node_subject.ts";
import { Stage } from "../../../helpers/stage.ts";

const { suspect_ms } = USUAL_TIMES;
const [ANN, BOB, CYD] = ["ann", "bob", "cyd"].map(fakeId);
const SUSPECTS_ANN = ["suspect", [[ANN, 1]]] as const;
const FAILS_ANN = ["failed", [[ANN, 1]]] as const;

Deno.test("`missMember()` suspects a member whose link broke and whose address refuses", () => {
  const stage = new Stage("ann", "bob");
  assertEquals(stage.said, [[]]);
  stage.lose("ann");
  assertEquals(stage.stateOf(ANN), "alive");
  stage.pass(2_000);
  assert(stage.dialled.includes("ann:7000"));
  assertEquals([stage.stateOf(ANN), stage.said], ["suspect", [[], [SUSPECTS_ANN]]]);
});

Deno.test("`watchMembers()` declares a suspect failed once a second one misses it", () => {
  const stage = new Stage("ann", "bob", "cyd");
  stage.lose("ann");
  stage.pass(1_500);
  stage.say("bob", { suspect: [[ANN, 1]] });
  stage.pass(suspect_ms - 1_500);
  assertEquals(stage.stateOf(ANN), "suspect");
  stage.pass(4_000);
  assertEquals(stage.stateOf(ANN), "failed");
  assertEquals(stage.said.at(-1), [FAILS_ANN]);
  assert(!stage.node.membership.members.sorted.includes(ANN));
});

Deno.test("`watchMembers()` waits twice as long where nobody else misses the suspect", () => {
  const stage = new Stage("ann", "bob", "cyd");
  stage.lose("ann");
  stage.pass(2 * suspect_ms);
  assertEquals(stage.stateOf(ANN), "suspect");
  stage.pass(5_000);
  assertEquals(stage.stateOf(ANN), "failed");
});

Deno.test("`watchMembers()` needs nobody else in a network of two", () => {
  const stage = new Stage("ann");
  stage.lose("ann");
  stage.pass(suspect_ms + 3_500);
  assertEquals([stage.stateOf(ANN), stage.said.at(-1)], ["failed", [FAILS_ANN]]);
});

Deno.test("`takePresence()` takes any word of a suspect, or of who failed, for a sign of life", () => {
  const stage = new Stage("ann", "bob");
  stage.say("bob", { suspect: [[ANN, 1]] });
  assertEquals(stage.stateOf(ANN), "suspect");
  stage.say("ann");
  assertEquals(stage.stateOf(ANN), "alive");
  // What comes late says nothing of a newer word.
  stage.say("bob", { failed: [[ANN, 1]] });
  assertEquals(stage.stateOf(ANN), "alive");
  stage.say("bob", { failed: [[ANN, 2]] });
  assertEquals(stage.stateOf(ANN), "failed");
  stage.say("ann");
  stage.pass(3 * suspect_ms);
  assertEquals([stage.stateOf(ANN), stage.said], ["alive", [[]]]);
});

Deno.test("`watchMembers()` says nothing of a suspect that it is linked to, but asks it to speak", () => {
  const stage = new Stage("ann", "bob");
  stage.say("bob", { suspect: [[ANN, 1]] });
  stage.pass(4 * suspect_ms);
  assertEquals([stage.stateOf(ANN), stage.said], ["suspect", [[], [["seek", [ANN]]]]]);
  assertEquals(stage.node.membership.watched.size, 0);
});

Deno.test("`missMember()` does not suspect somebody for ever who lives, but cannot be dialled", () => {
  const stage = new Stage("ann", "bob");
  stage.lose("ann");
  for (let second = 0; second < 300; second++) {
    stage.pass(1_000);
    if (stage.stateOf(ANN) === "suspect") stage.say("ann");
  }
  assertEquals(stage.stateOf(ANN), "alive");
  const suspecting = stage.said.filter(([one]) => one?.[0] === "suspect");
  assertEquals(suspecting.length, ACCUSALS_MAX);
  assert(!stage.said.some(([one]) => one?.[0] === "failed"));
  // It still dials it now and then.
  const before = stage.dialled.length;
  stage.pass(60_000);
  assert(stage.dialled.length > before);
});

Deno.test("`missMember()` suspects again after there was a link", () => {
  const stage = new Stage("ann", "bob");
  for (let round = 1; round <= ACCUSALS_MAX + 2; round++) {
    stage.lose("ann");
    stage.pass(2_000);
    assertEquals([stage.stateOf(ANN), round], ["suspect", round]);
    stage.say("ann");
    stage.link("ann", 10 + round);
    stage.pass(100);
    assertEquals(stage.stateOf(ANN), "alive");
  }
});

Deno.test("`refute()` answers whoever misses this node with a new word, once", () => {
  const stage = new Stage("ann", "bob", "cyd");
  for (const name of ["ann", "bob", "cyd"]) stage.say(name, { suspect: [[CONFIG.id, 1]] });
  stage.pass(100);
  assertEquals(stage.said, [[], []]);
  // Nobody need hear again what was said since.
  stage.say("ann", { failed: [[CONFIG.id, 1]] });
  stage.pass(5_000);
  assertEquals(stage.said, [[], []]);
  assertEquals(stage.node.counts.get("answered-doubts"), 1);
  stage.say("ann", { failed: [[CONFIG.id, 2]] });
  stage.pass(100);
  assertEquals(stage.said.length, 3);
});

Deno.test("`takePresence()` believes no list that is too long or holds what is no id", () => {
  const stage = new Stage("ann", "bob");
  const long = Array(ACCUSED_PER_ITEM_MAX + 1).fill([BOB, 1]);
  stage.say("ann", { suspect: long });
  stage.say("ann", { failed: [["nobody", 1], [BOB, 0], [BOB], BOB, null, [BOB, 1.5]] });
  stage.say("ann", { failed: "all" });
  stage.say("ann", { suspect: [[CYD, 1]] });
  assertEquals([stage.stateOf(BOB), stage.node.membership.members.by_id.has(CYD)], [
    "alive",
    false,
  ]);
  stage.say("ann", { suspect: [["nobody", 1], [BOB, 1]] });
  assertEquals(stage.stateOf(BOB), "suspect");
});

Deno.test("`announce()` names many who are missed in several items", () => {
  const names = Array.from({ length: ACCUSED_PER_ITEM_MAX + 6 }, (_, at) => `n${at + 10}`);
  const stage = new Stage("ann", "bob");
  for (const name of names) stage.say(name);
  stage.pass(120_000);
  const missed = stage.said.flat().filter(([what]) => what === "suspect");
  const counts = missed.map(([, list]) => (list as Json[]).length);
  assert(counts.every((count) => count <= ACCUSED_PER_ITEM_MAX), counts.join(" "));
  assertEquals(
    new Set(missed.flatMap(([, list]) => (list as [string][]).map(([id]) => id))).size,
    names.length,
  );
  for (const name of names) assertEquals(stage.stateOf(fakeId(name)), "failed");
});

Deno.test("`takePresence()` takes a goodbye for no failure", () => {
  const stage = new Stage("ann", "bob");
  stage.say("ann", { left: true });
  stage.lose("ann");
  stage.pass(60_000);
  assertEquals([stage.stateOf(ANN), stage.said, stage.dialled], ["left", [[]], []]);
});

Deno.test("`missMember()` misses whoever was at the address that is now this node's", () => {
  const stage = new Stage("ann", "bob");
  stage.say("cyd", { address: "me:7000" });
  stage.pass(20_000);
  assertEquals([stage.stateOf(CYD), stage.dialled], ["failed", []]);
});

Deno.test("`takePresence()` remembers the name and address of whoever leaves", () => {
  const stage = new Stage("ann", "bob");
  stage.say("ann", { name: "Anna" });
  stage.say("ann", { address: "", left: true });
  const { name, address, state } = stage.node.membership.members.by_id.get(ANN)!;
  assertEquals([name, address, state], ["Anna", "ann:7000", "left"]);
});

Deno.test("`takePresence()` answers whoever seeks this node, at most once in a while", () => {
  const stage = new Stage("ann", "bob");
  const before = stage.said.length;
  for (const name of ["ann", "bob", "ann"]) stage.say(name, { seek: [CONFIG.id] });
  stage.pass(ANSWER_PAUSE_MS / 4);
  for (const name of ["ann", "bob", "ann"]) stage.say(name, { seek: [CONFIG.id] });
  stage.pass(ANSWER_PAUSE_MS / 4);
  assertEquals(stage.said.length, before + 1);
  stage.pass(3 * ANSWER_PAUSE_MS);
  assertEquals(stage.said.length, before + 2);
  stage.say("bob", { seek: [ANN] });
  stage.pass(3 * ANSWER_PAUSE_MS);
  assertEquals(stage.said.length, before + 2);
});
