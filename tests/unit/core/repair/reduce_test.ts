import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { LOSSY_GREET_MS, RESEND_MS } from "../../../../src/core/data/limits.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { reduceRepair } from "../../../../src/core/repair/reduce.ts";
import type { StoredEntry } from "../../../../src/core/log/slice.ts";
import { ReplicaEdit } from "../../../../src/core/replication/slice.ts";
import type { Repair } from "../../../../src/core/repair/slice.ts";
import type { RepairEvent, RepairOut } from "../../../../src/core/repair/turn.ts";
import type { Event } from "../../../../src/core/types.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";
import {
  driveAll,
  ENV,
  greeting,
  linesEvent,
  NOW_MS,
  openedEvent,
  startNode,
} from "../../../helpers/node_subject.ts";

const LINK = 1;
const decoder = new TextDecoder();
const CLOCK = [new TextEncoder().encode('{"k":"have","c":{}}\n')];

/** A node with one link that loses lines, which its peer opened or this node did. */
function lossyNode(dialled: string | null = null, greets = true): NodeState {
  const opened = { ...openedEvent(LINK), lossy: true, dialled } as Event;
  const lines = greets ? [linesEvent(LINK, ...greeting(LINK, "ann"))] : [];
  return driveAll(startNode({}, 0), [opened, ...lines])[0];
}

function happen(
  node: NodeState,
  event: RepairEvent,
  repair: Repair = node.repair,
  now_ms = NOW_MS,
): { repair: Repair; outs: readonly RepairOut[] } {
  const view = { ...node, env: ENV, now_ms };
  const [after, outs] = reduceRepair(deepFreeze(repair), event, view);
  return { repair: after, outs };
}

/** The kinds of the control lines that go out. */
function said(outs: readonly RepairOut[]): string[] {
  const lines = outs.flatMap((out) => out.kind === "send" ? out.lines : []);
  return lines.map((line) => JSON.parse(decoder.decode(line)).k);
}

function stored(seq: number): StoredEntry {
  const line = new TextEncoder().encode(`{"k":"entry ${seq}"}\n`);
  return { log: 0, seq, first: seq, count: 1, line, at: 0, offset: 0, arrival: 0 };
}

Deno.test("`reduceRepair()` says hello again where this node dialled, until the peer streams", () => {
  const node = lossyNode("ann:7000", false), later_ms = NOW_MS + LOSSY_GREET_MS;
  const early = happen(node, { kind: "greet" });
  assertEquals(early.outs, [{ kind: "wake", at_ms: later_ms }]);
  assertStrictEquals(early.repair, node.repair);
  const again = happen(node, { kind: "greet" }, node.repair, later_ms);
  assert(again.outs.some((out) => out.kind === "greet_again" && out.link === LINK));
  // Who was dialled only answers.
  const waits = lossyNode(null, false);
  assertEquals(happen(waits, { kind: "greet" }, waits.repair, later_ms).outs, []);
  const up = lossyNode("ann:7000");
  assertEquals(happen(up, { kind: "greet" }, up.repair, later_ms).outs, []);
});

Deno.test("`reduceRepair()` says the first clock again until it is answered", () => {
  const node = lossyNode(), later_ms = NOW_MS + LOSSY_GREET_MS;
  const { repair } = happen(node, { kind: "first_clock", link: LINK, lines: CLOCK });
  const serve = { kind: "serve", link: LINK } as const;
  assertEquals(said(happen(node, serve, repair).outs).filter((k) => k === "have"), []);
  assertEquals(said(happen(node, serve, repair, later_ms).outs)[0], "have");
  const answered = happen(node, { kind: "answered", link: LINK }, repair).repair;
  const quiet = happen(node, serve, answered, later_ms).outs;
  assertEquals(said(quiet).filter((k) => k === "have"), []);
  assertStrictEquals(happen(node, { kind: "answered", link: LINK }, answered).repair, answered);
});

Deno.test("`reduceRepair()` sends again what the peer's clock does not cover in time", () => {
  const node = lossyNode(), entries = [stored(1), stored(2)];
  const { repair, outs } = happen(node, { kind: "streamed", link: LINK, entries });
  assertEquals(outs, [{ kind: "wake", at_ms: NOW_MS + RESEND_MS }]);
  const replica = new ReplicaEdit(node.replication.links.get(LINK)!);
  replica.learn(0, 1);
  const links = node.replication.links.set(LINK, replica.finish());
  const landed = { ...node, replication: { links } };
  const served = happen(landed, { kind: "serve", link: LINK }, repair, NOW_MS + RESEND_MS);
  assert(said(served.outs).includes("entry 2") && !said(served.outs).includes("entry 1"));
  const { sent_bytes } = node.flow.links.get(LINK)!.outward;
  const bytes = sent_bytes - entries[1].line.length;
  assert(served.outs.some((out) => out.kind === "acked" && out.bytes === bytes));
  const forgotten = happen(node, { kind: "forget", indices: new Set([0]) }, served.repair).repair;
  assertEquals(forgotten.links.get(LINK)!.flight, []);
});

Deno.test("`reduceRepair()` measures pings, and counts pongs on other links as nothing", () => {
  const node = lossyNode(), timing = (repair: Repair) => repair.links.get(LINK)!.timing;
  const pong = (x: number) => ({ kind: "pong", link: LINK, x }) as const;
  const after = happen(node, pong(20), node.repair, NOW_MS + 50).repair;
  assertEquals(timing(after).smoothed_ms, 30);
  // A time that has not come yet is none.
  assertStrictEquals(happen(node, pong(51), node.repair, NOW_MS + 50).repair, node.repair);
  const other = happen(node, { ...pong(1), link: 9 });
  assertStrictEquals(other.repair, node.repair);
  assertEquals(other.outs, [{ kind: "count", what: "ignored:pong", times: 1 }]);
});

Deno.test("`reduceRepair()` forgets a link that is gone", () => {
  const node = lossyNode();
  assertEquals(happen(node, { kind: "gone", link: LINK }).repair.links.size, 0);
  assertStrictEquals(happen(node, { kind: "gone", link: 9 }).repair, node.repair);
});
