/** Searches of guests: what they are told when they ask, and that nobody searches for who is gone. */

import { assert, assertEquals } from "@std/assert";
import { filesApp } from "./holding.ts";
import type { Searches } from "../../../src/apps/files/search/state.ts";
import type { NodeState } from "../../../src/core/node.ts";
import { GUEST, run, say, withGuest } from "../../helpers/guest.ts";
import { CONFIG } from "../../helpers/node_subject.ts";
import { file, linkOf } from "./searching.ts";

const FILES = [file("x1"), file("y"), file("x2"), file("x3", [[1, 1]], 2)];

function node(own = false): NodeState {
  return withGuest({ apps: [filesApp(FILES)], own });
}

function searching(i: number, more: Readonly<Record<string, unknown>> = {}) {
  return { k: "request", i, app: "files", r: { k: "search", key: "k", words: ["x"], ...more } };
}

function asking(i: number, ...a: string[]) {
  return { k: "ask", i, q: "found", a };
}

function searches({ host }: NodeState): Searches {
  return (host.states.get("files") as { searches: Searches }).searches;
}

/** A row as the guest is told it. */
function row(name: string, chunks = 1, has: unknown = null): string[] {
  return [linkOf(name, chunks), name, JSON.stringify(has), CONFIG.id, CONFIG.name];
}

Deno.test("a guest hears what is found, from where it has read, and that it is over", () => {
  const { after, heard } = say(node(), searching(1));
  assertEquals(heard, [{ k: "delivered", i: 1 }]);
  assertEquals(say(after, asking(2, "k"), asking(3, "k", "2")).heard, [
    { k: "answer", i: 2, r: [["over", ""], row("x1"), row("x2"), row("x3", 2, [[1, 1]])] },
    { k: "answer", i: 3, r: [["over", ""], row("x3", 2, [[1, 1]])] },
  ]);
  for (const a of [["other"], [], ["k ", "0"], ["__proto__"]]) {
    assertEquals(say(after, asking(4, ...a)).heard, [{ k: "answer", i: 4, r: [] }]);
  }
  for (const from of ["4", "99999999999", "-1", "x", "1.5"]) {
    const [{ r }] = say(after, asking(4, "k", from)).heard;
    assertEquals(r[0], ["over", ""], from);
  }
});

Deno.test("a request is answered when its search is over", () => {
  const { after, heard } = say(node(), searching(1, { words: ["y"] }));
  assertEquals(heard, []);
  assertEquals(say(after, asking(2, "k")).heard, [{
    k: "answer",
    i: 2,
    r: [["open", ""], row("y")],
  }]);
  const [later, effects] = run(after, [{ kind: "tick", now_ms: after.now_ms + 1_000 }]);
  assertEquals(searches(later).own.get("k")!.step.do, "ask");
  assert(!JSON.stringify(effects).includes("delivered"));
});

Deno.test("a search ends with the guest that wanted it", () => {
  const { after } = say(node(), searching(1, { words: ["y"] }));
  assertEquals(searches(after).own.size, 1);
  const [left] = run(after, [{ kind: "closed", link: GUEST, now_ms: after.now_ms }]);
  assertEquals(searches(left).own.size, 0);
});

Deno.test("who may only say something may search, and want nothing else of files", () => {
  const other = { k: "request", i: 2, app: "files", r: { k: "share", path: "/" } };
  const [refused] = say(node(), other).heard;
  assertEquals(refused.why, "only the node's own user, on its machine, may do that");
  assertEquals(say(node(true), other).heard[0].why, "to share takes key and path");
});

Deno.test("requests that make no sense are refused, with what is wrong", () => {
  const bad: [Record<string, unknown>, string][] = [
    [{ words: undefined }, "a search needs words"],
    [{ words: "x" }, "a search needs words"],
    [{ words: [""] }, "a search needs words"],
    [{ words: ["x", 7] }, "a search needs words"],
    [{ budget: 0 }, "a budget is a whole number from 1 to 1024"],
    [{ budget: 1_025 }, "a budget is a whole number from 1 to 1024"],
    [{ budget: "2" }, "a budget is a whole number from 1 to 1024"],
    [{ budget: null }, "a budget is a whole number from 1 to 1024"],
    [{ whole: 1 }, "whole is true or false"],
    [{ key: undefined }, "a search needs a key of letters and digits"],
    [{ key: "" }, "a search needs a key of letters and digits"],
    [{ key: "a b" }, "a search needs a key of letters and digits"],
    [{ key: "x".repeat(65) }, "a search needs a key of letters and digits"],
    [{ key: ["k"] }, "a search needs a key of letters and digits"],
  ];
  for (const [more, why] of bad) {
    const { heard, after } = say(node(), searching(1, more));
    assertEquals(heard, [{ k: "refused", i: 1, why }], JSON.stringify(more));
    assertEquals(searches(after).own.size, 0);
  }
  const twice = say(node(), searching(1, { words: ["y"] }), searching(2, { words: ["z"] }));
  assertEquals(twice.heard[0].why, "there is a search of that name already");
});
