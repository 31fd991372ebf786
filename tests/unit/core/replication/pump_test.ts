import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { WINDOW_BYTES } from "../../../../src/core/data/limits.ts";
import { type LinkFlow, newLinkFlow } from "../../../../src/core/flow/slice.ts";
import { insertEntries, trimLog } from "../../../../src/core/log/log.ts";
import { emptyLog, type LogState } from "../../../../src/core/log/slice.ts";
import { isAtEnd, lagBytes } from "../../../../src/core/replication/pump.ts";
import { pumpTopic } from "../../../helpers/pump_topic.ts";
import {
  hasOf,
  newReplica,
  openLogs,
  type Replica,
  ReplicaEdit,
} from "../../../../src/core/replication/slice.ts";
import { check } from "../../../helpers/check.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";
import { entryOf, hashOf, makeLine, ORIGINS } from "../../../helpers/history.ts";
import { ENV } from "../../../helpers/node_subject.ts";

const [ann, bob] = ORIGINS;

/** What one peer has of the logs by their numbers, and what is under way to it. */
interface Peer {
  readonly replica: Replica;
  readonly outward: LinkFlow["outward"];
  readonly is_guest: boolean;
}

function peerWith(has: readonly number[] = [], change: Partial<Peer> = {}): Peer {
  const replica = changed(newReplica(), (edit) => {
    for (const [index, seq] of has.entries()) edit.learn(index, seq);
  });
  return { replica, outward: newLinkFlow(0).outward, is_guest: false, ...change };
}

function changed(replica: Replica, change: (edit: ReplicaEdit) => void): Replica {
  const edit = new ReplicaEdit(replica);
  change(edit);
  return edit.finish();
}

/** Pumps chat to a peer, which has what is sent under way then. */
function pump(peer: Peer, log: LogState) {
  const { outward, is_guest } = peer;
  const options = { is_guest, outward, window_bytes: WINDOW_BYTES };
  const { replica, pump } = pumpTopic(peer.replica, log, "chat", options);
  const sent_bytes = outward.sent_bytes + pump.bytes;
  const lines = pump.entries.map(({ line }) => line);
  return {
    peer: { ...peer, replica, outward: { ...outward, sent_bytes } },
    lines,
    gaps: pump.gaps,
  };
}

/** The peer acknowledges, up to a number of bytes. */
function acked(peer: Peer, acked_bytes = peer.outward.sent_bytes): Peer {
  return { ...peer, outward: { ...peer.outward, acked_bytes } };
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
  return insertEntries(emptyLog(ORIGINS[3]), entries, 0, ENV)[0];
}

const written = fc.array(fc.tuple(fc.constantFrom(ann, bob), fc.constantFrom(1, 9_000, 60_000)), {
  maxLength: 20,
  size: "max",
});

function bytesOf(lines: readonly Uint8Array[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}

Deno.test("`Pump.topic()` sends what the peer has not got, in order, never above the window", () => {
  check(
    fc.property(written, fc.array(fc.nat(9), { maxLength: 2 }), fc.infiniteStream(fc.nat(99)), (
      all,
      has,
      draws,
    ) => {
      const log = deepFreeze(logOf(all));
      const order = [...log.topics.get("chat")?.order.from() ?? []];
      const expected = order.filter(({ log, seq }) => seq > (has[log] ?? 0));
      let peer = peerWith(has);
      const sent: Uint8Array[] = [];
      while (sent.length < expected.length) {
        const pumped = pump(deepFreeze(peer), log);
        assertEquals(pumped.gaps, []);
        sent.push(...pumped.lines);
        peer = pumped.peer;
        const { sent_bytes, acked_bytes } = peer.outward;
        const under_way = sent_bytes - acked_bytes;
        assert(under_way <= WINDOW_BYTES, "the window is exceeded");
        assertEquals(sent_bytes, bytesOf(sent));
        if (sent.length === expected.length) break;
        assert(under_way > 0, "it waits for nothing");
        const [draw] = draws.take(1);
        const taken_bytes = acked_bytes + Math.ceil(under_way * (1 + draw) / 100);
        peer = acked(peer, Math.min(taken_bytes, sent_bytes));
      }
      assertEquals(sent.length, expected.length);
      for (const [index, line] of sent.entries()) assertStrictEquals(line, expected[index].line);
      const idle = pump(acked(peer), log), { replica } = idle.peer;
      assertEquals(idle.lines, []);
      assertEquals(isAtEnd(replica, log, "chat"), order.length > 0);
      assertEquals(
        order.length === 0 ? 0 : lagBytes(replica, "chat", log.topics.get("chat")!),
        0,
      );
    }),
  );
});

Deno.test("`Pump.topic()` sends a line that fills the window alone", () => {
  const log = logOf([[ann, 1], [ann, WINDOW_BYTES - 400], [ann, 1]]);
  const first = pump(peerWith(), log);
  assertEquals(first.lines.length, 1);
  assertEquals(pump(first.peer, log).lines, []);
  const second = pump(acked(first.peer), log);
  assertEquals(second.lines.length, 1);
  assertEquals(pump(second.peer, log).lines, []);
});

Deno.test("`Pump.topic()` returns the same replica where there is nothing to do", () => {
  const peer = peerWith();
  assertStrictEquals(pump(peer, logOf([])).peer.replica, peer.replica);
  const log = logOf([[ann, 1]]);
  const { peer: done } = pump(peer, log);
  assertStrictEquals(pump(done, log).peer.replica, done.replica);
});

Deno.test("`Pump.topic()` tells a peer of a gap once, and sends nothing before it is accepted", () => {
  const whole = logOf([[ann, 1], [ann, 1], [bob, 1], [ann, 1]]);
  const log = trimLog(whole, whole.totals.kept_bytes - 1_000);
  const { peer, lines, gaps } = pump(peerWith(), log);
  const topic = "chat";
  assertEquals([lines, gaps], [[], [{ origin: ann, topic, from: 1, to: 2 }]]);
  assertEquals(pump(peer, log).gaps, []);
  assertEquals(pump(peer, log).lines, []);
  const told = changed(peer.replica, (edit) => edit.learn(0, 2));
  const accepted = pump({ ...peer, replica: told }, log);
  assertEquals([accepted.lines.length, accepted.gaps.length], [2, 0]);
  // Who has those entries already hears of no gap.
  assertEquals(pump(peerWith([2]), log).gaps, []);
});

Deno.test("`Pump.topic()` tells a guest of a gap and goes on, and counts what it sent as had", () => {
  const whole = logOf([[ann, 1], [ann, 1], [bob, 1], [ann, 1]]);
  const log = trimLog(whole, whole.totals.kept_bytes - 1_000);
  const replica = changed(newReplica(), (edit) => edit.moveCursor("chat", 0));
  const { peer: guest, lines, gaps } = pump(peerWith([], { is_guest: true, replica }), log);
  assertEquals([lines.length, gaps.length], [2, 1]);
  assertEquals([hasOf(guest.replica, 0), hasOf(guest.replica, 1)], [3, 1]);
  assertEquals(pump(guest, log).gaps, []);
});

Deno.test("`lagBytes()` says how much of a topic a link has not looked at", () => {
  const log = logOf([[ann, 60_000], [ann, 60_000], [ann, 60_000], [ann, 60_000]]);
  const topic = log.topics.get("chat")!;
  const { peer: { replica, outward } } = pump(peerWith(), log);
  assertEquals(lagBytes(newReplica(), "chat", topic), topic.bytes);
  assertEquals(lagBytes(replica, "chat", topic), topic.bytes - outward.sent_bytes);
});

Deno.test("`Pump.topic()` sends a graft the newest entry of a log, also when it has no place any more", () => {
  const log = trimLog(logOf([[ann, 1], [bob, 9_000]]), 9_500);
  const index = log.keys.find(`${ann}/chat`), { order } = log.topics.get("chat")!;
  assertEquals(log.heads[index].entries.length, 0);
  const replica = changed(newReplica(), (edit) => {
    edit.moveCursor("chat", order.end);
    edit.change(index, { wanted: 1 });
  });
  const { lines, peer } = pump(peerWith([], { replica }), log);
  assertEquals([lines.length, openLogs(peer.replica, ({ wanted }) => wanted > 0)], [1, []]);
});

Deno.test("`Pump.topic()` only tells a peer of the entries of origins that are lazy on its link", () => {
  const log = logOf([[ann, 1], [bob, 1], [ann, 1]]);
  const { outward } = newLinkFlow(0), window_bytes = WINDOW_BYTES;
  const options = { is_guest: false, outward, window_bytes, isLazy: (id: string) => id === ann };
  const { replica, pump } = pumpTopic(newReplica(), log, "chat", options);
  assertEquals(pump.entries.map(({ log: index }) => log.heads[index].origin), [bob]);
  const announced = openLogs(replica, ({ announced }) => announced);
  assertEquals([pump.announces, announced.map(([index]) => index)], [true, [0]]);
  assert(isAtEnd(replica, log, "chat"));
});
