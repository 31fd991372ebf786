/** Own searches by themselves: how many there may be, when they ask, and when they end. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  SEARCH_BUDGET_MAX,
  SEARCHES_MAX,
  SEARCHES_PER_GUEST_MAX,
} from "../../../src/apps/files/limits.ts";
import { file, linkOf } from "./searching.ts";
import { ANN, BEN, found, SearchStage, sends, TYPED } from "./search_stage.ts";

Deno.test("own searches at once are bounded, those of one guest more so", () => {
  const stage = new SearchStage();
  const guest = { kind: "guest", link: 4, request: 1 } as const;
  const refused = (key: string, source: Parameters<typeof stage.begin>[0]) =>
    stage.begin({ key, words: [key], ...source }).some((out) => out.kind === "refused");
  for (let at = 0; at < SEARCHES_PER_GUEST_MAX; at++) {
    assert(!refused(`guest ${at}`, { source: guest }));
  }
  assert(refused("more", { source: guest }));
  assert(refused("guest 0", { source: { ...guest, link: 5 } }));
  for (let at = SEARCHES_PER_GUEST_MAX; at < SEARCHES_MAX; at++) {
    assert(!refused(`typed ${at}`, { source: TYPED }));
  }
  assert(refused("more", { source: TYPED }));
  assert(!refused("get", { source: null, keeps_on: true }));
  stage.tell({ kind: "gone", link: 5 });
  assert(refused("more", { source: TYPED }));
  stage.tell({ kind: "gone", link: 4 });
  assert(!refused("more", { source: TYPED }));
  const { state } = stage;
  assertEquals(stage.tell({ kind: "end", key: "nobody's" }), []);
  assertStrictEquals(stage.state, state);
});

Deno.test("a node asks no more than others bear, and waits instead of asking in vain", () => {
  const stage = new SearchStage();
  const begun = [1, 2, 3, 4].map((at) =>
    sends(stage.begin({ key: `${at}`, words: [`${at}`], budget: SEARCH_BUDGET_MAX })).length
  );
  assertEquals(begun, [3, 3, 0, 0]);
  assertEquals(sends(stage.pass(1_000)).length, 0);
  assertEquals(sends(stage.pass(1_000)).length, 3);
  assertEquals(stage.search("3").step.do, "end");
  assertEquals(stage.search("4").step.do, "ask");
});

Deno.test("a search that keeps on asks until it is ended, whatever is found, and without links", () => {
  const stage = new SearchStage(), link = linkOf("x1");
  stage.neighbours = [];
  assertEquals(stage.begin({ key: "get", words: [link], keeps_on: true, source: null }), []);
  stage.neighbours = [ANN];
  const [first] = sends(stage.pass(10_000));
  assertEquals([first.item.budget, first.item.words], [2, [link]]);
  const files = [
    { name: link, link: linkOf("about"), has: null },
    { name: "x1", link, has: null },
  ];
  const outs = stage.hear(ANN, found(first.item, { by: BEN, files }));
  assertEquals(outs.map((out) => out.kind === "found" && out.rows[1].holder), [BEN]);
  const budgets = [2_000, 3_000, 4_000, 5_000, 10_000, 15_000].map((at_ms) =>
    sends(stage.pass(1_010_000 + at_ms - 1_000 - stage.now_ms))[0]?.item.budget
  );
  assertEquals(budgets, [4, 8, 16, 32, 32, 32]);
  stage.tell({ kind: "end", key: "get" });
  assertEquals(sends(stage.pass(60_000)), []);
});

Deno.test("pieces that a holder gets later count, and it is found once", () => {
  const stage = new SearchStage();
  const [first] = sends(stage.begin()), link = linkOf("x", 4);
  const has = (runs: unknown) => [{ name: "x", link, has: runs }];
  stage.hear(first.to, found(first.item, { files: has([[0, 2]]) }));
  assertEquals(stage.search().found.get(link)!.together, [[0, 2]]);
  const [second] = sends(stage.pass(1_000));
  const outs = stage.hear(second.to, found(second.item, { files: has([[0, 4]]) }));
  assertEquals(outs, []);
  assertEquals([stage.search().found.get(link)!.together, stage.search().rows.length], [null, 1]);
});

Deno.test("a search that is over takes no more answers, and makes room for others", () => {
  const stage = new SearchStage();
  const [first] = sends(stage.begin({ budget: 2 }));
  assertEquals(stage.pass(3_000).map(({ kind }) => kind), ["over"]);
  assertEquals(stage.hear(first.to, found(first.item)), []);
  stage.files = [file("x1"), file("x2")];
  for (let at = 0; at < 40; at++) {
    assertEquals(stage.begin({ key: `${at}` }).map(({ kind }) => kind), ["found", "over"]);
    assert(stage.state.own.size <= SEARCHES_MAX);
  }
  assertEquals(stage.search("39").rows.length, 2);
  stage.pass(10_000);
  assertEquals(stage.state.own.size, 0);
});

Deno.test("a neighbour with two links is asked once", () => {
  const stage = new SearchStage();
  stage.neighbours = [ANN, ANN, BEN];
  const asked = sends(stage.begin({ budget: 4 }));
  assertEquals(asked.map(({ to, item }) => [to, item.budget]), [[ANN, 2], [BEN, 2]]);
});
