/** Which record somebody waits for who handed one over, and whether there is another one. */

import { assert, assertEquals } from "@std/assert";
import { chain } from "../../../src/apps/chain/app.ts";
import { WAITS_MAX } from "../../../src/apps/chain/limits.ts";
import { CHAIN } from "../../../src/apps/chain/options.ts";
import type { AppOut } from "../../../src/core/host/app.ts";
import type { Json, Source } from "../../../src/core/types.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { Follower } from "./follower.ts";
import { blockOn } from "./stage.ts";
import { step, STEPS } from "./steps.ts";

const NOW_MS = 1_700_000_000_000;
const [ann] = ORIGINS;

function node(): Follower {
  return new Follower(NOW_MS, {}, [STEPS]);
}

/** What somebody at the node handed over. */
function of(tag: number): Source {
  return { kind: "local", tag };
}

function text(text: string, id?: string): Json {
  return { k: "data", text, ...(id === undefined ? {} : { id }) };
}

/** What comes of wanting a record: `published`, `nothing`, or why not. */
function want(node: Follower, item: Json, tag: number, once = false): string {
  const by = (item as { readonly k: string }).k === "step" ? "steps" : null;
  const outs = node.request({ item, depth: 1, once }, of(tag), by);
  const [answer] = ends(outs);
  if (answer !== undefined) return answer[1] ?? "done";
  return outs.some(({ kind }) => kind === "publish") ? "published" : "nothing";
}

/** Why the node may not publish an item, or null. */
function refusal({ state }: Follower, item: Json): string | null {
  return chain.refuse!(state, [])(item);
}

/** Who was answered, and how. */
function ends(outs: readonly AppOut[]): [tag: number, why: string | null][] {
  return outs.flatMap((out) =>
    out.kind === "answer" && out.source.kind === "local" ? [[out.source.tag, out.why]] : []
  );
}

/** Who waits for a record that came, by its key. */
function bound({ state }: Follower): (number | null)[] {
  const keys = [...state.pool.keys()];
  return state.waits.map(({ key }) => key === null ? null : keys.indexOf(key));
}

/** Puts all that waits into a block; who is answered then. */
function order(node: Follower): [tag: number, why: string | null][] {
  return ends(node.blocks([blockOn(node.state.tree!.best, [...node.state.pool.values()])]));
}

Deno.test("`takeRequest()` takes a record that is guarded from its own app only", () => {
  const one = node(), item = step(1), request = { item, depth: 1 };
  const why = "such records are handed over by the app steps only";
  for (const by of [null, "other", CHAIN]) {
    assertEquals(ends(one.request(request, of(1), by)), [[1, why]]);
  }
  assertEquals(refusal(one, item), why);
  assertEquals(refusal(one, text("a")), null);
  assertEquals(want(one, item, 2), "published");
  // What was handed over is published, and nothing else.
  assertEquals([item, step(2)].map((other) => refusal(one, other)), [null, why]);
  one.records([item], one.self);
  assertEquals(refusal(one, item), why);
});

Deno.test("`takeRequest()` refuses a depth that is none", () => {
  for (const depth of [0, -1, 0.5, "1", null]) {
    const outs = node().request({ item: text("a"), depth }, of(1));
    assertEquals(ends(outs), [[1, "a record and its depth are expected"]]);
  }
});

Deno.test("the same text twice is two records, and each waits for its own", () => {
  const one = node();
  assertEquals([1, 2].map((tag) => want(one, text("a"), tag)), ["published", "published"]);
  one.records([text("a")], one.self);
  assertEquals(bound(one), [0, null]);
  one.records([text("a")], one.self);
  assertEquals(bound(one), [0, 1]);
  // A third is another one, too, also while the others wait in the pool.
  assertEquals(want(one, text("a"), 3), "published");
});

Deno.test("what is to count once is one record, for all who want it before it came and behind", () => {
  const one = node();
  assertEquals([1, 2].map((tag) => want(one, text("a"), tag, true)), ["published", "nothing"]);
  one.records([text("a")], one.self);
  assertEquals(want(one, text("a"), 3, true), "nothing");
  assertEquals(bound(one), [0, 0, 0]);
  assertEquals(order(one), [[1, null], [2, null], [3, null]]);
});

Deno.test("whoever shares a record need not be the first who wants it", () => {
  const one = node();
  assertEquals(want(one, text("a"), 1), "published");
  assertEquals(want(one, text("a"), 2, true), "nothing");
  assertEquals(want(one, text("a"), 3), "published");
  one.records([text("a")], one.self);
  assertEquals(bound(one), [0, 0, null]);
});

Deno.test("one id is one record, which is the same again for who says the same", () => {
  const one = node();
  assertEquals(want(one, text("a", "x"), 1), "published");
  one.records([text("a", "x")], one.self);
  assertEquals(want(one, text("a", "x"), 2), "nothing");
  assertEquals(want(one, text("b", "x"), 3), "published");
  assertEquals(order(one), [[1, null], [2, null]]);
  assertEquals(want(one, text("a", "x"), 4), "done");
  assertEquals(want(one, text("b", "x"), 5), "the id x is used already");
});

Deno.test("the same record of somebody else is another one", () => {
  const one = node();
  one.records([text("a")], ann);
  assertEquals(want(one, text("a"), 1, true), "published");
  one.records([text("a")], ann);
  assertEquals(bound(one), [null]);
  one.records([text("b", "x")], ann);
  order(one);
  assertEquals(want(one, text("b", "x"), 2), "the id x is used already");
});

Deno.test("a record that waits for others is wanted again where it counts once, and waited for", () => {
  const one = node();
  assertEquals(want(one, step(2), 1, true), "published");
  one.records([step(2)], one.self);
  // The same again is the same, or another one for who does not say so.
  assertEquals(want(one, step(2), 2, true), "nothing");
  assertEquals(want(one, step(2), 3), "published");
  one.records([step(1)], ann);
  const [two, first] = [...one.state.pool.values()];
  const { best } = one.state.tree!;
  assertEquals(ends(one.blocks([blockOn(best, [first])])), []);
  assertEquals(ends(one.blocks([blockOn(one.state.tree!.best, [two])])), [[1, null], [2, null]]);
});

Deno.test("a record that has no place any more does not stand for another one", () => {
  const one = node();
  one.records([step(1), step(1)], one.self);
  const [first] = one.state.pool.values();
  one.blocks([blockOn(one.state.tree!.best, [first])]);
  assertEquals(one.state.pool.size, 1);
  assertEquals(want(one, step(1), 1, true), "it is over");
});

Deno.test("whoever waits for some depth is answered at that depth, and once", () => {
  const one = node();
  one.request({ item: text("a"), depth: 2 }, of(1));
  want(one, text("b"), 2);
  one.records([text("a"), text("b")], one.self);
  assertEquals(order(one), [[2, null]]);
  assertEquals(order(one), [[1, null]]);
  assertEquals([order(one), one.state.waits], [[], []]);
});

Deno.test("whoever wants the newest chain hands no record over", () => {
  const one = node();
  assertEquals(ends(one.request({ newest: true }, of(1))), []);
  assertEquals([one.state.waits.length, one.state.catching.length], [0, 1]);
});

Deno.test("whoever waits for a record that lost its place is told why", () => {
  const one = node();
  want(one, text("a", "x"), 1);
  want(one, text("b"), 2);
  one.records([text("a", "x"), text("b")], one.self);
  one.records([text("other", "x")], ann);
  const [, , other] = [...one.state.pool.values()];
  const outs = one.blocks([blockOn(one.state.tree!.best, [other])]);
  assertEquals(ends(outs), [[1, "the id x is used already"]]);
});

Deno.test("where too many wait, the one that waited longest is late", () => {
  const one = node(), never = { item: text("a"), depth: 1_000_000 };
  const before = Array.from({ length: WAITS_MAX }, (_, tag) => one.request(never, of(tag)));
  assertEquals(before.flatMap(ends), []);
  const outs = one.request(never, of(WAITS_MAX));
  const [answer] = outs.filter(({ kind }) => kind === "answer");
  const why = "too many wait for records";
  assertEquals(answer, { kind: "answer", source: of(0), why, late: true });
  const tags = one.state.waits.map(({ source }) => source.kind === "local" ? source.tag : -1);
  assertEquals([tags.length, tags[0], tags.at(-1)], [WAITS_MAX, 1, WAITS_MAX]);
  assert(outs.some(({ kind }) => kind === "publish"));
});
