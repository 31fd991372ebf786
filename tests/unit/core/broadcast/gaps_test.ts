import { assert, assertEquals } from "@std/assert";
import { type NodeState, reduceNode } from "../../../../src/core/node.ts";
import {
  ASKS_MAX,
  GAP_EXPIRE_MS,
  OFFERS_MAX,
  PENDING_EXPIRE_MS,
} from "../../../../src/core/data/limits.ts";
import type { Effect } from "../../../../src/core/types.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { makeLine, ORIGINS } from "../../../helpers/history.ts";
import {
  CONFIG,
  drive,
  driveAll,
  ENV,
  linesEvent,
  linkedNode,
  NOW_MS,
} from "../../../helpers/node_subject.ts";

const [, , , dan] = ORIGINS;
const decoder = new TextDecoder();
const previous = "A".repeat(43);

function gapLine(from: number, to: number, origin = dan, topic = "chat"): string {
  return JSON.stringify({ k: "gap", o: origin, t: topic, s: from, e: to });
}

/** Lets time pass in steps of half a second; gives what was done. */
function pass(node: NodeState, time_ms: number): [NodeState, Effect[]] {
  const all: Effect[] = [];
  const end_ms = node.now_ms + time_ms;
  for (let now_ms = node.now_ms; now_ms <= end_ms; now_ms += 500) {
    const [after, effects] = drive(node, { kind: "tick", now_ms });
    node = after;
    all.push(...effects);
  }
  return [node, all];
}

function sent(effects: readonly Effect[], kind: string): string[] {
  return effects.flatMap((effect) =>
    effect.kind !== "send" ? [] : effect.lines.map((line) => JSON.parse(decoder.decode(line)))
      .filter(({ k }) => k === kind)
      .map(({ o, t, s }) => `${effect.link} ${o.slice(0, 3)}/${t}#${s}`)
  );
}

/** What is printed: items, and gaps as numbers. */
function printed(effects: readonly Effect[]): unknown[] {
  return effects.flatMap((effect) => effect.kind === "print" ? effect.records : []).flatMap((
    record,
  ) =>
    record.kind === "items"
      ? record.items
      : record.kind === "gap"
      ? [[record.gap.from, record.gap.to]]
      : []
  );
}

function clockOf(node: NodeState, origin = dan, topic = "chat"): number {
  return node.log.clock[node.log.keys.find(`${origin}/${topic}`)] ?? 0;
}

const behind = makeLine({ origin: dan, seq: 5, previous, first: 8, items: '["five"]' });

Deno.test("`acceptGaps()` accepts a gap that the entry behind it proves, after a while", () => {
  const [offered] = driveAll(linkedNode(), [linesEvent(1, gapLine(1, 4))]);
  const [asked, effects] = pass(offered, 2_000);
  // Three peers: another might have filled it. Then the entry behind it is wanted, once.
  assertEquals(sent(effects, "want"), ["1 dan/chat#5"]);
  assertEquals(clockOf(asked), 0);
  const [proved, more] = driveAll(asked, [linesEvent(1, behind)]);
  assertEquals([printed(more), clockOf(proved)], [[[1, 4], "five"], 5]);
  assertEquals(proved.broadcast.offers.size, 0);
});

Deno.test("`acceptGaps()` forgets a gap that nobody proves, or whose link is gone", () => {
  const [offered] = driveAll(linkedNode(), [linesEvent(1, gapLine(1, 2 ** 53 - 1))]);
  const [later] = pass(offered, GAP_EXPIRE_MS);
  assertEquals([later.broadcast.offers.size, clockOf(later)], [0, 0]);
  const closed = { kind: "closed", now_ms: NOW_MS, link: 1 } as const;
  assertEquals(pass(driveAll(offered, [closed])[0], 2_000)[0].broadcast.offers.size, 0);
});

Deno.test("`acceptGaps()` gives nothing up that another peer brings meanwhile", () => {
  const [offered] = driveAll(linkedNode(), [linesEvent(1, gapLine(1, 1))]);
  const filling = makeLine({ origin: dan, seq: 1, items: '["one"]' });
  const [filled, effects] = driveAll(offered, [linesEvent(2, filling)]);
  const [later, more] = pass(filled, 3_000);
  assertEquals(printed([...effects, ...more]), ["one"]);
  assertEquals(later.broadcast.offers.size, 0);
});

Deno.test("`takeGap()` believes no gap in the ledger, and answers one that it has passed", () => {
  const [closed] = driveAll(linkedNode(), [linesEvent(1, gapLine(1, 4, dan, "ledger"))]);
  assert(!closed.session.links.has(1));
  const filling = makeLine({ origin: dan, seq: 1 });
  const [, effects] = driveAll(linkedNode(), [
    linesEvent(2, filling),
    linesEvent(1, gapLine(1, 1)),
  ]);
  const haves = effects.flatMap((effect) =>
    effect.kind === "send" && effect.link === 1
      ? effect.lines.map((line) => decoder.decode(line))
      : []
  );
  assert(haves.some((line) => line.startsWith('{"k":"have"') && line.includes('"chat":1')));
});

Deno.test("`takeGap()` cannot touch this node's own log", () => {
  const own = gapLine(1, 2 ** 53 - 1, CONFIG.id);
  const [offered] = driveAll(linkedNode(), [linesEvent(1, own)]);
  const [later] = pass(offered, GAP_EXPIRE_MS + 1_000);
  const event = { kind: "publish", topic: "chat", items: ["mine"], first_tag: 1 } as const;
  const [after] = driveAll(later, [{ ...event, now_ms: later.now_ms }]);
  assertEquals(clockOf(after, CONFIG.id), 1);
});

Deno.test("`askForCauses()` asks all peers for a missing cause, and in the end goes on without", () => {
  const stuck = makeLine({ origin: dan, seq: 1, deps: { [fakeId("eve")]: 3 }, items: '["late"]' });
  const [waiting, first] = driveAll(linkedNode(), [linesEvent(1, stuck)]);
  assertEquals(printed(first), []);
  const [asked, effects] = pass(waiting, 2_000);
  // Nothing of eve is known: her last entry tells whether anybody has any.
  assertEquals(new Set(sent(effects, "want")), new Set([1, 2, 3].map((id) => `${id} eve/chat#3`)));
  const [after, more] = pass(asked, PENDING_EXPIRE_MS);
  assertEquals(printed(more), [[1, 3], "late"]);
  assertEquals(after.log.pending.entries, 0);
  assertEquals(after.broadcast.pending_ms, Infinity);
});

Deno.test("`askForCauses()` gives up missing predecessors, but none of the ledger", () => {
  const payment = makeLine({ origin: dan, topic: "ledger", seq: 5, previous });
  const [waiting] = driveAll(linkedNode(), [linesEvent(1, behind, payment)]);
  const [after, effects] = pass(waiting, PENDING_EXPIRE_MS + 2_000);
  assertEquals([clockOf(after), printed(effects)], [5, [[1, 4], "five"]]);
  assertEquals(clockOf(after, dan, "ledger"), 0);
});

Deno.test("`askForCauses()` asks for no more than so much at once", () => {
  const many = Array.from(
    { length: ASKS_MAX + 50 },
    (_, at) => makeLine({ origin: fakeId(`n${at}`), seq: 2, previous }),
  );
  const [waiting] = driveAll(linkedNode(), [linesEvent(1, ...many)]);
  const [, effects] = drive(waiting, { kind: "tick", now_ms: NOW_MS });
  const [, asked] = pass(waiting, 1_000);
  assertEquals(sent(effects, "want"), []);
  assert(sent(asked, "want").length <= 3 * ASKS_MAX * 2);
});

Deno.test("`askForCauses()` tells of a fork that comes to light when a cause is given up", () => {
  const first = makeLine({ origin: dan, seq: 1, items: '["one"]' });
  // Signed on top of another first entry, and behind something that never comes.
  const second = makeLine({ origin: dan, seq: 2, previous, deps: { [fakeId("eve")]: 3 } });
  const config = { durable: true };
  const [waiting] = driveAll(linkedNode(config), [linesEvent(1, first, second)]);
  const [after, effects] = pass(waiting, PENDING_EXPIRE_MS + 2_000);
  const told = effects.filter((one) => one.kind === "notice" && one.notice.kind === "forked");
  assertEquals(told.length, 1);
  const stored = effects.flatMap((one) => one.kind === "persist" ? one.batch.forks : []);
  assertEquals([...stored, ...after.storage.news.forks].slice(0, 1).map(({ origin }) => origin), [
    dan,
  ]);
});

Deno.test("`takeGap()` remembers as many offers as there is room for, each at the same cost", () => {
  let node = linkedNode();
  const lines = Array.from(
    { length: OFFERS_MAX + 400 },
    (_, at) => gapLine(1, 5, fakeId(`nobody${at}`)),
  );
  for (let at = 0; at < lines.length; at += 400) {
    // As fast as lines may come. With a copy for each line this would take minutes.
    const event = linesEvent(1, ...lines.slice(at, at + 400));
    [node] = reduceNode(node, { ...event, now_ms: NOW_MS + at / 10 }, ENV);
  }
  assertEquals(node.broadcast.offers.size, OFFERS_MAX);
  assertEquals(node.counts.get("rejected:too-many-gaps"), 400);
});
