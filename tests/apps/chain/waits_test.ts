import { assertEquals, assertStrictEquals } from "@std/assert";
import type { AppOut } from "../../../src/core/host/app.ts";
import type { Source } from "../../../src/core/types.ts";
import { Follower } from "./follower.ts";

const NOW_MS = 1_700_000_000_000;
const ITEM = { k: "data", text: "x" };

/** What a guest handed over. */
function of(link: number, request = 1): Source {
  return { kind: "guest", link, request };
}

function answers(outs: readonly AppOut[]): readonly AppOut[] {
  return outs.filter(({ kind }) => kind === "answer");
}

Deno.test("`dropWaits()` forgets what a guest waited for that is gone, and nothing else", () => {
  const node = new Follower(NOW_MS);
  for (const source of [of(3), of(4), of(3, 2), { kind: "local", tag: 3 } as const]) {
    assertEquals(answers(node.request({ item: ITEM, depth: 1 }, source)), []);
  }
  assertEquals(answers(node.tell({ kind: "gone", link: 3 })), []);
  assertEquals(node.state.waits.map(({ source }) => source), [of(4), { kind: "local", tag: 3 }]);
  const before = node.state;
  node.tell({ kind: "gone", link: 3 });
  assertStrictEquals(node.state, before);
});

Deno.test("`endWaits()` answers that it is late when the time is over that was given", () => {
  const node = new Follower(NOW_MS);
  const wakes = (outs: readonly AppOut[]) =>
    outs.flatMap((out) => out.kind === "wake" ? [out.at_ms] : []);
  node.request({ item: ITEM, depth: 1 }, of(5));
  assertEquals(wakes(node.request({ item: ITEM, depth: 1, within_ms: 700 }, of(3))), [
    NOW_MS + 700,
  ]);
  node.request({ item: ITEM, depth: 1, within_ms: 900 }, of(4));
  node.now_ms += 699;
  assertEquals(node.tell({ kind: "woken" }), [{ kind: "wake", at_ms: NOW_MS + 700 }]);
  node.now_ms++;
  const why = "it is not so deep in the chain yet";
  assertEquals(node.tell({ kind: "woken" }), [
    { kind: "answer", source: of(3), why, late: true },
    { kind: "wake", at_ms: NOW_MS + 900 },
  ]);
  node.now_ms += 10_000;
  assertEquals(node.tell({ kind: "woken" }), [{ kind: "answer", source: of(4), why, late: true }]);
  assertEquals(node.state.waits.map(({ source }) => source), [of(5)]);
});

Deno.test("`takeRequest()` refuses times that are none", () => {
  const node = new Follower(NOW_MS);
  const why = "a record and its depth are expected";
  for (const within_ms of [-1, 0.5, "1", null, {}]) {
    const outs = node.request({ item: ITEM, depth: 1, within_ms }, of(3));
    assertEquals(outs, [{ kind: "answer", source: of(3), why }]);
  }
  assertEquals(node.state.waits, []);
});
