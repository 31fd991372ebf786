import { assert, assertEquals, assertMatch } from "@std/assert";
import { NOTES_MAX, PATIENCE_MS } from "../../../src/apps/files/limits.ts";
import { answerOf, type AppNode, assertIdle, Stage, stageOf } from "./app_stage.ts";
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

Deno.test("a full disk pauses it for as long as it is full, and says so once", () => {
  const { stage, ben } = pair();
  ben.hands.full = "no room";
  ben.get(LINK);
  stage.pass(3 * PATIENCE_MS);
  assertEquals(ben.answers, []);
  ben.hands.full = null;
  stage.pass(5_000);
  assertEquals(answerOf(ben).why, null);
  assertEquals(ben.ask("notes", `get ${LINK}`, "0"), [["the disk takes nothing: no room"], [
    "it goes on",
  ]]);
  assertIdle(ben);
});

Deno.test("nothing is given up while the disk verifies, or flushes", () => {
  for (const task of ["begin", "finish"] as const) {
    const { stage, ben } = pair();
    ben.hands.holds.add(task);
    ben.get(LINK);
    stage.pass(4 * PATIENCE_MS);
    assertEquals(ben.answers, []);
    ben.hands.release();
    stage.pass(1_000);
    assertEquals(answerOf(ben).why, null);
    assertIdle(ben);
  }
});

Deno.test("a guest that is gone ends what it wanted, and nothing is left of it", () => {
  for (const held of ["admit", "dial", "begin", "ask", "finish"] as const) {
    const { stage, ann, ben } = pair();
    const holder = held === "admit" ? ann : ben;
    holder.hands.holds.add(held);
    ben.get(LINK);
    stage.run();
    ben.tell({ kind: "gone", link: 1 });
    const jobs = [...ben.state.jobs.values()].map(({ kind }) => kind);
    assert(held === "finish" || !jobs.includes("ask") && !jobs.includes("dial"));
    stage.run();
    holder.hands.release();
    stage.pass(1_000);
    assertIdle(ben);
    const is_whole = held === "finish";
    assertEquals(ben.state.served.has(LINK), is_whole, held);
    assertEquals(ben.done("stop").length, held === "admit" || is_whole ? 0 : 1, held);
    assertEquals(ben.ask("files").filter(([state]) => state === "getting"), []);
  }
});

Deno.test("a worker that falls ends all that is under way, and keeps what is shared for the next run", () => {
  const { stage, ann, ben } = pair();
  holds(ben, linkOf("own"));
  ben.hands.holds.add("ask");
  ben.get(LINK);
  stage.run();
  const works = ben.hands.done.length, tags = [...ben.state.jobs.keys()];
  for (const tag of tags) {
    ben.tell({ kind: "worked", tag, result: null, fault: "the thread fell", done: true });
  }
  stage.run();
  assertEquals(
    ben.answers[1].why,
    "files are neither shared nor fetched here any more: the thread fell",
  );
  assertEquals(ben.hands.done.length, works, "nothing is done any more");
  assertEquals([...ben.kept.keys()], [linkOf("own")]);
  ben.get(LINK, { key: "again" });
  assertMatch(ben.answers[2].why!, /^files are out of order here/);
  ann.hear(ben.id, { k: "want", link: LINK });
  ben.hear(ann.id, { k: "want", link: linkOf("own") }, {
    k: "ask",
    n: 1,
    link: LINK,
    level: 0,
    first: 0,
    count: 1,
  });
  stage.pass(60_000);
  assertEquals([ben.said("none").length, ben.said("lack").length], [1, 1]);
  const { fetches, holders, asks, swarm } = ben.state;
  assertEquals([fetches.size, holders.size, asks.size, swarm.fetches.size], [0, 0, 0, 0]);
});

Deno.test("a node that was started anew serves what it shared, and reads what was kept with care", () => {
  const { stage, ann } = pair();
  holds(ann, linkOf("gone"));
  stage.run();
  const kept = [...ann.kept, [linkOf("older"), { path: "/old" }], ["x", 3], [
    LINK.replace("8", "9"),
    ann.kept.get(LINK)!,
  ]];
  const again = new Stage(["ann"]).all()[0];
  for (const [path, file] of ann.hands.disk) {
    if (file.link === LINK) again.hands.disk.set(path, file);
  }
  again.tell({ kind: "restored", kept: kept as [string, string][] });
  again.tell({ kind: "started" });
  assertEquals(again.ask("files").map(([, link]) => link).sort(), [LINK, linkOf("gone")].sort());
});

Deno.test("a guest that is gone ends what it shares as long as it is read, and no later", () => {
  const { stage, nodes: [ann] } = stageOf("ann");
  ann.hands.holds.add("share");
  holds(ann);
  stage.run();
  ann.tell({ kind: "gone", link: 1 });
  ann.hands.release();
  stage.pass(1_000);
  assertEquals(answerOf(ann), { why: "who wanted it is gone", late: true });
  assertEquals([ann.ask("files"), [...ann.kept]], [[], []]);
  assertIdle(ann);
  holds(ann);
  stage.run();
  ann.tell({ kind: "gone", link: 1 });
  assertEquals(ann.ask("files").length, 1);
});

Deno.test("a worker that cannot begin forgets nothing that an earlier run shared", () => {
  const { ann } = pair(), again = new Stage(["ann"]).all()[0];
  again.hands.holds.add("open").add("serve");
  again.tell({ kind: "restored", kept: [...ann.kept] });
  again.tell({ kind: "started" });
  for (const tag of again.state.jobs.keys()) {
    again.tell({ kind: "worked", tag, result: null, fault: "the thread fell", done: true });
  }
  assertEquals(again.ask("files").length, 1);
  assertEquals(again.tells, [
    "files are neither shared nor fetched here any more: the thread fell",
  ]);
});

Deno.test("nobody is told more of a transfer than anybody reads", () => {
  const { nodes: [ann] } = stageOf("ann");
  ann.hands.holds.add("share");
  ann.share("/it");
  const [tag] = [...ann.state.jobs.entries()].flatMap(([tag, { kind }]) =>
    kind === "share" ? [tag] : []
  );
  for (let at = 0; at < NOTES_MAX + 50; at++) {
    const result = { left_out: `${at} is left out` };
    ann.tell({ kind: "worked", tag, result, fault: null, done: false });
  }
  assertEquals([ann.tells.length, ann.ask("notes", "/it", "0").length], [NOTES_MAX, NOTES_MAX]);
  assertEquals(ann.ask("notes", "/it", "98"), [["98 is left out"], ["99 is left out"]]);
});

Deno.test("who is woken too early is woken again", () => {
  const { nodes: [ann] } = stageOf("ann");
  ann.get(LINK);
  const { wake_ms } = ann;
  ann.wake_ms = Infinity;
  ann.tell({ kind: "woken" });
  assertEquals(ann.wake_ms, wake_ms);
});
