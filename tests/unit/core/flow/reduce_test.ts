import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  ACK_BYTES,
  CONGESTED_ACK_BYTES,
  CONTROL_BURST,
  CONTROL_PER_SECOND,
  EVICT_MS,
  PACE_BYTES,
  ROUTED_PER_SECOND,
  STALL_MS,
  STUCK_MS,
  WINDOW_BYTES,
} from "../../../../src/core/data/limits.ts";
import { reduceFlow } from "../../../../src/core/flow/reduce.ts";
import type { FlowEvent } from "../../../../src/core/flow/turn.ts";
import {
  besideBytes,
  type Flow,
  isAckDue,
  keepsPace,
  leftAfter,
  type LinkFlow,
  newFlow,
  newLinkFlow,
  reportableBytes,
  stuckAt,
  underWay,
} from "../../../../src/core/flow/slice.ts";
import type { Out } from "../../../../src/core/wire/room.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";
import { CONFIG, ENV } from "../../../helpers/node_subject.ts";

const LINK = 1;
type Happening = FlowEvent extends infer E ? E extends FlowEvent ? Omit<E, "link"> : never : never;

/** What happens on the link at a time. */
function happen(
  flow: Flow,
  happening: Happening,
  now_ms = 0,
): { flow: Flow; link: LinkFlow; outs: readonly Out[] } {
  const event = { ...happening, link: LINK } as FlowEvent;
  const [after, outs] = reduceFlow(deepFreeze(flow), event, { config: CONFIG, env: ENV, now_ms });
  return { flow: after, link: after.links.get(LINK)!, outs };
}

/** A link to which all this happened at a time. */
function after(happenings: readonly Happening[], now_ms = 0, flow = opened()): Flow {
  return happenings.reduce((flow, one) => happen(flow, one, now_ms).flow, flow);
}

function opened(): Flow {
  return happen(newFlow(), { kind: "opened" }).flow;
}

function linkWith(change: Partial<LinkFlow["outward"]>): LinkFlow {
  const link = newLinkFlow(0);
  return { ...link, outward: { ...link.outward, ...change } };
}

Deno.test("`reduceFlow()` opens a link with nothing under way, and forgets it", () => {
  const flow = opened();
  assertEquals(flow.links.get(LINK), newLinkFlow(0));
  assertEquals(happen(flow, { kind: "gone" }).flow.links.size, 0);
});

Deno.test("`reduceFlow()` allows a burst of control lines, and then so many a second", () => {
  let flow = opened();
  const spend = (times: number, now_ms: number) => {
    for (let count = 0; count < times; count++) {
      const next = happen(flow, { kind: "control" }, now_ms);
      assertEquals(next.outs, []);
      flow = next.flow;
    }
    const over = happen(flow, { kind: "control" }, now_ms);
    assertEquals(over.outs.map((out) => out.kind === "close" && out.code), ["flood"]);
    assertStrictEquals(over.flow, flow);
  };
  spend(CONTROL_BURST, 0);
  spend(CONTROL_PER_SECOND, 1_000);
});

Deno.test("`leftAfter()` leaves room for the own lines of whoever hands on", () => {
  let flow = opened();
  const left = (count: number, now_ms: number) =>
    leftAfter(flow.links.get(LINK)!.routed, count, ROUTED_PER_SECOND, ROUTED_PER_SECOND, now_ms);
  for (const now_ms of [0, 1_000]) {
    let lines = 0;
    for (; left(1, now_ms) >= 0; lines++) {
      flow = happen(flow, { kind: "handed_on", bytes: 0, count: 1 }, now_ms).flow;
    }
    assertEquals(lines, CONTROL_PER_SECOND / 2);
  }
  flow = opened();
  assert(left(CONTROL_PER_SECOND, 0) < 0);
});

Deno.test("`reduceFlow()` forgets which bytes of others are acknowledged", () => {
  const handOn = (bytes: number) => ({ kind: "handed_on", bytes, count: 1 }) as const;
  const flow = after([handOn(100), handOn(50)]);
  const { outward } = flow.links.get(LINK)!;
  assertEquals([outward.sent_bytes, outward.beside], [150, [[0, 150]]]);
  const between = after([{ kind: "sent", bytes: 100 }, handOn(10)], 0, flow);
  const beside = (bytes: number) =>
    happen(between, { kind: "acked", bytes }, 1).link.outward.beside;
  assertEquals(beside(149), [[0, 150], [250, 260]]);
  assertEquals(beside(150), [[250, 260]]);
  assertEquals(beside(260), []);
  // Of what is under way, only the own entries count for the window.
  const { outward: mixed } = happen(between, { kind: "acked", bytes: 149 }, 1).link;
  assertEquals([underWay(mixed), mixed.sent_bytes - besideBytes(mixed)], [111, 100]);
});

Deno.test("`reduceFlow()` counts no more as acknowledged than was sent, and never goes back", () => {
  const sent = after([{ kind: "sent", bytes: 500 }]);
  const all = happen(sent, { kind: "acked", bytes: 2 ** 53 - 1 }, 5);
  assertEquals([all.link.outward.acked_bytes, all.link.outward.progress_ms], [500, 5]);
  for (const bytes of [0, 499, 500, 9_000]) {
    assertStrictEquals(happen(all.flow, { kind: "acked", bytes }, 9).flow, all.flow);
  }
});

Deno.test("`reduceFlow()` gives a peer its time from when it begins to owe something", () => {
  const late = after([{ kind: "sent", bytes: 100 }], 7_000);
  const { outward } = late.links.get(LINK)!;
  assertEquals([outward.progress_ms, outward.pace_ms, outward.pace_bytes], [7_000, 7_000, 0]);
  // What is sent behind it gives no more time.
  const more = after([{ kind: "sent", bytes: PACE_BYTES }], 8_000, late).links.get(LINK)!;
  assertEquals([more.outward.progress_ms, more.outward.pace_ms], [7_000, 7_000]);
  const some = happen(after([{ kind: "sent", bytes: PACE_BYTES }], 8_000, late), {
    kind: "acked",
    bytes: PACE_BYTES - 1,
  }, 9_000);
  assertEquals([some.link.outward.progress_ms, some.link.outward.pace_ms], [9_000, 7_000]);
  const enough = happen(some.flow, { kind: "acked", bytes: PACE_BYTES }, 9_500).link;
  assertEquals([enough.outward.pace_ms, enough.outward.pace_bytes], [9_500, PACE_BYTES]);
});

Deno.test("`reduceFlow()` owes an acknowledgement at the soonest of all times", () => {
  const { flow, link } = happen(opened(), { kind: "taken", bytes: 80, within_ms: 200 }, 100);
  assertEquals([link.inward.received_bytes, link.inward.ack_due_ms], [80, 300]);
  const more = happen(flow, { kind: "taken", bytes: 20, within_ms: 200 }, 150);
  assertEquals([more.link.inward.received_bytes, more.link.inward.ack_due_ms], [100, 300]);
  assertStrictEquals(happen(flow, { kind: "due", due_ms: 301 }, 100).flow, flow);
  assertEquals(happen(flow, { kind: "due", due_ms: 120 }, 100).link.inward.ack_due_ms, 120);
  const reported = happen(more.flow, { kind: "reported", bytes: 100, due_ms: Infinity }, 300);
  assertEquals(reported.link.inward, {
    received_bytes: 100,
    reported_bytes: 100,
    ack_due_ms: Infinity,
  });
});

Deno.test("`reduceFlow()` returns the same flow for a link that is gone", () => {
  const flow = newFlow();
  const all: Happening[] = [
    { kind: "acked", bytes: 1 },
    { kind: "sent", bytes: 1 },
    { kind: "control" },
    { kind: "greeted" },
  ];
  for (const one of all) assertStrictEquals(happen(flow, one).flow, flow);
});

Deno.test("`keepsPace()` is false of a peer that owes something and has said nothing lately", () => {
  const owing = { sent_bytes: 2, acked_bytes: 1 };
  assert(keepsPace(linkWith(owing), 0, STALL_MS - 1));
  assert(!keepsPace(linkWith(owing), 0, STALL_MS));
  // Any word shows that it lives, and so does an acknowledgement.
  assert(keepsPace(linkWith(owing), 1, STALL_MS));
  assert(keepsPace(linkWith({ ...owing, progress_ms: 1 }), 0, STALL_MS));
  // Who owes nothing may be silent.
  assert(keepsPace(linkWith({ ...owing, acked_bytes: 2 }), 0, STALL_MS));
});

Deno.test("`keepsPace()` is false of a peer that takes too little", () => {
  const owing = linkWith({ sent_bytes: 2, acked_bytes: 1 });
  assert(keepsPace(owing, STUCK_MS, STUCK_MS - 1));
  assert(!keepsPace(owing, STUCK_MS, STUCK_MS));
});

Deno.test("`stuckAt()` gives up a peer only while much is under way", () => {
  const half = { sent_bytes: WINDOW_BYTES / 2, progress_ms: 3 };
  assertEquals(stuckAt(linkWith(half), WINDOW_BYTES), Infinity);
  const more = { ...half, sent_bytes: half.sent_bytes + 1 };
  assertEquals(stuckAt(linkWith(more), WINDOW_BYTES), 3 + EVICT_MS);
});

Deno.test("`isAckDue()` and `reportableBytes()` let a congested node take its time", () => {
  const { inward } = newLinkFlow(0);
  const owing = { ...inward, received_bytes: ACK_BYTES + CONGESTED_ACK_BYTES, ack_due_ms: 9 };
  assertEquals([isAckDue(owing, null, 0), isAckDue(owing, "peer", 0)], [true, false]);
  assertEquals([isAckDue(owing, "peer", 9), isAckDue(inward, null, 9)], [true, false]);
  assertEquals(reportableBytes(owing, null), owing.received_bytes);
  assertEquals(reportableBytes(owing, "peer"), CONGESTED_ACK_BYTES);
  assertEquals(reportableBytes(owing, "output"), 0);
});
