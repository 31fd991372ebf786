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

Deno.test("who was lost is asked again soon, though nothing was under way", () => {
  const { stage, ann, ben } = pair();
  ann.hands.served.clear();
  ben.get(LINK, { from: ann.id });
  ben.hear(ann.id, { ...way(), has: [], port: 1 });
  stage.pass(1.5 * WANT_AGAIN_MS);
  assertEquals([ben.said("want").length, ben.done("ask").length], [1, 0]);
  ben.hands.disconnect(ann.id);
  stage.pass(WANT_AGAIN_MS);
  assertEquals(ben.said("want").length, 2);
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

/** What is said of who sent something else. */
function excludedNote(id: string, what: string): string {
  return `${id} sent what is not in ${what}, and is not asked for it any more`;
}

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
    const note = excludedNote(cyd.id, `${LINK.slice(0, 4)}.pdf`);
    assertEquals(ben.ask("notes", `get ${LINK}`, "0"), [[note]]);
    assertEquals(ben.tells, [note]);
    assertIdle(ben);
  }
});

Deno.test("who sends something else is asked for no other file of a directory", () => {
  const { stage, nodes: [ann, ben, cyd] } = stageOf("ann", "ben", "cyd");
  const files = Array.from({ length: 200 }, (_, at) => {
    return { path: `${at}`, link: linkOf(`${at}`), is_executable: false };
  });
  stage.manifests.set(LINK, files);
  for (const node of [ann, cyd]) node.share(node.hands.put("photos", LINK, files));
  cyd.hands.lies = true;
  stage.run();
  ben.get(LINK);
  stage.pass(10_000);
  assertEquals([answerOf(ben).why, ben.hands.written.size], [null, 201]);
  assertEquals(ben.tells, [excludedNote(cyd.id, "photos")]);
  assertIdle(ben);
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
  assertEquals(ben.state.holders.size, HOLDERS_MAX);
  stage.pass(20_000);
  assertEquals(answerOf(ben).why, null);
  assertIdle(ben);
});

Deno.test("there is room for so many holders; who has nothing gives way, and nobody else", () => {
  const { stage, nodes: [ben] } = stageOf("ben");
  const ids = Array.from({ length: HOLDERS_ALL_MAX + 2 }, (_, at) => idAt(at));
  stage.strangers.push(...ids);
  for (let from = 0; from < HOLDERS_ALL_MAX; from += HOLDERS_MAX) {
    const link = linkOf(`${from}`), some = ids.slice(from, from + HOLDERS_MAX);
    ben.get(link, { from: some[0], patience_ms: 90_000 });
    ben.hear(some[0], way(link, some.slice(1, 21)));
    ben.hear(some[1], way(link, some.slice(21)));
    for (const id of some) ben.hear(id, way(link));
  }
  const known = () => [...ben.state.holders.keys()];
  assertEquals(known(), ids.slice(0, HOLDERS_ALL_MAX));
  ben.get(linkOf("late"), { from: ids[HOLDERS_ALL_MAX] });
  assertEquals(known().length, HOLDERS_ALL_MAX);
  assert(!known().includes(ids[HOLDERS_ALL_MAX]));
  ben.hear(ids[3], { k: "none", link: linkOf("0"), why: "no" });
  ben.get(linkOf("later"), { from: ids[HOLDERS_ALL_MAX + 1] });
  assertEquals(known(), [
    ...ids.slice(0, 3),
    ...ids.slice(4, HOLDERS_ALL_MAX),
    ids[HOLDERS_ALL_MAX + 1],
  ]);
});
