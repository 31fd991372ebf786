import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  OTHERS_MAX,
  READS_MAX,
  READS_PER_PEER_MAX,
  WANTED_LINKS_MAX,
  WANTS_MAX,
  WANTS_PER_PEER_MAX,
} from "../../../src/apps/files/limits.ts";
import type { AppEvent } from "../../../src/core/host/app.ts";
import { type AppNode, type Stage, stageOf } from "./app_stage.ts";
import { idAt } from "./search_stage.ts";
import { linkOf } from "./searching.ts";

const LINK = linkOf("report", 300);
const WANT = { k: "want", link: LINK };

function ask(n: number): Record<string, unknown> {
  return { k: "ask", n, link: LINK, level: 0, first: n, count: 1 };
}

function holder(): { stage: Stage; ann: AppNode } {
  const { stage, nodes: [ann] } = stageOf("ann");
  ann.share(ann.hands.put("it", LINK));
  stage.run();
  return { stage, ann };
}

/** What was sent so far has arrived, or never will. */
function settle(node: AppNode, why: string | null): void {
  for (const { source } of node.sent.splice(0)) {
    node.tell({ kind: "sent", tag: (source as { tag: number }).tag, why });
  }
}

Deno.test("answers are owed until they arrived, and beyond some nothing is answered", () => {
  const kinds = [
    { make: () => WANT, k: "way", each: WANTS_PER_PEER_MAX, all: WANTS_MAX },
    { make: ask, k: "data", each: READS_PER_PEER_MAX, all: READS_MAX },
  ];
  for (const { make, k, each, all } of kinds) {
    const { stage, ann } = holder();
    const many = Array.from({ length: 2 * each }, (_, n) => make(n));
    ann.hear(idAt(0), ...many);
    assertEquals(ann.hands.done.length, 2 + each, "what goes beyond is not even looked at");
    stage.run();
    assertEquals(ann.said(k).length, each);
    stage.pass(100_000);
    ann.hear(idAt(0), ...many);
    stage.run();
    assertEquals(ann.said(k).length, each, "time alone frees nothing");
    for (let at = 1; at < 2 * all / each; at++) ann.hear(idAt(at), ...many);
    stage.run();
    assertEquals(ann.said(k).length, all);
    for (const why of [null, "it was not acknowledged in time"]) {
      settle(ann, why);
      assertEquals(ann.state.owed, {
        ways: { all: 0, by_peer: new Map() },
        chunks: { all: 0, by_peer: new Map() },
      });
      ann.hear(idAt(0), ...many);
      stage.run();
      assertEquals(ann.said(k).length, each);
    }
  }
});

Deno.test("who asks for what is not here is told so, within the same bounds", () => {
  const { stage, ann } = holder();
  const none = { ...WANT, link: linkOf("none") }, lack = { ...ask(1), link: linkOf("none") };
  const beyond = { ...ask(2), first: 300 }, level = { ...ask(3), level: 9 };
  ann.hear(idAt(0), none, lack, beyond, level);
  stage.run();
  assertEquals(ann.said("none").map(({ item }) => item.why), ["nothing of that is here"]);
  assertEquals(ann.said("lack").map(({ item }) => item.n), [1, 2, 3]);
  const { nodes: [ben] } = stageOf("ben");
  ben.hear(
    idAt(0),
    ...Array<unknown>(100).fill(WANT),
    ...Array.from({ length: 100 }, (_, n) => ask(n)),
  );
  assertEquals(ben.said("none").length, WANTS_PER_PEER_MAX);
  assertEquals(ben.said("lack").length, READS_PER_PEER_MAX);
  assertEquals(ben.hands.done, [], "nothing is loaded for who asks in vain");
});

Deno.test("who wanted the same lately is named to others, but not to itself", () => {
  const { stage, ann } = holder();
  for (let at = 0; at < OTHERS_MAX + 5; at++) {
    ann.hear(idAt(at), WANT);
    stage.run();
  }
  ann.hear(idAt(OTHERS_MAX + 1), WANT);
  stage.run();
  const others = ann.said("way").map(({ item }) => item.others as string[]);
  assertEquals(others.map(({ length }) => length).slice(0, 3), [0, 1, 2]);
  assertEquals(others[OTHERS_MAX + 4], Array.from({ length: OTHERS_MAX }, (_, at) => idAt(at + 4)));
  assertEquals(others.at(-1)!.includes(idAt(OTHERS_MAX + 1)), false);
});

Deno.test("it is forgotten who wanted what nobody wanted for longest", () => {
  const { stage, ann } = holder();
  for (let at = 0; at < WANTED_LINKS_MAX + 10; at++) {
    const link = linkOf(`${at}`);
    ann.hands.served.set(link, { ...ann.hands.served.get(LINK)!, link });
    ann.hear(idAt(0), { k: "want", link });
    stage.run();
    settle(ann, null);
  }
  assertEquals(ann.state.wanting.size, WANTED_LINKS_MAX);
  assert(!ann.state.wanting.has(linkOf("0")));
});

Deno.test("a file that changed is served no more, and one of a directory says so as well", () => {
  const { stage, ann } = holder();
  const [[tag]] = [...ann.state.jobs.entries()];
  const changed = (link: string): AppEvent => {
    const result = { changed: link, why: "/shared/it has changed" };
    return { kind: "worked", tag, result, fault: null, done: false };
  };
  const before = ann.state;
  ann.tell(changed(linkOf("inner")));
  assertStrictEquals(ann.state, before);
  ann.tell(changed(LINK));
  stage.run();
  assertEquals(ann.tells, [
    `${linkOf("inner")} is no longer shared: /shared/it has changed`,
    "it is no longer shared: /shared/it has changed",
  ]);
  assertEquals([ann.ask("files"), [...ann.kept]], [[], []]);
});
