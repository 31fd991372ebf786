import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { TOPICS_PER_GUEST_MAX, WINDOW_BYTES } from "../../../../src/core/data/limits.ts";
import type { Entry } from "../../../../src/core/log/entry.ts";
import { insertEntries, trimLog } from "../../../../src/core/log/log.ts";
import type { LogState } from "../../../../src/core/log/slice.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { topicsToStream } from "../../../../src/core/replication/pump.ts";
import { reduceReplication } from "../../../../src/core/replication/reduce.ts";
import {
  hasOf,
  newReplica,
  openLogs,
  type PeerLog,
  type Replica,
  ReplicaEdit,
  type Replication,
} from "../../../../src/core/replication/slice.ts";
import type { ReplicationEvent, ReplicationOut } from "../../../../src/core/replication/turn.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";
import { entryOf, hashOf, makeEntry, makeLine, ORIGINS } from "../../../helpers/history.ts";
import { driveAll, ENV, linesEvent, linkedNode, startNode } from "../../../helpers/node_subject.ts";

const [ann, bob, cyd] = ORIGINS;
const LINK = 1;
const decoder = new TextDecoder();
const HELLO_GUEST = '{"k":"hello","v":1,"network":"rumor","guest":true}';

/** The entries 1 to `count` of an origin, each with two items. */
function chain(origin: string, count: number, topic = "chat"): Entry[] {
  const entries: Entry[] = [];
  for (let seq = 1, previous = ""; seq <= count; seq++) {
    const first = 2 * seq - 1, items = `["${seq}","${"x".repeat(500)}"]`;
    const line = makeLine({ origin, topic, seq, previous, first, items });
    entries.push(entryOf(line));
    previous = hashOf(line);
  }
  return entries;
}

/** A node that has these entries, with three peers, or with a guest on the first link. */
function nodeWith(entries: readonly Entry[], guest = false): NodeState {
  const hello = [linesEvent(LINK, HELLO_GUEST)];
  const base = guest ? driveAll(startNode({}, 1), hello)[0] : linkedNode();
  return withLog(base, insertEntries(base.log, entries, 0, ENV)[0]);
}

function withLog({ storage, ...node }: NodeState, log: LogState): NodeState {
  return { ...node, log, storage: { ...storage, settled: { ...storage.settled, log } } };
}

/** What happens to replication at a node. */
function happen(
  node: NodeState,
  event: ReplicationEvent,
  slice: Replication = node.replication,
): { slice: Replication; replica: Replica; outs: readonly ReplicationOut[] } {
  const [after, outs] = reduceReplication(deepFreeze(slice), event, { ...node, env: ENV });
  return { slice: after, replica: after.links.get(LINK)!, outs };
}

/** Control lines and entries that go out. */
// deno-lint-ignore no-explicit-any -- lines of any kind
function said(outs: readonly ReplicationOut[]): any[] {
  return outs.flatMap((out) =>
    out.kind === "send" ? out.lines.map((line) => JSON.parse(decoder.decode(line))) : []
  );
}

function indexOf({ log }: NodeState, origin: string, topic = "chat"): number {
  return log.keys.find(`${origin}/${topic}`);
}

/** Replication where one peer stands so with some logs. */
function peerWith(
  { replication }: NodeState,
  logs: readonly (readonly [number, Partial<PeerLog>])[],
  cursors: Readonly<Record<string, number>> = {},
): Replication {
  const edit = new ReplicaEdit(replication.links.get(LINK)!);
  for (const [index, log] of logs) edit.change(index, log);
  for (const [topic, at] of Object.entries(cursors)) edit.moveCursor(topic, at);
  return { links: replication.links.set(LINK, edit.finish()) };
}

Deno.test("`reduceReplication()` knows nothing of a link that opens, and forgets one that is gone", () => {
  const node = nodeWith([]);
  const { slice } = happen(node, { kind: "opened", link: 9 });
  assertEquals(slice.links.get(9), newReplica());
  const gone = happen(node, { kind: "gone", link: 9 }, slice).slice;
  assertEquals(gone.links.has(9), false);
  assertStrictEquals(happen(node, { kind: "graft", link: 9, clock: {} }, gone).slice, gone);
});

Deno.test("`reduceReplication()` tells a peer its clock, and streams to a guest at once", () => {
  const peer = happen(nodeWith(chain(ann, 2)), { kind: "greeted", link: LINK, guest: false });
  assertEquals(said(peer.outs)[0].c[ann], { chat: 2 });
  assertEquals(peer.outs.map(({ kind }) => kind), ["send", "first_clock"]);
  const node = nodeWith([], true),
    opened = { links: node.replication.links.set(LINK, newReplica()) };
  const guest = happen(node, { kind: "greeted", link: LINK, guest: true }, opened);
  assertEquals([guest.replica.streaming, guest.outs], [true, []]);
});

Deno.test("`reduceReplication()` remembers what a peer has, and never less", () => {
  const node = nodeWith(chain(ann, 3)), index = indexOf(node, ann);
  const has = (seq: number, slice?: Replication) => {
    const clock = { [ann]: { chat: seq }, [bob]: { chat: 5 } };
    return happen(node, { kind: "has", link: LINK, clock, complete: false }, slice);
  };
  const told = has(2);
  assertEquals([hasOf(told.replica, index), told.outs], [2, []]);
  assertStrictEquals(has(1, told.slice).slice, told.slice);
  const seen = happen(node, { kind: "seen", link: LINK, log: index, seq: 3 }, told.slice);
  assertEquals(seen.replica.logs.get(index), { ...newLog(), has: 3, touched: true });
  const received = happen(node, { kind: "received", link: LINK, entries: chain(ann, 1) });
  assertEquals(received.replica.logs.get(index), { ...newLog(), has: 1, touched: true });
});

Deno.test("`reduceReplication()` sends what a peer misses from where it has it", () => {
  const entries = chain(ann, 3), node = nodeWith(entries), index = indexOf(node, ann);
  const slice = peerWith(node, [[index, { has: 3 }]], { chat: 3, presence: 0 });
  const clock = { [ann]: { chat: 1 }, [cyd]: { chat: 4 } };
  const { slice: asked, replica } = happen(node, { kind: "graft", link: LINK, clock }, slice);
  assertEquals(openLogs(replica, ({ wanted }) => wanted > 0).map(([at, log]) => [at, log.wanted]), [
    [index, 2],
  ]);
  const topics = topicsToStream(replica, node.log, false);
  const to = [{ link: LINK, topics, window_bytes: WINDOW_BYTES, isLazy: () => false }];
  const event = { kind: "stream", to } as const;
  const streamed = happen(node, event, asked);
  const sent = said(streamed.outs).filter(({ o }) => o === ann).map(({ s }) => s);
  assertEquals([sent, streamed.replica.logs.get(index)!.wanted], [[2, 3], 0]);
});

Deno.test("`reduceReplication()` sends a single entry, or says that it is gone", () => {
  const whole = nodeWith([...chain(ann, 3), ...chain(bob, 3, "ledger")]);
  const node = withLog(whole, trimLog(whole.log, 0));
  const want = (o: string, t: string, s: number, of = node) =>
    happen(of, { kind: "want", link: LINK, o, t, s }).outs;
  const line = chain(ann, 3)[1].line;
  assertEquals(want(ann, "chat", 2, whole), [
    { kind: "send", link: LINK, lines: [line] },
    { kind: "sent", link: LINK, bytes: line.length },
  ]);
  assertEquals(said(want(ann, "chat", 2)), [{ k: "gap", o: ann, t: "chat", s: 2, e: 2 }]);
  // The newest proves the others, and what is kept whole is there.
  assertEquals(said(want(ann, "chat", 3)).map(({ s }) => s), [3]);
  assertEquals(said(want(bob, "ledger", 1)).map(({ s }) => s), [1]);
  for (const [origin, seq] of [[ann, 4], [cyd, 1]] as const) {
    const unknown = { kind: "count", what: "wanted-unknown", times: 1 } as const;
    assertEquals(want(origin, "chat", seq), [unknown]);
  }
});

Deno.test("`reduceReplication()` lets a guest begin with the last items of a topic", () => {
  const node = nodeWith([...chain(ann, 3), ...chain(bob, 1)], true);
  const subscribe = (history?: number) =>
    happen(node, { kind: "subscribe", link: LINK, t: "chat", history });
  const last = subscribe(3);
  // Three items are one and a half entries: bob's, and the second half of ann's last.
  assertEquals(said(last.outs), [{ k: "from", t: "chat", skip: 1 }]);
  assertEquals(last.replica.cursors.get("chat"), 2);
  assertEquals([ann, bob].map((id) => hasOf(last.replica, indexOf(node, id))), [2, 0]);
  assertEquals(said(subscribe(0).outs), [{ k: "from", t: "chat", skip: 0 }]);
  assertEquals(subscribe(0).replica.cursors.get("chat"), 4);
  // Without enough items it gets all, and hears of what was dropped.
  for (const history of [9, undefined]) {
    const all = subscribe(history);
    assertEquals([all.replica.cursors.get("chat"), hasOf(all.replica, indexOf(node, ann))], [0, 0]);
  }
});

Deno.test("`reduceReplication()` lets a guest follow only so many topics", () => {
  const node = nodeWith([], true);
  let { slice } = happen(node, { kind: "subscribe", link: LINK, t: "t0" });
  const follow = (topic: string) => {
    const after = happen(node, { kind: "subscribe", link: LINK, t: topic }, slice);
    slice = after.slice;
    return after;
  };
  for (let at = 1; at < TOPICS_PER_GUEST_MAX; at++) {
    assertEquals(said(follow(`t${at}`).outs).length, 1);
  }
  const before = slice, { outs } = follow("more");
  assertEquals(outs.map((out) => out.kind === "close" && out.code), ["too-many-topics"]);
  assertStrictEquals(slice, before);
  // One that it follows may begin anew.
  assertEquals(said(follow("t3").outs).length, 1);
});

Deno.test("`reduceReplication()` owes all peers, and no guest, the proof of a fork", () => {
  const other = makeEntry({ origin: ann, seq: 1, items: '["other"]' });
  const node = nodeWith([...chain(ann, 1), other]), log = indexOf(node, ann);
  assert(node.log.heads[log].fork !== null);
  const { slice } = happen(node, { kind: "forked", log });
  assertEquals(
    [...slice.links.values()].map(({ logs }) => logs.get(log)?.proof),
    Array(3).fill("owed"),
  );
  assertEquals([...slice.links.values()].map(({ proofs }) => proofs), [1, 1, 1]);
  assertStrictEquals(happen(node, { kind: "forked", log }, slice).slice, slice);
  const event = { kind: "prove", link: LINK, window_bytes: WINDOW_BYTES } as const;
  const shown = happen(node, event, slice);
  assertEquals(said(shown.outs).map(({ b }) => b[0]), ["1", "other"]);
  assertStrictEquals(happen(node, event, shown.slice).slice, shown.slice);
  const clock = { [ann]: { chat: 7 } };
  const told = happen(node, { kind: "has", link: LINK, clock, complete: false }, shown.slice);
  assertEquals(told.replica.logs.get(log), { ...newLog(), has: 7, proof: "shown" });
  const guest = nodeWith([...chain(ann, 1), other], true);
  assertStrictEquals(happen(guest, { kind: "forked", log }).slice, guest.replication);
});

Deno.test("`reduceReplication()` forgets logs whose numbers will mean others", () => {
  const node = nodeWith([...chain(ann, 2), ...chain(bob, 2)]);
  const gone = indexOf(node, ann), left = indexOf(node, bob);
  const all = { has: 2, wanted: 1, offered: 1, touched: true, announced: true } as const;
  const edit = new ReplicaEdit(node.replication.links.get(LINK)!);
  edit.change(gone, { ...all, proof: "shown" });
  edit.change(left, { ...all, proof: "owed" });
  edit.proofs = 2;
  edit.moveCursor("chat", 4);
  edit.moveCursor("news", 1);
  const before = { links: node.replication.links.set(LINK, edit.finish()) };
  const event = { kind: "forget", indices: new Set([gone]), moved: ["chat"] } as const;
  const { replica } = happen(node, event, before);
  assertEquals([replica.logs.has(gone), replica.open.has(gone), replica.proofs], [false, false, 1]);
  assertEquals(replica.logs.get(left), { ...all, proof: "owed" });
  assertEquals([replica.open.has(left), replica.cursors.get("chat")], [true, undefined]);
  assertEquals(replica.cursors.get("news"), 1);
});

Deno.test("`reduceReplication()` lets a guest follow a topic on whose positions moved", () => {
  const node = nodeWith(chain(ann, 2), true);
  const slice = peerWith(node, [], { chat: 2 });
  const event = { kind: "forget", indices: new Set<number>(), moved: ["chat", "news"] } as const;
  const { replica } = happen(node, event, slice);
  assertEquals([...replica.cursors], [["chat", 0]]);
});

function newLog(): PeerLog {
  return { has: 0, wanted: 0, offered: 0, touched: false, announced: false, proof: "none" };
}
