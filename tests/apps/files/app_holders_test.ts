import { assert, assertEquals } from "@std/assert";
import {
  DIAL_PATIENCE_MS,
  HOLDERS_ALL_MAX,
  HOLDERS_MAX,
  PATIENCE_MS,
  WANT_AGAIN_MS,
  WRONG_MS,
} from "../../../src/apps/files/limits.ts";
import type { Id } from "../../../src/core/types.ts";
import { answerOf, type AppNode, assertIdle, Stage, stageOf } from "./app_stage.ts";
import { idAt } from "./search_stage.ts";
import { linkOf } from "./searching.ts";

const LINK = linkOf("report", 300);

/** Somebody shares the file of that link. */
function holds(node: AppNode, link = LINK): void {
  node.share(node.hands.put(`${link.slice(0, 4)}.pdf`, link));
}

/** Two nodes of which the first has it; the stage so far. */
function pair(): { stage: Stage; ann: AppNode; ben: AppNode } {
  const { stage, nodes: [ann, ben] } = stageOf("ann", "ben");
  holds(ann);
  stage.run();
  return { stage, ann, ben };
}

/** What an honest holder answers to a want. */
function way(link = LINK, others: readonly Id[] = []): Record<string, unknown> {
  const rest = { name: "it", is_directory: false, has: null, port: 0, token: "" };
  return { k: "way", link, ...rest, others };
}

Deno.test("who cannot be dialled is asked by messages, within what it answers at a time", () => {
  const { stage, ann, ben } = pair();
  stage.dials = () => "refused";
  ben.get(LINK);
  stage.pass(1_000);
  assertEquals(answerOf(ben).why, null);
  assertEquals(ben.done("ask"), []);
  const asked = ben.said("ask").map(({ item }) => item.count as number);
  assertEquals(asked.reduce((sum, count) => sum + count), 300 + 2 + 1);
  assertEquals(ann.sent.filter(({ bulk }) => bulk).length, asked.length);
  [ann, ben].forEach(assertIdle);
});

Deno.test("who is dialled and does not answer is asked by messages, until there is a connection", () => {
  const { stage, ann, ben } = pair();
  stage.dials = () => "silent";
  ben.get(LINK, { from: ann.id });
  stage.pass(DIAL_PATIENCE_MS - 1);
  assertEquals(ben.said("ask"), []);
  ann.hands.holds.add("read");
  stage.pass(1);
  const asked = ben.said("ask").length;
  assert(asked > 0);
  const [[tag]] = [...ben.state.jobs.entries()].filter(([, job]) => job.kind === "dial");
  ben.hands.connect(tag, ann.id);
  stage.run();
  assertEquals(answerOf(ben).why, null);
  assertEquals(ben.said("ask").length, asked);
  ann.hands.release();
  stage.run();
  assertIdle(ben);
});

Deno.test("a connection that breaks is made again, and what was asked for comes", () => {
  const { stage, ann, ben } = pair();
  ben.hands.holds.add("ask");
  ben.get(LINK, { from: ann.id });
  stage.run();
  for (let round = 0; round < 3; round++) {
    ben.hands.disconnect(ann.id);
    ben.hands.release();
    stage.run();
    assertEquals(ben.answers, []);
    // It says so unasked: nobody makes this node dial as often as he likes.
    for (let again = 0; again < 5; again++) ben.hear(ann.id, way());
    ben.hands.holds.add("ask");
    stage.pass(WANT_AGAIN_MS - 1);
    assertEquals(ben.done("dial").length, round + 1);
    stage.pass(1);
    assertEquals(ben.done("dial").length, round + 2);
  }
  ben.hands.release();
  stage.pass(PATIENCE_MS / 2);
  assertEquals(answerOf(ben).why, null);
  assertIdle(ben);
});

Deno.test("who does not answer is asked again, and who gets more of it tells", () => {
  const { stage, ann, ben } = pair();
  ann.hands.served.clear();
  ben.get(LINK, { from: ann.id, patience_ms: 10_000 });
  stage.pass(2 * WANT_AGAIN_MS);
  assertEquals([ben.said("want").length, ann.said("none").length], [3, 3]);
  holds(ann);
  stage.pass(WANT_AGAIN_MS);
  assertEquals(answerOf(ben).why, null);
  assertIdle(ben);
});

Deno.test("who sends something else is excluded and named once, and the others bring it", () => {
  for (const dials of ["direct", "refused"] as const) {
    const { stage, nodes: [ann, ben, cyd] } = stageOf("ann", "ben", "cyd");
    stage.dials = () => dials;
    [ann, cyd].forEach((node) => holds(node));
    cyd.hands.lies = true;
    stage.run();
    ben.get(LINK);
    stage.pass(5_000);
    assertEquals(answerOf(ben).why, null);
    const note = `${cyd.id} it sent what is not in this file`;
    assertEquals(ben.ask("notes", `get ${LINK}`, "0"), [[note]]);
    assertEquals(ben.tells, [note]);
    assertIdle(ben);
  }
});

Deno.test("where all send something else it is soon over, and over sooner the next time", () => {
  const { stage, ann, ben } = pair();
  ann.hands.lies = true;
  ben.get(LINK);
  stage.pass(WRONG_MS + 500);
  assertEquals(answerOf(ben).why, "what its holders send is something else");
  assertEquals(ben.ask("transfer", `get ${LINK}`)[0][0], "bad");
  const asks = ben.done("ask").length;
  ben.get(LINK, { directory: "/there" });
  stage.pass(WRONG_MS + 500);
  assertEquals(ben.answers.length, 2);
  assertEquals(ben.done("ask").length, asks);
  assertIdle(ben);
});

Deno.test("one transfer that ends does not cut off another of the same file", () => {
  for (const dials of ["direct", "refused"] as const) {
    const { stage, ann, ben } = pair();
    stage.dials = () => dials;
    ann.hands.holds.add("read");
    ben.hands.holds.add("ask");
    ben.get(LINK, { key: "one" });
    ben.want({ k: "get", key: "two", what: LINK, directory: "/there", patience_ms: 9_000 }, 2);
    stage.run();
    ben.tell({ kind: "gone", link: 1 });
    stage.run();
    assertEquals([...ben.state.holders.keys()], [ann.id]);
    if (dials === "direct") assertEquals([...ben.hands.connected.keys()], [ann.id]);
    ben.hands.release();
    ann.hands.release();
    stage.pass(5_000);
    assertEquals([...ben.hands.written.keys()], [`/there/${LINK.slice(0, 4)}.pdf`]);
    assertIdle(ben);
  }
});

Deno.test("those that a holder names are asked too: who is there, and no others", () => {
  const { stage, nodes: [ann, ben, cyd, dan] } = stageOf("ann", "ben", "cyd", "dan");
  stage.linked = (one, other) => one === ann || other === ann;
  [ann, cyd].forEach((node) => holds(node));
  stage.run();
  cyd.hear(dan.id, { k: "want", link: LINK });
  ann.hear(cyd.id, { k: "want", link: LINK });
  stage.run();
  ann.hands.holds.add("read");
  ben.get(LINK, { from: ann.id });
  stage.pass(1_000);
  assertEquals(ben.said("want").map(({ to }) => to), [ann.id, cyd.id, dan.id]);
  assertEquals(ben.said("search"), []);
  assertEquals(answerOf(ben).why, null);
  const strange = idAt(7), more = linkOf("more");
  ben.get(more, { from: ann.id });
  ben.hear(ann.id, way(more, [strange]));
  assertEquals(ben.said("want").filter(({ to }) => to === strange), []);
});

Deno.test("a liar that names others keeps nobody out, and makes no more noise than a few wants", () => {
  const { stage, ann, ben } = pair();
  const strangers = Array.from({ length: 400 }, (_, at) => idAt(at)), liar = strangers[0];
  stage.strangers.push(...strangers);
  ben.get(LINK, { from: liar, patience_ms: 40_000 });
  const names = (from: number) => way(LINK, strangers.slice(from, from + 20));
  ben.hear(liar, names(1));
  for (let at = 20; at < 380; at += 20) ben.hear(liar, names(at));
  assertEquals(ben.said("want").length, 1 + 20);
  for (const other of strangers.slice(1, 13)) ben.hear(other, names(100));
  assertEquals(ben.said("want").length, HOLDERS_MAX);
  stage.pass(WANT_AGAIN_MS);
  // Now somebody else is heard of: who did not answer gives way.
  ben.hear(strangers[13], way(LINK, [ann.id]));
  stage.pass(20_000);
  assertEquals(answerOf(ben).why, null);
  assertIdle(ben);
});

Deno.test("more holders than there is room for give way to others only if they answered nothing", () => {
  const { stage, nodes: [ben] } = stageOf("ben");
  const ids = Array.from({ length: HOLDERS_ALL_MAX + 1 }, (_, at) => idAt(at)),
    all = ids.slice(0, -1);
  stage.strangers.push(...ids);
  for (const [at, id] of all.entries()) {
    const link = linkOf(`${Math.floor(at / HOLDERS_MAX)}`);
    if (at % HOLDERS_MAX === 0) ben.get(link, { from: id, patience_ms: 90_000 });
    const first = all[at - at % HOLDERS_MAX];
    if (at % HOLDERS_MAX < 2) {
      ben.hear(at % HOLDERS_MAX === 0 ? first : id, way(link, all.slice(at + 1, at + 21)));
    }
  }
  const known = () => [...ben.state.holders.keys()];
  const before = known().length;
  assert(before <= HOLDERS_ALL_MAX);
  ben.get(linkOf("last"), { from: ids.at(-1)! });
  assertEquals(known().length, Math.min(before + 1, HOLDERS_ALL_MAX));
});
