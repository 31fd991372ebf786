import { assert, assertEquals } from "@std/assert";
import {
  ANSWER_BYTES_TARGET,
  COUNTS_MAX,
  DRAFT_BYTES_MAX,
  REQUESTS_PER_GUEST_MAX,
} from "../../../../src/core/data/limits.ts";
import { reduceNode } from "../../../../src/core/node.ts";
import type { Effect } from "../../../../src/core/types.ts";
import { GUEST, heard, say, withGuest } from "../../../helpers/guest.ts";
import { driveAll, ENV, linesEvent, NOW_MS, openedEvent } from "../../../helpers/node_subject.ts";

function reasons(effects: readonly Effect[]): unknown[] {
  return heard(effects).map(({ why }) => why);
}

Deno.test("`reduceGuests()` takes all items of a request, or none", () => {
  const node = withGuest();
  const publish = (i: number, b: unknown[]) => ({ k: "publish", i, t: "chat", b });
  const { heard } = say(node, publish(1, ["a", "b"]), publish(2, ["c", 1]), publish(3, []));
  assertEquals(heard.map(({ k, i }) => [k, i]), [
    ["refused", 2],
    ["refused", 3],
    ["published", 1],
  ]);
  // Only what was taken is drafted, and then sealed.
  const { after } = say(node, publish(1, ["a", "b"]), publish(2, ["c", 1]));
  assertEquals(after.log.topics.get("chat")?.order.get(0)?.count, 2);
  assertEquals(after.log.topics.get("chat")?.order.length, 1);
});

Deno.test("`reduceGuests()` refuses a number in use, too many requests, and more than fits", () => {
  const node = withGuest();
  const publish = (i: number, ack = 9) => ({ k: "publish", i, t: "chat", b: ["x"], ack });
  const { heard } = say(node, publish(1), publish(1));
  assertEquals(heard.map(({ why }) => why), ["request 1 is under way already"]);
  const many = Array.from({ length: REQUESTS_PER_GUEST_MAX + 1 }, (_, i) => publish(i));
  assertEquals(say(node, ...many).heard.map(({ why }) => why), ["too many requests at once"]);
  const large = (i: number) => ({ ...publish(i), b: Array(2).fill("x".repeat(100_000)) });
  let state = node, refused: unknown[] = [];
  for (let i = 0; i * 200_000 <= DRAFT_BYTES_MAX + 200_000; i++) {
    // No tick: nothing is sealed meanwhile.
    const [after, effects] = reduceNode(
      state,
      linesEvent(GUEST, JSON.stringify(large(i))),
      ENV,
    );
    state = after;
    refused = reasons(effects);
  }
  assertEquals(refused, ["the node is busy, try again"]);
});

Deno.test("`reducePublish()` forgets what a guest waited for with its link", () => {
  const publish = (i: number) => ({ k: "publish", i, t: "chat", b: ["x"], ack: 9 });
  const { after } = say(withGuest(), publish(1), publish(2));
  assertEquals(after.publish.requests.size, 2);
  const [left] = reduceNode(after, { kind: "closed", link: GUEST, now_ms: NOW_MS }, ENV);
  assertEquals(left.publish.requests.size, 0);
});

Deno.test("`reduceGuests()` refuses while the node is not running", () => {
  const leave = { kind: "leave", now_ms: NOW_MS, deadline_ms: NOW_MS + 9_000 } as const;
  const [node] = reduceNode(withGuest(), leave, ENV);
  const line = linesEvent(GUEST, '{"k":"publish","i":1,"t":"chat","b":["x"]}');
  assertEquals(reasons(reduceNode(node, line, ENV)[1]), [
    "the node is not taking lines now",
  ]);
});

Deno.test("`reduceGuests()` answers piece by piece, as often as it is asked", () => {
  const items = Array.from({ length: 3_000 }, (_, at) => ({
    from: "bank",
    to: `${"x".repeat(40)}${String(at).padStart(4, "0")}`,
    amount: 1,
  }));
  const publish = {
    kind: "publish",
    now_ms: NOW_MS,
    topic: "ledger",
    items,
    first_tag: 1,
  } as const;
  let [node] = driveAll(withGuest(), [publish]);
  const rows: [string, string][] = [];
  for (let more = true; more;) {
    const answer = say(node, { k: "ask", i: 5, q: "balances", a: [] });
    node = answer.after;
    assertEquals(answer.heard.length, 1);
    assert(JSON.stringify(answer.heard).length < ANSWER_BYTES_TARGET * 2);
    rows.push(...answer.heard[0].r);
    more = answer.heard[0].more ?? false;
  }
  assertEquals(rows.length, 3_001);
  assertEquals(rows[0], ["bank", "-3000"]);
  assertEquals(rows.map(([name]) => name), rows.map(([name]) => name).sort());
  const named = say(node, { k: "ask", i: 6, q: "balances", a: ["nobody", "bank", "nobody"] });
  assertEquals(named.heard, [{ k: "answer", i: 6, r: [["bank", "-3000"], ["nobody", "0"]] }]);
});

Deno.test("`reduceNode()` lets a guest do nothing that is for peers", () => {
  const node = withGuest();
  const { after, heard } = say(node, { k: "peers", p: [] }, {
    k: "gap",
    o: "a".repeat(42) + "0",
    t: "chat",
    s: 1,
    e: 1,
  });
  assertEquals(heard, []);
  assertEquals([after.counts.get("ignored:peers"), after.counts.get("ignored:gap")], [1, 1]);
  assertEquals(say(node, { k: "want", peers: true }).heard[0].k, "peers");
  const entry = '{"o":"' + "a".repeat(42) + '0"';
  const [closed] = driveAll(node, [linesEvent(GUEST, entry)]);
  assert(!closed.session.links.has(GUEST));
});

Deno.test("`reduceGuests()` tells how often things happened, under no more names than there is room for", () => {
  let node = withGuest();
  const goodbyes = 2 * COUNTS_MAX;
  for (let link = 10; link < 10 + goodbyes; link++) {
    const bye = JSON.stringify({ k: "bye", code: `made-up-${link}`, why: "" });
    [node] = driveAll(node, [openedEvent(link), linesEvent(link, bye)]);
  }
  assertEquals(node.counts.size, COUNTS_MAX + 1);
  const rows: [string, string][] = [];
  for (let more = true; more;) {
    const [after, effects] = driveAll(node, [linesEvent(GUEST, '{"k":"ask","i":1,"q":"counts"}')]);
    const answer = heard(effects).find(({ k }) => k === "answer");
    rows.push(...answer.r);
    [node, more] = [after, answer.more === true];
  }
  assertEquals(rows.find(([name]) => name === "bye:made-up-10"), ["bye:made-up-10", "1"]);
  const byes = rows.filter(([name]) => name.startsWith("bye:") || name === "other");
  assertEquals(byes.reduce((sum, [, count]) => sum + Number(count), 0), goodbyes);
});
