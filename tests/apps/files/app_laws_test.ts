import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { files } from "../../../src/apps/files/app.ts";
import { readMessage } from "../../../src/apps/files/messages.ts";
import { Dice } from "../../../src/sim/dice.ts";
import type { Json } from "../../../src/core/types.ts";
import { answerOf, type AppNode, assertIdle, Stage, stageOf } from "./app_stage.ts";
import { idAt } from "./search_stage.ts";
import { linkOf } from "./searching.ts";

const LINK = linkOf("report", 40);
const GOOD: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  want: { k: "want", link: LINK },
  way: {
    k: "way",
    link: LINK,
    name: "it",
    is_directory: false,
    has: [[0, 3], [5, 1]],
    port: 7,
    token: "t",
    others: [idAt(1)],
  },
  none: { k: "none", link: LINK, why: "no" },
  ask: { k: "ask", n: 1, link: LINK, level: 0, first: 0, count: 12 },
  data: { k: "data", n: 1, chunks: ["AA=="] },
  lack: { k: "lack", n: 1, why: "no" },
};
/** What a field may not be. */
const BAD: Readonly<Record<string, readonly Json[]>> = {
  k: ["wants", null],
  link: [`${LINK}x`, LINK.toUpperCase(), `${LINK.slice(0, 64)}.9007199254740992`, null],
  name: ["", "x".repeat(256), "ä".repeat(128), 3],
  is_directory: [0, "no"],
  has: [[[0, 0]], [[0, 41]], [[3, 1], [3, 1]], [[0, 1], [1, 1]], [[-1, 2]], [[0.5, 1]], {}, 0, [3]],
  port: [-1, 65_536, 1.5, "7"],
  token: [3, "x".repeat(65)],
  others: [{}, [3], [`${idAt(1)}x`], Array<string>(21).fill(idAt(1)), [`${"A".repeat(43)}`]],
  why: [3, "x".repeat(201)],
  n: [-1, 0.5, "1", 2 ** 53],
  level: [-1, null],
  first: [-1, 0.5],
  count: [0, 13, null],
  chunks: [[], [3], Array<string>(13).fill("AA=="), ["x".repeat(10_925)], "AA=="],
};

/** A node that shares one file, fetches another from somebody, and asked for chunks by messages. */
function busy(): { stage: Stage; node: AppNode } {
  const { stage, nodes: [ann, ben] } = stageOf("ann", "ben");
  stage.dials = () => "refused";
  ben.share(ben.hands.put("it", LINK));
  ann.share(ann.hands.put("own", linkOf("own")));
  ben.hands.holds.add("read");
  stage.run();
  ann.get(LINK);
  stage.run();
  assert(ann.state.asks.size > 0);
  return { stage, node: ann };
}

Deno.test("`readMessage()` takes what is right, and nothing of which any field is not", () => {
  for (const good of Object.values(GOOD)) {
    assertEquals(readMessage(good) as Json, good);
    for (const field of Object.keys(good)) {
      const { [field]: _, ...without } = good;
      assertEquals(readMessage(without), null, `without ${field}`);
      for (const bad of BAD[field]) {
        assertEquals(readMessage({ ...good, [field]: bad }), null, `${field}: ${bad}`);
      }
    }
  }
  assertEquals(readMessage({ ...GOOD.way, has: null }) as Json, { ...GOOD.way, has: null });
});

Deno.test("messages that make no sense, or that nobody asked for, change nothing", () => {
  const { node } = busy(), before = node.state;
  const near = fc.constantFrom(...Object.values(GOOD)).chain((good) => {
    const field = fc.constantFrom(...Object.keys(good));
    return fc.tuple(field, fc.jsonValue()).map(([key, value]) => ({ ...good, [key]: value }));
  });
  const message = fc.oneof(fc.jsonValue(), near);
  fc.assert(fc.property(fc.array(message, { maxLength: 5 }), (items) => {
    const bad = items.filter((item) => readMessage(item as Json) === null);
    const from = idAt(3), event = { kind: "message", from, name: "", time_ms: 1, items: bad };
    const [after, outs] = files.reduce!(before, event as never, { ...VIEW, self: node.id });
    assertStrictEquals(after, before);
    assert(outs.every(({ kind }) => kind === "ignored"));
  }));
  const unasked = [GOOD.way, GOOD.none, GOOD.data, GOOD.lack];
  assertEquals(node.hear(idAt(3), ...unasked), []);
  assertStrictEquals(node.state, before);
});

const VIEW = {
  now_ms: 1_000_000,
  neighbours: [],
  members: new Map(),
  below: () => null,
} as never as {
  readonly self: string;
} & Parameters<NonNullable<typeof files.reduce>>[2];

Deno.test("an event that is told again, or comes too late, changes nothing", () => {
  const { stage, node } = busy();
  const [[n, { peer, range }]] = [...node.state.asks.entries()];
  const lack = { k: "lack", n, why: "no" }, chunks = Array<string>(range.count).fill("x");
  node.hear(peer, { k: "data", n, chunks });
  const before = node.state;
  node.hear(peer, { k: "data", n, chunks }, lack, { k: "data", n: 10_000, chunks });
  assertStrictEquals(node.state, before);
  node.hear(idAt(3), { k: "data", n: n + 1, chunks: [] }, { ...lack, n: n + 1 });
  assertStrictEquals(node.state, before);
  for (
    const event of [
      { kind: "worked", tag: 10_000, result: null, fault: "x", done: true },
      { kind: "sent", tag: 10_000, why: null },
      { kind: "sent", tag: 0, why: "x" },
      { kind: "gone", link: 9 },
    ] as const
  ) {
    node.tell(event);
    assertStrictEquals(node.state, before, event.kind);
  }
  stage.run();
});

Deno.test("the same event makes the same of the same state", () => {
  const { node } = busy();
  const event = {
    kind: "message",
    from: idAt(3),
    name: "",
    time_ms: 1,
    items: [GOOD.want],
  } as never;
  const view = { ...VIEW, self: node.id }, before = node.state;
  const [one, outs] = files.reduce!(before, event, view),
    [other, again] = files.reduce!(before, event, view);
  assertEquals(JSON.stringify(outs), JSON.stringify(again));
  assertEquals(JSON.stringify(one), JSON.stringify(other));
});

/** What somebody says about a file that he has not got, or not so. */
function lie(dice: Dice, stage: Stage, node: AppNode): void {
  const ids = [...stage.nodes.keys()], links = [LINK, linkOf("other", 3)];
  const from = dice.pick(ids), link = dice.pick(links), n = dice.below(40);
  const runs = dice.pick([null, [], [[0, 40]], [[3, 2]]]);
  const asked = [...node.state.asks.keys()], at = asked[dice.below(asked.length)] ?? n;
  const item = dice.pick<Json>([
    {
      ...GOOD.way,
      link,
      has: runs,
      name: dice.pick(["..", "x", "con"]),
      is_directory: dice.below(2) === 0,
      others: ids,
    },
    { ...GOOD.none, link },
    { ...GOOD.want, link },
    { ...GOOD.ask, link, first: n },
    { k: "data", n: at, chunks: Array<string>(1 + dice.below(12)).fill("lie") },
    { k: "lack", n: at, why: "no" },
    { k: "found", o: node.id, n: 1, by: from, files: [{ name: "x", link, has: runs }] },
  ]);
  node.hear(from, item);
}

Deno.test("whoever finishes has exactly what the link says, whatever liars say, and whatever fails", () => {
  const counts = { done: 0, not: 0 };
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dice = new Dice(seed), names = ["ann", "ben", "cyd", "dan", "eve"];
      const stage = new Stage(names, dice), nodes = stage.all(), [ann, ben, , , eve] = nodes;
      const dials = new Map<string, "direct" | "refused" | "silent">();
      stage.dials = (from, to) => {
        const key = from + to;
        if (!dials.has(key)) dials.set(key, dice.pick(["direct", "refused", "silent"]));
        return dials.get(key)!;
      };
      eve.hands.lies = true;
      for (const node of dice.below(5) > 0 ? [ann, eve] : [eve]) {
        node.share(node.hands.put("report", LINK));
      }
      stage.run();
      const fetchers = [ben, ...nodes.slice(2, 4)];
      for (const node of fetchers) {
        node.get(dice.pick([LINK, LINK, "report"]), { key: "k", patience_ms: 5_000 });
        for (let step = 0; step < 10; step++) {
          const what = dice.below(10), other = dice.pick(nodes);
          if (what < 4) lie(dice, stage, dice.pick(fetchers));
          else if (what === 4) {
            for (const peer of [...other.hands.connected.keys()]) other.hands.disconnect(peer);
          } else if (what === 5) other.hands.full = dice.pick(["no room", null]);
          else if (what === 6 && other !== ann) other.tell({ kind: "gone", link: 1 });
          stage.pass(dice.pick([0, 1, 300, 3_000]));
        }
      }
      for (const node of nodes) node.hands.full = null;
      stage.pass(60_000);
      for (const node of fetchers) {
        assertIdle(node);
        counts[answerOf(node).why === null ? "done" : "not"]++;
        for (const link of node.hands.written.values()) assertEquals(link, LINK);
        assertEquals(node.hands.written.size > 0, node.state.served.size > 0);
      }
    }),
    { numRuns: 25 },
  );
  assert(counts.done > 0 && counts.not > 0, JSON.stringify(counts));
});
