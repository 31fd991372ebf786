import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import {
  PACKET_BYTES_MAX,
  PACKET_RETRY_MS,
  POST_MS_MAX,
  POSTED_BYTES_MAX,
  SOUGHT_PER_ITEM_MAX,
} from "../../../../src/core/data/limits.ts";
import { reduceMembership } from "../../../../src/core/membership/reduce.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { sealContext } from "../../../../src/core/unicast/packets.ts";
import type { Json, Source } from "../../../../src/core/types.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { answersOf, knowing, Messenger, packetsOf } from "../../../helpers/messenger.ts";
import { CONFIG, drive } from "../../../helpers/node_subject.ts";
import { tellRoom } from "../../../helpers/rooms.ts";

const [ANN, BOB, CYD, ZOE] = ["ann", "bob", "cyd", "zoe"].map(fakeId);
const GUEST = 9;

Deno.test("`takeErrand()` says why it does not take something", () => {
  const node = knowing([ANN]);
  const why = (to: string, items: readonly Json[], state: NodeState = node) =>
    new Messenger(state).send(to, items) ?? "";
  assertMatch(why(CONFIG.id, ["x"]), /that is this node/);
  assertMatch(why(ANN, ["\ud800"]), /Unicode/);
  assertMatch(why(ANN, ["x".repeat(PACKET_BYTES_MAX)]), /more than 180000 bytes/);
  const { membership } = node;
  const leaving = { ...membership, life: { ...membership.life, phase: "leaving" } } as const;
  assertMatch(why(ANN, ["x"], { ...node, membership: leaving }), /not taking/);
  const full = new Messenger(node);
  const text = "x".repeat(PACKET_BYTES_MAX - 100);
  for (let bytes = 0; bytes + text.length < POSTED_BYTES_MAX; bytes += text.length) {
    assertEquals(full.send(ANN, [text]), null);
  }
  assertMatch(full.send(BOB, [text]) ?? "", /too many/);
});

Deno.test("`takeErrand()` keeps nothing for longer than a day", () => {
  const { now_ms } = knowing([ANN]);
  const me = new Messenger(knowing([ANN]));
  me.send(BOB, ["x"]);
  assertEquals(me.node.unicast.outgoing.get(BOB)?.expires_ms, now_ms + POST_MS_MAX);
  const answers = answersOf(me.pass(POST_MS_MAX));
  assertEquals(me.node.unicast.outgoing.size, 0);
  const why = "it was not acknowledged in time", source = { kind: "local", tag: 7 } as const;
  assertEquals(answers, [{ kind: "answered", app: "private", source, to: BOB, why, late: true }]);
});

Deno.test("`reduceNode()` tells the user of messages that were not acknowledged in time", () => {
  let node = knowing([ANN]);
  const request = { to: BOB, items: ["x"], within_ms: 1_000 };
  const { now_ms } = node, known = knowing([BOB], "", node);
  [node] = drive(known, { kind: "request", now_ms, app: "private", request, tag: 7 });
  assertEquals(node.unicast.outgoing.size, 1);
  const [late, effects] = drive(node, { kind: "tick", now_ms: now_ms + 1_000 });
  assertEquals(late.unicast.outgoing.size, 0);
  const why = "it was not acknowledged in time";
  const notices = effects.filter(({ kind }) => kind === "notice");
  const undelivered = { kind: "undelivered", app: "private", to: BOB, tag: 7, why } as const;
  assertEquals(notices, [{ kind: "notice", notice: undelivered }]);
});

Deno.test("`takeErrand()` refuses however many messages of nothing, and answers for all it took", () => {
  const me = new Messenger(knowing([]), false);
  const { now_ms } = me.node;
  let taken = 0;
  while (me.send(ZOE, [""], { deadline_ms: now_ms + 1_000 }) === null) taken++;
  // Each of them costs more than its four bytes.
  assertLess(taken, POSTED_BYTES_MAX / 100);
  assertEquals(answersOf(me.pass(1_000)).length, taken);
  const { outgoing, outgoing_bytes } = me.node.unicast;
  assertEquals([outgoing.size, outgoing_bytes], [0, 0]);
});

Deno.test("`sendDue()` finds the next deadline among more messages than a call takes arguments", () => {
  // As many as wait for peers that take their time, besides those that wait here.
  const me = new Messenger(knowing([ANN]));
  const { now_ms } = me.node;
  for (const more_ms of [1_000, 2_000]) me.send(ANN, [""], { deadline_ms: now_ms + more_ms });
  const { unicast } = me.node, one = unicast.outgoing.get(ANN)!;
  const [first, last] = [...one.waiting.from()];
  const many = one.waiting.dropUntil(2).append([first, ...Array(300_000).fill(last)]);
  const outgoing = new Map([[ANN, { ...one, box: "", waiting: many }]]);
  const crowded = new Messenger({ ...me.node, unicast: { ...unicast, outgoing } });
  crowded.pass(1_500);
  assertEquals(crowded.node.unicast.outgoing.get(ANN)?.expires_ms, now_ms + 2_000);
});

Deno.test("`outgoing_bytes` is 0 again, however messages end", () => {
  const guest: Source = { kind: "guest", link: GUEST, request: 1 };
  const me = new Messenger(knowing([ANN]));
  const soon = { deadline_ms: me.node.now_ms + 1_000 };
  const later = { deadline_ms: me.node.now_ms + 9_000 };
  me.send(ANN, ["acknowledged"], soon);
  me.pass();
  me.send(ANN, ["in flight when the node leaves"], later);
  me.pass();
  me.send(ZOE, ["of a guest that goes"], { ...later, source: guest });
  me.send(ZOE, ["late"], soon);
  me.send(ZOE, ["waits when the node leaves"], later);
  const costs = [me.node.unicast.outgoing_bytes];
  for (
    const step of [
      () => me.takeAck(ANN, 1),
      () => me.tell({ kind: "gone", link: GUEST }),
      () => me.pass(1_000),
    ]
  ) {
    step();
    costs.push(me.node.unicast.outgoing_bytes);
  }
  // Each step takes something away.
  assertEquals(costs, [...costs].sort((a, b) => b - a));
  assertEquals(new Set(costs).size, 4);
  assertEquals(answersOf(me.tell({ kind: "give_up" })).length, 2);
  const { outgoing, outgoing_bytes } = me.node.unicast;
  assertEquals([outgoing.size, outgoing_bytes], [0, 0]);
  // Nobody is told twice.
  assertEquals(me.pass(60_000), []);
});

Deno.test("`sendDue()` seeks many members in few items", () => {
  const ids = Array.from({ length: 2 * SOUGHT_PER_ITEM_MAX + 1 }, (_, at) => fakeId(`m${at}`));
  const me = new Messenger(knowing(ids));
  const { now_ms } = me.node;
  for (const id of ids) me.send(id, ["x"], { deadline_ms: now_ms + 60_000 });
  me.pass();
  const { unicast } = me.node;
  const outgoing = new Map(
    [...unicast.outgoing].map(([id, one]) => [id, { ...one, due_ms: now_ms }]),
  );
  const late = new Messenger({ ...me.node, unicast: { ...unicast, outgoing } });
  const [sought, ...more] = late.pass(PACKET_RETRY_MS).filter((out) => out.kind === "seek");
  assertEquals(more, []);
  assert(sought.kind === "seek");
  const [, spoken] = tellRoom(late.node, "membership", reduceMembership, sought);
  const items = spoken.flatMap((out) => out.kind === "speak" ? out.items : []);
  assertEquals(items.length, 3);
  const seek = items.flatMap((item) => (item as { seek: string[] }).seek);
  assertEquals(seek.sort(), [...ids].sort());
});

Deno.test("`sendDue()` never uses a number twice, whoever it seals for", () => {
  const me = new Messenger(knowing([ANN, BOB]));
  for (const to of [ANN, BOB, ANN, BOB]) {
    me.send(to, ["x"]);
    me.pass();
  }
  assertEquals(me.seals.map(({ number }) => number), [1, 2, 3, 4]);
});

Deno.test("`sendDue()` goes on with what is over, as long as something waits behind it", () => {
  const me = new Messenger(knowing([ANN]));
  const flight = () => me.node.unicast.outgoing.get(ANN)?.flight.map(({ number }) => number);
  const soon = { deadline_ms: me.node.now_ms + 100 };
  for (
    const [text, more] of [["soon over", soon], ["long", {}], ["last, soon over", soon]] as const
  ) {
    me.send(ANN, [text], more);
    me.pass();
  }
  assertEquals(flight(), [1, 2, 3]);
  me.pass(200);
  assertEquals(flight(), [1, 2]);
  me.takeAck(ANN, 2);
  me.pass();
  assertEquals(me.node.unicast.outgoing.size, 0);
});

Deno.test("`repackAll()` seals again what was in flight when this node gets a new id", () => {
  const me = new Messenger(knowing([ANN]));
  me.send(ANN, ["x"]);
  me.pass();
  const { log } = me.node;
  me.node = { ...me.node, log: { ...log, self: CYD } };
  me.tell({ kind: "renewed" });
  me.seals.length = 0;
  const sent = packetsOf(me.pass());
  assertEquals(me.seals.map(({ context }) => context), [sealContext("rumor", CYD, ANN)]);
  assertEquals(me.node.unicast.outgoing.get(ANN)?.flight.map(({ number }) => number), [2]);
  assertEquals(sent, ["data 2"]);
});

Deno.test("`reduceNode()` has messages sealed again when it gets a new id", () => {
  const me = new Messenger(knowing([ANN]));
  me.send(ANN, ["x"]);
  me.pass();
  const [node] = drive(me.node, { kind: "renewed", now_ms: me.node.now_ms, id: CYD });
  const { flight, waiting } = node.unicast.outgoing.get(ANN)!;
  assertEquals([flight.length, [...waiting.from()].map(({ items }) => items)], [0, [["x"]]]);
});

Deno.test("`dropErrands()` drops what waits for a guest that is gone, and nothing else", () => {
  const me = new Messenger(knowing([ANN]));
  for (const [text, link] of [["a", 5], ["b", 6]] as const) {
    me.send(BOB, [text], { source: { kind: "guest", link, request: 1 } });
  }
  me.tell({ kind: "gone", link: 5 });
  const waiting = [...me.node.unicast.outgoing.get(BOB)!.waiting.from()];
  assertEquals(waiting.map(({ items }) => items), [["b"]]);
});

Deno.test("`takeAck()` tells who sent what the recipient has no app for, at once and for good", () => {
  const me = new Messenger(knowing([ANN]));
  me.send(ANN, ["rain"], { app: "weather" });
  me.send(ANN, ["hello"]);
  assertEquals(packetsOf(me.pass()), ["data 1", "data 2"]);
  const answers = answersOf(me.takeAck(ANN, 2, "ack", [1]));
  assertEquals(answers.map(({ app, why }) => [app, why]), [
    ["weather", "that node has no app weather"],
    ["private", null],
  ]);
  assertEquals(answers[0].late, false);
  me.pass();
  const { outgoing, outgoing_bytes } = me.node.unicast;
  assertEquals([outgoing.size, outgoing_bytes], [0, 0]);
});
