import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  CONTROL_BURST,
  CONTROL_PER_SECOND,
  STALL_MS,
  STUCK_MS,
  WINDOW_BYTES,
} from "../../../../src/core/data/limits.ts";
import {
  keepsPace,
  learnHas,
  type Link,
  newLink,
  noteAcked,
  noteUnderWay,
  spendBudget,
  spendRouteBudget,
} from "../../../../src/core/session/link.ts";
import { isAtEnd, lagBytes, pumpTopic } from "../../../../src/core/replication/pump.ts";
import { clockLines, readClock } from "../../../../src/core/wire/clock_lines.ts";
import { encodeLine } from "../../../../src/core/wire/line.ts";
import {
  emptyLog,
  insertEntries,
  type LogState,
  skipEntries,
  trimLog,
} from "../../../../src/core/log/log.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { check } from "../../../helpers/check.ts";
import { crypto, entryOf, hashOf, makeEntry, makeLine, ORIGINS } from "../../../helpers/history.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";

const [ann, bob] = ORIGINS;

function linkWith(change: Partial<Link> = {}): Link {
  const opened = { id: 1, dialled: null, expected: "", remote_host: "there", nonce: "n" };
  const up = { role: "peer", stage: "up", streaming: true } as const;
  return { ...newLink(opened, 0), ...up, ...change };
}

/** A log of chat in which origins wrote entries of the given sizes. */
function logOf(written: readonly (readonly [origin: string, size: number])[]): LogState {
  const heads = new Map<string, { seq: number; previous: string }>();
  const entries = written.map(([origin, size]) => {
    const { seq, previous } = heads.get(origin) ?? { seq: 1, previous: "" };
    const items = JSON.stringify(["x".repeat(size)]);
    const line = makeLine({ origin, seq, previous, first: seq, items });
    heads.set(origin, { seq: seq + 1, previous: hashOf(line) });
    return entryOf(line);
  });
  return insertEntries(emptyLog(ORIGINS[3]), entries, 0, crypto.env)[0];
}

const written = fc.array(fc.tuple(fc.constantFrom(ann, bob), fc.constantFrom(1, 9_000, 60_000)), {
  maxLength: 20,
  size: "max",
});

function bytesOf(lines: readonly Uint8Array[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}

Deno.test("`pumpTopic()` sends what the peer has not got, in order, never above the window", () => {
  check(
    fc.property(written, fc.array(fc.nat(9), { maxLength: 2 }), fc.infiniteStream(fc.nat(99)), (
      all,
      has,
      draws,
    ) => {
      const log = deepFreeze(logOf(all));
      const order = [...log.topics.get("chat")?.order.from() ?? []];
      const expected = order.filter(({ log, seq }) => seq > (has[log] ?? 0));
      let link = linkWith({ has });
      const sent: Uint8Array[] = [];
      while (sent.length < expected.length) {
        const pumped = pumpTopic(deepFreeze(link), log, "chat");
        assertEquals(pumped.gaps, []);
        sent.push(...pumped.lines);
        link = pumped.link;
        const under_way = link.sent_bytes - link.acked_bytes;
        assert(under_way <= WINDOW_BYTES, "the window is exceeded");
        assertEquals(link.sent_bytes, bytesOf(sent));
        if (sent.length === expected.length) break;
        assert(under_way > 0, "it waits for nothing");
        const [draw] = draws.take(1);
        const acked_bytes = link.acked_bytes + Math.ceil(under_way * (1 + draw) / 100);
        link = { ...link, acked_bytes: Math.min(acked_bytes, link.sent_bytes) };
      }
      assertEquals(sent.length, expected.length);
      for (const [index, line] of sent.entries()) assertStrictEquals(line, expected[index].line);
      link = { ...link, acked_bytes: link.sent_bytes };
      const idle = pumpTopic(link, log, "chat");
      assertEquals(idle.lines, []);
      assertEquals(isAtEnd(idle.link, log, "chat"), order.length > 0);
      assertEquals(
        order.length === 0 ? 0 : lagBytes(idle.link, "chat", log.topics.get("chat")!),
        0,
      );
    }),
  );
});

Deno.test("`pumpTopic()` sends a line that fills the window alone", () => {
  const log = logOf([[ann, 1], [ann, WINDOW_BYTES - 400], [ann, 1]]);
  const first = pumpTopic(linkWith(), log, "chat");
  assertEquals(first.lines.length, 1);
  assertEquals(pumpTopic(first.link, log, "chat").lines, []);
  const second = pumpTopic({ ...first.link, acked_bytes: first.link.sent_bytes }, log, "chat");
  assertEquals(second.lines.length, 1);
  assertEquals(pumpTopic(second.link, log, "chat").lines, []);
});

Deno.test("`pumpTopic()` returns the same link where there is nothing to do", () => {
  const link = linkWith();
  assertStrictEquals(pumpTopic(link, logOf([]), "chat").link, link);
  const log = logOf([[ann, 1]]);
  const { link: done } = pumpTopic(link, log, "chat");
  assertStrictEquals(pumpTopic(done, log, "chat").link, done);
});

Deno.test("`pumpTopic()` tells a peer of a gap once, and sends nothing before it is accepted", () => {
  const whole = logOf([[ann, 1], [ann, 1], [bob, 1], [ann, 1]]);
  const log = trimLog(whole, whole.kept_bytes - 1_000);
  const { link, lines, gaps } = pumpTopic(linkWith(), log, "chat");
  const topic = "chat";
  assertEquals([lines, gaps], [[], [{ origin: ann, topic, from: 1, to: 2 }]]);
  assertEquals(pumpTopic(link, log, "chat").gaps, []);
  assertEquals(pumpTopic(link, log, "chat").lines, []);
  const accepted = pumpTopic({ ...link, has: [2] }, log, "chat");
  assertEquals([accepted.lines.length, accepted.gaps.length], [2, 0]);
  // Who has those entries already hears of no gap.
  assertEquals(pumpTopic(linkWith({ has: [2] }), log, "chat").gaps, []);
});

Deno.test("`pumpTopic()` tells a guest of a gap and goes on, and counts what it sent as had", () => {
  const whole = logOf([[ann, 1], [ann, 1], [bob, 1], [ann, 1]]);
  const log = trimLog(whole, whole.kept_bytes - 1_000);
  const guest = linkWith({ role: "guest", cursors: new Map([["chat", 0]]) });
  const { link, lines, gaps } = pumpTopic(guest, log, "chat");
  assertEquals([lines.length, gaps.length], [2, 1]);
  assertEquals(link.has, [3, 1]);
  assertEquals(pumpTopic(link, log, "chat").gaps, []);
});

Deno.test("`lagBytes()` says how much of a topic a link has not looked at", () => {
  const log = logOf([[ann, 60_000], [ann, 60_000], [ann, 60_000], [ann, 60_000]]);
  const topic = log.topics.get("chat")!;
  const { link } = pumpTopic(linkWith(), log, "chat");
  assertEquals(lagBytes(linkWith(), "chat", topic), topic.bytes);
  assertEquals(lagBytes(link, "chat", topic), topic.bytes - link.sent_bytes);
});

Deno.test("`clockLines()` and `readClock()` carry a clock of any size", () => {
  const origins = Array.from({ length: 1_001 }, (_, index) => fakeId(`n${index}`));
  const entries = origins.map((origin) => makeEntry({ origin, seq: 1 }));
  const [log] = insertEntries(emptyLog(ann), entries, 0, crypto.env);
  const lines = clockLines(log, log.clock.keys(), 7);
  assertEquals(lines.map((line) => line.k === "have" && [line.more, line.n]), [
    [true, undefined],
    [undefined, 7],
  ]);
  for (const line of lines) assert(encodeLine(line).length < 262_144);
  const read = lines.flatMap((line) => line.k === "have" ? [...readClock(log, line.c)] : []);
  assertEquals(read, origins.map((id, index) => ({ index, key: `${id}/chat`, seq: 1 })));
  assertEquals([...readClock(emptyLog(ann), { [bob]: { chat: 3 } })], [
    { index: -1, key: `${bob}/chat`, seq: 3 },
  ]);
});

Deno.test("`clockLines()` leaves out logs of which nothing is there", () => {
  const gap = { origin: bob, topic: "chat", from: 1, to: 4 };
  const [skipped] = skipEntries(logOf([[ann, 1]]), gap, crypto.env);
  const [waiting] = insertEntries(
    skipped,
    [makeEntry({ origin: ORIGINS[2], seq: 3, previous: "A".repeat(43) })],
    0,
    crypto.env,
  );
  assertEquals(clockLines(waiting, waiting.clock.keys(), undefined), [
    { k: "have", c: { [ann]: { chat: 1 }, [bob]: { chat: 4 } } },
  ]);
});

Deno.test("`keepsPace()` is false of a peer that owes something and has said nothing lately", () => {
  const owing = linkWith({ sent_bytes: 2, acked_bytes: 1 });
  assert(keepsPace(owing, STALL_MS - 1));
  assert(!keepsPace(owing, STALL_MS));
  // Any word shows that it lives, and so does an acknowledgement.
  assert(keepsPace({ ...owing, heard_ms: 1 }, STALL_MS));
  assert(keepsPace({ ...owing, progress_ms: 1 }, STALL_MS));
  // Who owes nothing may be silent.
  assert(keepsPace({ ...owing, acked_bytes: 2 }, STALL_MS));
});

Deno.test("`keepsPace()` is false of a peer that takes too little, and before it streams", () => {
  const talking = linkWith({ sent_bytes: 2, acked_bytes: 1, heard_ms: STUCK_MS });
  assert(keepsPace(talking, STUCK_MS - 1));
  assert(!keepsPace(talking, STUCK_MS));
  assert(!keepsPace(linkWith({ streaming: false }), 0));
});

Deno.test("`spendBudget()` allows a burst, and then so many lines a second", () => {
  let link: Link | null = linkWith();
  for (let count = 0; count < CONTROL_BURST; count++) link = spendBudget(link!, 0);
  assertEquals(spendBudget(link!, 0), null);
  for (let count = 0; count < CONTROL_PER_SECOND; count++) link = spendBudget(link!, 1_000);
  assertEquals(spendBudget(link!, 1_000), null);
});

Deno.test("`spendRouteBudget()` leaves room for the own lines of whoever hands on", () => {
  let link: Link | null = linkWith();
  for (const now_ms of [0, 1_000]) {
    let lines = 0;
    for (let next: Link | null = link; next !== null; next = spendRouteBudget(link!, 1, now_ms)) {
      link = next;
      lines++;
    }
    assertEquals(lines - 1, CONTROL_PER_SECOND / 2);
  }
  assertEquals(spendRouteBudget(linkWith(), CONTROL_PER_SECOND, 0), null);
});

Deno.test("`noteAcked()` forgets which bytes of others are acknowledged", () => {
  const link = noteUnderWay(noteUnderWay(linkWith(), 100, 0), 50, 0);
  assertEquals([link.sent_bytes, link.routed], [150, [[0, 150]]]);
  const between = noteUnderWay({ ...link, sent_bytes: 250 }, 10, 0);
  assertEquals(noteAcked(between, 149, 1).routed, [[0, 150], [250, 260]]);
  assertEquals(noteAcked(between, 150, 1).routed, [[250, 260]]);
  assertEquals(noteAcked(between, 260, 1).routed, []);
});

Deno.test("`learnHas()` grows the list, and never goes back", () => {
  const has: number[] = [];
  learnHas(has, 2, 5);
  learnHas(has, 2, 3);
  assertEquals(has, [0, 0, 5]);
});

Deno.test("`pumpTopic()` sends a graft the newest entry of a log, also when it has no place any more", () => {
  const log = trimLog(logOf([[ann, 1], [bob, 9_000]]), 9_500);
  const index = log.keys.find(`${ann}/chat`), { order } = log.topics.get("chat")!;
  assertEquals(log.heads[index].entries.length, 0);
  const cursors = new Map([["chat", order.end]]);
  const { lines, link } = pumpTopic(
    linkWith({ cursors, grafts: new Map([[index, 1]]) }),
    log,
    "chat",
  );
  assertEquals([lines.length, link.grafts.size], [1, 0]);
});
