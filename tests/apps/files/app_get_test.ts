import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { LOOK_MS, PATIENCE_MS } from "../../../src/apps/files/limits.ts";
import type { Json } from "../../../src/core/types.ts";
import { answerOf, type AppNode, assertIdle, stageOf } from "./app_stage.ts";
import { linkOf } from "./searching.ts";

const LINK = linkOf("report", 100);

/** Somebody shares the file of that link. */
function holds(node: AppNode, link = LINK, name = "report.pdf"): void {
  node.share(node.hands.put(name, link));
}

Deno.test("`share` serves a file, and tells what is wrong with one that is none", () => {
  const { stage, nodes: [ann] } = stageOf("ann");
  holds(ann);
  stage.run();
  assertEquals(answerOf(ann), { why: null, late: false });
  assertEquals(ann.ask("transfer", "/shared/report.pdf")[0].slice(0, 4), [
    "done",
    "",
    LINK,
    "report.pdf",
  ]);
  assertEquals(ann.ask("files"), [[
    "shared",
    LINK,
    "report.pdf",
    "819200",
    "819200",
    "1",
    "0",
    "[]",
  ]]);
  assertEquals([...ann.kept.keys()], [LINK]);
  ann.share("/nowhere");
  stage.run();
  assertEquals(ann.answers[1].why, "/nowhere does not exist");
});

Deno.test("`unshare` ends it, by name or link, but not by a name of several", () => {
  const { stage, nodes: [ann] } = stageOf("ann");
  for (let at = 0; at < 20; at++) ann.share(ann.hands.put(`${at}/one`, linkOf(`${at}`)));
  for (const link of [linkOf("0"), linkOf("1")]) {
    ann.hands.disk.set("/shared/both", {
      ...ann.hands.disk.get("/shared/0/one")!,
      link,
      name: "both",
    });
    ann.share("/shared/both");
    stage.run();
  }
  ann.want({ k: "unshare", what: "both" });
  assertStringIncludes(
    ann.answers.at(-1)!.why!,
    `2 files are called both: say which by its link, ${linkOf("0")} or`,
  );
  ann.want({ k: "unshare", what: linkOf("1") });
  ann.want({ k: "unshare", what: "both" });
  ann.want({ k: "unshare", what: "both" });
  stage.run();
  const whys = ann.answers.slice(-3).map(({ why }) => why);
  assertEquals(whys, [null, null, "both is not shared here; rumor files lists what is"]);
  assertEquals([ann.kept.size, ann.hands.served.size], [18, 18]);
});

Deno.test("`get LINK` finds who has it, fetches all of it, and serves it", () => {
  const { stage, nodes: [ann, ben, cyd] } = stageOf("ann", "ben", "cyd");
  holds(ann);
  stage.run();
  ben.get(LINK);
  stage.run();
  assertEquals(answerOf(ben), { why: null, late: false });
  assertEquals([...ben.hands.written], [["/here/report.pdf", LINK]]);
  assertEquals(ben.ask("transfer", `get ${LINK}`), [
    ["done", "", LINK, "report.pdf", "/here/report.pdf", "819200", "819200", "1", "1", "0", "0"],
  ]);
  assertEquals(ben.said("ask"), [], "a connection is better than messages");
  assertIdle(ben);
  ann.hands.served.delete(LINK);
  stage.pass(2_000);
  cyd.get(LINK, { directory: "/there" });
  stage.pass(5_000);
  assertEquals([...cyd.hands.written], [["/there/report.pdf", LINK]]);
  [ann, ben, cyd].forEach(assertIdle);
});

Deno.test("`get` of what the node itself has takes it from there", () => {
  const { stage, nodes: [ann, ben] } = stageOf("ann", "ben");
  holds(ann);
  stage.run();
  ann.get(LINK);
  stage.pass(1_000);
  ann.get("report.pdf", { name: "copy" });
  stage.pass(1_000);
  assertEquals([...ann.hands.written.keys()], ["/here/report.pdf", "/here/copy"]);
  assertEquals(ben.sent.length, 0);
  assertIdle(ann);
});

Deno.test("`get NAME` takes the one file of that name, and gives it that name", () => {
  const { stage, nodes: [ann, ben, cyd] } = stageOf("ann", "ben", "cyd");
  holds(ann);
  holds(cyd, linkOf("other"), "a report.pdf");
  stage.run();
  ben.get("report.pdf");
  stage.pass(2_000);
  assertEquals([...ben.hands.written], [["/here/report.pdf", LINK]]);
  assertIdle(ben);
});

Deno.test("`get NAME` of several files tells their links, but no more than anybody reads", () => {
  const { stage, nodes: [ann, ben, ...others] } = stageOf("ann", "ben", ..."cdefghijklmn");
  for (const [at, node] of [ann, ...others].entries()) holds(node, linkOf(`${at}`));
  stage.run();
  ben.get("report.pdf");
  stage.pass(20_000);
  const { why } = answerOf(ben), links = why!.match(/[0-9a-f]{64}\.8192/g)!;
  assertMatch(why!, /^several files are called report.pdf: get one by its link, /);
  assert(links.length >= 2 && links.length <= 8, why!);
  assertEquals(ben.ask("transfer", "get report.pdf")[0][0], "bad");
  assertIdle(ben);
});

Deno.test("`get NAME` remembers and tells no more links of a liar than anybody reads", () => {
  const { stage, nodes: [ann, ben] } = stageOf("ann", "ben");
  ben.get("report.pdf");
  const [{ item: { n } }] = ben.said("search");
  const files = Array.from({ length: 200 }, (_, at) => {
    return { name: "report.pdf", link: linkOf(`${at}`), has: null };
  });
  ben.hear(ann.id, { k: "found", o: ben.id, n, by: ann.id, files });
  const [get] = ben.state.transfers.values();
  assertEquals(get.kind === "get" && get.found.size, 9);
  stage.pass(1_000);
  const why = answerOf(ben).why!;
  assertEquals(why.match(/[0-9a-f]{64}\.8192/g)!.length, 8);
  assertMatch(why, /, or another one$/);
});

Deno.test("`get NAME --from NODE` asks that node alone, be it a name that several have", () => {
  const { stage, nodes: [ann, ben, cyd] } = stageOf("ann", "ben", "cyd");
  holds(ann);
  holds(cyd, linkOf("other"));
  stage.run();
  ben.get("report.pdf", { from: cyd.id });
  stage.pass(3_000);
  assertEquals(answerOf(ben).why, null);
  assertEquals([...ben.hands.written], [["/here/report.pdf", linkOf("other")]]);
  assertEquals(ben.said("want").map(({ to }) => to), [cyd.id]);
  ben.get(LINK, { from: "nobody" });
  assertMatch(ben.answers[1].why!, /^nobody here is called nobody/);
  assertIdle(ben);
});

Deno.test("`get NAME` of a claimed name asks its owner, and searches only if that is away", () => {
  for (const is_there of [true, false]) {
    const { stage, nodes: [ann, ben, cyd] } = stageOf("ann", "ben", "cyd");
    for (const node of [ann, cyd]) holds(node, LINK, "whatever");
    stage.run();
    ben.claims.set("paper", { link: LINK, owner: ann.id });
    if (!is_there) ben.deaf.add(ann.id);
    ben.hands.holds.add("finish");
    ben.get("paper");
    stage.pass(5_000);
    assertEquals(ben.said("search").length > 0, !is_there);
    ben.hands.release();
    stage.run();
    assertEquals([...ben.hands.written], [["/here/paper", LINK]]);
    assertIdle(ben);
  }
});

Deno.test("`get` stores an unsafe name as a safe one, and waits where a name can be none", () => {
  const { stage, nodes: [ann, ben, cyd] } = stageOf("ann", "ben", "cyd");
  holds(ann, LINK, "con");
  stage.run();
  ben.get(LINK);
  stage.pass(1_000);
  assertEquals([...ben.hands.written.keys()], ["/here/_con"]);
  assertEquals(ben.ask("notes", `get ${LINK}`, "0"), [["con is stored as _con"]]);
  const other = linkOf("other"), way = { k: "way", link: other, name: "..", is_directory: false };
  ben.get(other, { from: ann.id });
  ben.hear(ann.id, { ...way, has: null, port: 0, token: "", others: [cyd.id] });
  assertEquals(ben.answers.length, 1, "one such name is not the end of it");
  cyd.share(cyd.hands.put("fine", other));
  stage.pass(4_000);
  assertEquals(ben.hands.written.get("/here/fine"), other);
  const last = linkOf("last");
  ben.get(last, { from: ann.id });
  ben.hear(ann.id, { ...way, link: last, has: null, port: 0, token: "", others: [] });
  stage.pass(LOOK_MS);
  assertEquals(
    ben.answers.at(-1)!.why,
    "it has a name that no file can have: say another one with -o",
  );
});

Deno.test("`get` ends where nobody has it, and where nothing comes any more", () => {
  const { stage, nodes: [ann, ben] } = stageOf("ann", "ben");
  ben.get(LINK);
  ben.get("nothing");
  stage.pass(LOOK_MS);
  const whys = ben.answers.map(({ why }) => why);
  assertEquals(whys, [
    "nobody who is there has it",
    "nobody who is there has a file called nothing",
  ]);
  assertIdle(ben);
  holds(ann);
  stage.run();
  ann.hands.holds.add("read");
  stage.dials = () => "refused";
  ben.get(LINK);
  stage.pass(LOOK_MS);
  assertEquals(ben.answers.length, 2);
  stage.pass(PATIENCE_MS);
  const { why, late } = ben.answers[2];
  assertEquals([why, late], ["nothing came any more; the same command goes on where it was", true]);
  assertEquals(ben.ask("files"), []);
  assertIdle(ben);
});

Deno.test("`get` is refused where what is asked for makes no sense, or is under way", () => {
  const { nodes: [ann] } = stageOf("ann");
  const bad = { k: "share", key: "a", path: "a\0" };
  for (const request of [null, 3, {}, { k: "get" }, bad, { k: "x" }] as Json[]) {
    ann.want(request);
    assert(ann.answers.at(-1)!.why !== null);
  }
  ann.get(LINK);
  ann.get(LINK);
  assertEquals(ann.answers.at(-1)!.why, "that is under way here already");
  for (let at = 1; at < 64; at++) ann.get(linkOf(`${at}`));
  ann.get("one more");
  assertEquals(ann.answers.at(-1)!.why, "64 transfers are under way here already");
});
