/** The door of the flow: bytes go out, come in, and are acknowledged, link by link. */

import { assert } from "@std/assert/assert";
import { type Out, type Reduced, RoomTurn, type View } from "../wire/room.ts";
import { type Budget, type Flow, leftAfter, type LinkFlow, newLinkFlow } from "./slice.ts";
import type { FlowEvent, FlowTurn } from "./turn.ts";
import { addStretch, dropStretches } from "./stretches.ts";
import {
  CONTROL_BURST,
  CONTROL_PER_SECOND,
  PACE_BYTES,
  ROUTED_PER_SECOND,
} from "../data/limits.ts";

/** What the flow does about an event. */
export function reduceFlow(before: Flow, event: FlowEvent, view: View): Reduced<Flow, Out> {
  const turn: FlowTurn = new RoomTurn(before, { ...before }, view);
  const { slice, now_ms } = turn, { link } = event;
  if (event.kind === "gone") slice.links = slice.links.delete(link);
  else if (event.kind === "opened") slice.links = slice.links.set(link, newLinkFlow(now_ms));
  else {
    const flow = slice.links.get(link);
    const next = flow === undefined ? undefined : advance(turn, flow, event);
    if (next !== flow) slice.links = slice.links.set(link, next!);
  }
  return turn.finish();
}

function advance(turn: FlowTurn, flow: LinkFlow, event: FlowEvent): LinkFlow {
  const { now_ms } = turn, { outward, inward } = flow;
  switch (event.kind) {
    case "greeted":
      return { ...flow, outward: { ...outward, progress_ms: now_ms, pace_ms: now_ms } };
    case "asked":
      return { ...flow, outward: { ...outward, asked_bytes: outward.sent_bytes } };
    case "acked":
      return noteAcked(flow, event.bytes, now_ms);
    case "sent":
      return noteSent(flow, event.bytes, now_ms);
    case "handed_on": {
      const left = leftAfter(
        flow.routed,
        event.count,
        ROUTED_PER_SECOND,
        ROUTED_PER_SECOND,
        now_ms,
      );
      const { sent_bytes } = outward, end = sent_bytes + event.bytes;
      const beside = event.bytes > 0 ? addStretch(outward.beside, sent_bytes, end) : outward.beside;
      const spent = { ...flow, routed: budget(left, now_ms), outward: { ...outward, beside } };
      return noteSent(spent, event.bytes, now_ms);
    }
    case "taken": {
      const received_bytes = inward.received_bytes + event.bytes;
      const ack_due_ms = Math.min(inward.ack_due_ms, now_ms + event.within_ms);
      return { ...flow, inward: { ...inward, received_bytes, ack_due_ms } };
    }
    case "due":
      if (event.due_ms >= inward.ack_due_ms) return flow;
      return { ...flow, inward: { ...inward, ack_due_ms: event.due_ms } };
    case "reported": {
      const { bytes: reported_bytes, due_ms: ack_due_ms } = event;
      assert(reported_bytes <= inward.received_bytes, "More is acknowledged than came");
      return { ...flow, inward: { ...inward, reported_bytes, ack_due_ms } };
    }
    case "control": {
      const left = leftAfter(flow.control, 1, CONTROL_PER_SECOND, CONTROL_BURST, now_ms);
      if (left >= 0) return { ...flow, control: budget(left, now_ms) };
      turn.close(event.link, "flood", "too many lines in too short a time");
      return flow;
    }
    default:
      return flow;
  }
}

function noteAcked(flow: LinkFlow, bytes: number, now_ms: number): LinkFlow {
  const { outward } = flow;
  // Nobody can have taken more than was sent.
  const acked_bytes = Math.min(bytes, outward.sent_bytes);
  if (acked_bytes <= outward.acked_bytes) return flow;
  const beside = dropStretches(outward.beside, acked_bytes);
  const next = { ...outward, acked_bytes, beside, progress_ms: now_ms };
  if (acked_bytes - outward.pace_bytes < PACE_BYTES) return { ...flow, outward: next };
  return { ...flow, outward: { ...next, pace_ms: now_ms, pace_bytes: acked_bytes } };
}

/** A peer that owed nothing before, and owes an acknowledgement now, has its time from now on. */
function noteSent(flow: LinkFlow, bytes: number, now_ms: number): LinkFlow {
  if (bytes === 0) return flow;
  const { outward } = flow;
  const next = { ...outward, sent_bytes: outward.sent_bytes + bytes };
  if (outward.sent_bytes !== outward.acked_bytes) return { ...flow, outward: next };
  const fresh = { progress_ms: now_ms, pace_ms: now_ms, pace_bytes: outward.acked_bytes };
  return { ...flow, outward: { ...next, ...fresh } };
}

function budget(left: number, at_ms: number): Budget {
  return { left, at_ms };
}
