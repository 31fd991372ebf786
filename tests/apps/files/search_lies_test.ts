/** What others may do to the searches of a node: little, and it is counted. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  FOUND_BYTES_MAX,
  FOUND_ROWS_MAX,
  SEARCH_BUDGET_MAX,
  SEARCH_ROWS_MAX,
} from "../../../src/apps/files/limits.ts";
import { wakeOfSearches } from "../../../src/apps/files/search/reduce.ts";
import { bytesOf } from "../../../src/core/unicast/packets.ts";
import { file, linkOf } from "./searching.ts";
import {
  ANN,
  BEN,
  CYD,
  FAR,
  found,
  idAt,
  ignored,
  ME,
  request,
  SearchStage,
  sends,
} from "./search_stage.ts";

/** The first request that an own search sends to a neighbour. */
function firstTo(stage: SearchStage, to: string, budget = 30) {
  const asked = sends(stage.begin({ budget })).find((one) => one.to === to)!;
  return asked.item as { o: string; n: number; budget: number };
}

Deno.test("a request is answered, and goes on with what is left of its budget", () => {
  const stage = new SearchStage();
  stage.files = [file("x1"), file("y"), file("X2", [[1, 2]], 4), file("x3", [], 4)];
  const [answer, ...asked] = sends(stage.hear(ANN, request({ budget: 4 })));
  assertEquals([answer.to, answer.bulk], [ANN, false]);
  assertEquals(answer.item, {
    k: "found",
    o: FAR,
    n: 5,
    by: ME,
    files: [
      { name: "x1", link: linkOf("x1"), has: null },
      { name: "X2", link: linkOf("X2", 4), has: [[1, 2]] },
    ],
  });
  assertEquals(asked.map(({ to }) => to).sort(), [BEN, CYD].sort());
  assertEquals(asked.map(({ item }) => item.budget).sort(), [1, 2]);
  for (const { item } of asked) assertEquals({ ...item, budget: 4 }, request({ budget: 4 }));
});

Deno.test("a request that makes no sense is ignored and counted", () => {
  const bad = [
    request({ o: "far" }),
    request({ o: undefined }),
    request({ n: 0 }),
    request({ n: 1.5 }),
    request({ n: 2 ** 53 }),
    request({ n: "5" }),
    request({ words: "x" }),
    request({ words: [] }),
    request({ words: [""] }),
    request({ words: Array(17).fill("x") }),
    request({ words: ["x".repeat(256)] }),
    request({ words: [{ toString: "x" }] }),
    request({ budget: 0 }),
    request({ budget: -1 }),
    request({ budget: 1.5 }),
    request({ budget: null }),
    request({ budget: 1e300 }),
  ];
  const stage = new SearchStage();
  stage.files = [file("x")];
  for (const item of bad) {
    const outs = stage.hear(ANN, JSON.parse(JSON.stringify(item)));
    assertEquals([ignored(outs), outs.length], [["search"], 1], JSON.stringify(item));
  }
  for (const item of [null, 7, "search", [], {}, { k: "other" }]) {
    assertEquals(stage.hear(ANN, item), []);
  }
  assertEquals(ignored(stage.hear(FAR, request())), ["search"]);
  assertEquals(wakeOfSearches(stage.state), Infinity);
});

Deno.test("the same words of the same origin are ignored for half a second, in whatever form", () => {
  const stage = new SearchStage();
  assertEquals(sends(stage.hear(ANN, request({ words: ["b", "A"] }))).length, 2);
  const before = stage.state;
  stage.now_ms += 499;
  for (const from of [ANN, BEN]) {
    assertEquals(stage.hear(from, request({ n: 6, words: ["a", "B", "b"], budget: 9 })), []);
  }
  assertStrictEquals(stage.state, before);
  assertEquals(sends(stage.hear(BEN, request({ n: 7, words: ["a"] }))).length, 2);
  assertEquals(sends(stage.hear(BEN, request({ o: CYD, n: 7, words: ["a", "b"] }))).length, 2);
  stage.now_ms += 1;
  assertEquals(sends(stage.hear(BEN, request({ n: 8, words: ["a", "b"] }))).length, 2);
});

Deno.test("what comes back to its own origin is ignored", () => {
  const stage = new SearchStage();
  stage.files = [file("x")];
  assertEquals(stage.hear(ANN, request({ o: ME })), []);
});

Deno.test("a budget beyond all is lowered, and no message asks for more", () => {
  const stage = new SearchStage();
  const asked = sends(stage.hear(ANN, request({ budget: Number.MAX_SAFE_INTEGER })));
  assertEquals(asked.reduce((sum, { item }) => sum + item.budget, 0), SEARCH_BUDGET_MAX - 1);
});

Deno.test("a neighbour that asks too much is not heard, others are", () => {
  const stage = new SearchStage();
  let heard = 0, too_much = 0;
  for (let n = 1; n <= 1_000; n++) {
    const outs = stage.hear(ANN, request({ o: idAt(n), n, budget: 1_000_000 }));
    if (ignored(outs)[0] === "search-too-much") too_much++;
    else heard++;
  }
  assertEquals([heard, too_much], [8, 992]);
  assertEquals(sends(stage.hear(BEN, request({ n: 9 }))).length, 2);
  stage.now_ms += 1_000;
  assertEquals(ignored(stage.hear(ANN, request({ n: 10, words: ["y"] }))), []);
});

Deno.test("an origin that asks too much is not heard, whoever hands it on", () => {
  const stage = new SearchStage();
  let heard = 0;
  for (let n = 1; n <= 1_000; n++) {
    const outs = stage.hear([ANN, BEN, CYD][n % 3], request({ n, words: [`w${n}`], budget: 1 }));
    if (ignored(outs).length === 0) heard++;
  }
  assertEquals(heard, 128);
});

Deno.test("an answer goes back the way that its request came, and no other", () => {
  const stage = new SearchStage();
  const shares = sends(stage.hear(ANN, request({ budget: 4 })));
  const twice = shares.find(({ item }) => item.budget === 2)!.to;
  const once = twice === BEN ? CYD : BEN;
  const answer = found({ o: FAR, n: 5 }, { by: CYD });
  const back = sends(stage.hear(once, answer));
  assertEquals(back.map(({ to, item }) => [to, item]), [[ANN, answer]]);
  // Only one node could answer that way.
  assertEquals(ignored(stage.hear(once, answer)), ["found-unasked"]);
  assertEquals(sends(stage.hear(twice, answer)).length, 1);
  assertEquals(sends(stage.hear(twice, answer)).length, 1);
  assertEquals(ignored(stage.hear(twice, answer)), ["found-unasked"]);
  assertEquals(ignored(stage.hear(ANN, answer)), ["found-unasked"]);
  assertEquals(ignored(stage.hear(BEN, found({ o: FAR, n: 6 }))), ["found-unasked"]);
});

Deno.test("no request takes the way back of another", () => {
  const stage = new SearchStage();
  stage.hear(ANN, request());
  assertEquals(stage.hear(BEN, request({ words: ["y"] })), []);
  const [back] = sends(stage.hear(CYD, found({ o: FAR, n: 5 })));
  assertEquals(back.to, ANN);
});

Deno.test("an answer that makes no sense is ignored and counted", () => {
  const stage = new SearchStage(), asked = firstTo(stage, ANN);
  const good = { name: "x1", link: linkOf("x1"), has: null };
  const files = [
    null,
    [],
    "x",
    [null],
    [[]],
    Array(FOUND_ROWS_MAX + 1).fill(good),
    [{ ...good, name: "" }],
    [{ ...good, name: 7 }],
    [{ ...good, name: "x".repeat(256) }],
    [{ ...good, name: "\u00e4".repeat(128) }],
    [{ ...good, name: "../x" }],
    [{ ...good, name: "..\\x" }],
    [{ ...good, name: "x\u001b[2J" }],
    [{ ...good, name: "x\ny" }],
    [{ ...good, name: "x\u2028y" }],
    [{ ...good, link: "x" }],
    [{ ...good, link: `${linkOf("x1")}0000000000000` }],
    [{ ...good, link: linkOf("x1").toUpperCase() }],
    [{ ...good, has: undefined }],
    [{ ...good, has: 1 }],
    [{ ...good, has: [[0, 2]] }],
    [{ ...good, has: [[-1, 1]] }],
    [good, { ...good, has: "all" }],
    [{
      ...good,
      link: linkOf("x", 1_000),
      has: Array.from({ length: 65 }, (_, at) => [at * 2, 1]),
    }],
  ];
  for (const list of files) {
    const item = JSON.parse(JSON.stringify(found(asked, { files: list })));
    assertEquals(ignored(stage.hear(ANN, item)), ["found"], JSON.stringify(list)?.slice(0, 200));
  }
  const other = [
    found(asked, { by: "far" }),
    found(asked, { by: ME }),
    found(asked, { more: 1 }),
    found(asked, { o: "" }),
    found(asked, { junk: "x".repeat(FOUND_BYTES_MAX) }),
  ];
  for (const item of other) assertEquals(ignored(stage.hear(ANN, item)), ["found"]);
  assertEquals(stage.search().rows.length, 0);
  stage.hear(ANN, found(asked));
  assertEquals(stage.search().rows.length, 1);
});

Deno.test("a liar that answers for many others is heard as often as it was asked", () => {
  const stage = new SearchStage(), asked = firstTo(stage, ANN, 6);
  assertEquals(asked.budget, 2);
  const outs = Array.from(
    { length: 50 },
    (_, at) => stage.hear(ANN, found(asked, { by: idAt(at) })),
  ).flat();
  assertEquals([stage.search().rows.length, ignored(outs).length], [2, 48]);
});

Deno.test("files that nobody asked for are left out, and none is found twice", () => {
  const stage = new SearchStage(), asked = firstTo(stage, ANN);
  const row = { name: "x1", link: linkOf("x1"), has: null };
  const files = [row, row, { ...row, name: "other", link: linkOf("y") }, { ...row, name: "x2" }];
  stage.hear(ANN, found(asked, { files }));
  stage.hear(ANN, found(asked, { files }));
  assertEquals([...stage.search().rows.from()].map(({ name }) => name), ["x1"]);
});

Deno.test("thousands of rows are bounded, and that is said", () => {
  const stage = new SearchStage(), asked = firstTo(stage, ANN, 300);
  for (let at = 0; at < 60; at++) {
    const files = Array.from({ length: 200 }, (_, row) => {
      return { name: "x", link: linkOf(`${at} ${row}`), has: null };
    });
    stage.hear(ANN, found(asked, { by: idAt(at), files }));
  }
  assertEquals([stage.search().rows.length, stage.search().more], [SEARCH_ROWS_MAX, true]);
});

Deno.test("an answer has no more files than it may, and says that there are more", () => {
  const stage = new SearchStage();
  stage.files = Array.from({ length: 1_000 }, (_, at) => file(`x${at}`));
  const [{ item, bulk }] = sends(stage.hear(ANN, request()));
  assertEquals([item.files.length, item.more, bulk], [FOUND_ROWS_MAX, true, true]);
  stage.files = Array.from({ length: 1_000 }, (_, at) => file(`${"\u00e4".repeat(120)}x${at}`));
  const [{ item: wide }] = sends(stage.hear(ANN, request({ o: BEN })));
  assert(bytesOf([wide]) <= FOUND_BYTES_MAX && wide.files.length > 150, `${wide.files.length}`);
  const odd = Array.from({ length: 900 }, (_, at): [number, number] => [at * 2, 1]);
  stage.files = [file("x", odd, 2_000)];
  const [{ item: torn }] = sends(stage.hear(ANN, request({ o: CYD })));
  assertEquals(torn.files[0].has, odd.slice(0, 64));
});

Deno.test("a node answers no more bytes a second than it bears", () => {
  const stage = new SearchStage();
  stage.files = Array.from({ length: 256 }, (_, at) => file(`${"a".repeat(140)}x${at}`));
  let answered = 0, too_much = 0;
  for (let n = 1; n <= 300; n++) {
    const outs = stage.hear([ANN, BEN, CYD][n % 3], request({ o: idAt(n), n, budget: 1 }));
    answered += sends(outs).length;
    if (ignored(outs).includes("found-too-much")) too_much++;
  }
  assertEquals(answered + too_much, 300);
  assert(answered > 60 && answered < 80, `${answered}`);
});

Deno.test("a way back is forgotten after a while, however many there are", () => {
  const stage = new SearchStage();
  stage.freezes = false;
  stage.neighbours = [BEN, ...Array.from({ length: 200 }, (_, at) => idAt(10_000 + at))];
  for (let n = 1; n < 9_000; n++) {
    stage.now_ms += 0.5;
    stage.hear(stage.neighbours[n % 200], request({ o: idAt(n), n, budget: 2 }));
  }
  const { ways, asked, origins } = stage.state;
  assert(ways.young.size + ways.old.size <= 8_192);
  for (const { young, old } of [asked, origins]) assert(young.size + old.size <= 4_096);
  while (wakeOfSearches(stage.state) < Infinity) {
    stage.pass(wakeOfSearches(stage.state) - stage.now_ms);
  }
  assertEquals(ignored(stage.hear(BEN, found({ o: idAt(8_999), n: 8_999 }))), [
    "found-unasked",
  ]);
});
