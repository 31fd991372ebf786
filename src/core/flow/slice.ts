/**
 * How much is under way on each link, and how much of it was acknowledged. At most a window of bytes is
 * under way un-acknowledged; a slow peer costs only its position.
 */

import type { LinkId } from "../types.ts";
import { SharedMap } from "../data/shared_map.ts";
import { type Stretch, stretchBytes } from "./stretches.ts";
import {
  ACK_BYTES,
  CONGESTED_ACK_BYTES,
  CONTROL_BURST,
  EVICT_MS,
  ROUTED_PER_SECOND,
  STALL_MS,
  STUCK_MS,
} from "../data/limits.ts";

/** What goes out on a link, and comes in. */
export interface LinkFlow {
  readonly outward: Outward;
  readonly inward: Inward;
  /** Control lines that the peer may still send now. */
  readonly control: Budget;
  /** Lines of others that may still be handed on to the peer now. */
  readonly routed: Budget;
}

/** Bytes to a peer. */
export interface Outward {
  readonly sent_bytes: number;
  readonly acked_bytes: number;
  /** Where among the bytes under way those are that do not count for the window. */
  readonly beside: readonly Stretch[];
  /** How many sent bytes a ping asked about. */
  readonly asked_bytes: number;
  /** When the peer last acknowledged something, or began to owe an acknowledgement. */
  readonly progress_ms: number;
  /** When the peer last had taken another `PACE_BYTES`, and how many bytes it had then. */
  readonly pace_ms: number;
  readonly pace_bytes: number;
}

/** Bytes from a peer. */
export interface Inward {
  /** Bytes of entries taken from this link, and how many of them were acknowledged. */
  readonly received_bytes: number;
  readonly reported_bytes: number;
  /** When the acknowledgement must go out; Infinity for none. */
  readonly ack_due_ms: number;
}

/** So many may pass now, as of a time. */
export interface Budget {
  readonly left: number;
  readonly at_ms: number;
}

/** The slice of this room. */
export interface Flow {
  readonly links: SharedMap<LinkId, LinkFlow>;
}

/** Nothing flows. */
export function newFlow(): Flow {
  return { links: SharedMap.of() };
}

/** A link that just opened. */
export function newLinkFlow(now_ms: number): LinkFlow {
  return {
    outward: {
      sent_bytes: 0,
      acked_bytes: 0,
      beside: [],
      asked_bytes: 0,
      progress_ms: now_ms,
      pace_ms: now_ms,
      pace_bytes: 0,
    },
    inward: { received_bytes: 0, reported_bytes: 0, ack_due_ms: Infinity },
    control: { left: CONTROL_BURST, at_ms: now_ms },
    routed: { left: ROUTED_PER_SECOND, at_ms: now_ms },
  };
}

/** Sent bytes that do not count for the window: what others send through here keeps back no entries. */
export function besideBytes({ acked_bytes, beside }: Outward): number {
  return acked_bytes + stretchBytes(beside, acked_bytes);
}

/** Bytes that were sent and not acknowledged. */
export function underWay({ sent_bytes, acked_bytes }: Outward): number {
  return sent_bytes - acked_bytes;
}

/** Whether something is under way of which the peer was not asked whether it came. */
export function isUnasked(outward: Outward): boolean {
  return outward.asked_bytes < outward.sent_bytes && underWay(outward) > 0;
}

/** Bytes of entries that came and were not acknowledged. */
export function owedBytes({ received_bytes, reported_bytes }: Inward): number {
  return received_bytes - reported_bytes;
}

/**
 * Whether a peer reads fast enough that the others wait for it when it falls behind. One that says
 * nothing any more has stopped, and is not waited for: it reads on in the log when it goes on. (Whoever
 * cannot take more for the moment says so, again and again.)
 */
export function keepsPace({ outward }: LinkFlow, heard_ms: number, now_ms: number): boolean {
  const alive_ms = Math.max(heard_ms, outward.progress_ms);
  const stopped = underWay(outward) > 0 && now_ms - alive_ms >= STALL_MS;
  return !stopped && now_ms - outward.pace_ms < STUCK_MS;
}

/** When a peer that acknowledges nothing any more is given up; Infinity while its window has room. */
export function stuckAt({ outward }: LinkFlow, window_bytes: number): number {
  return underWay(outward) > window_bytes / 2 ? outward.progress_ms + EVICT_MS : Infinity;
}

/** What is left of a budget that refills to `burst` at so many a second; below 0 where it is used up. */
export function leftAfter(
  { left, at_ms }: Budget,
  count: number,
  per_second: number,
  burst: number,
  now_ms: number,
): number {
  return Math.min(burst, left + Math.max(0, now_ms - at_ms) * per_second / 1000) - count;
}

/** Why the sources must wait: the own output is far behind, or a peer is, or nobody. */
export type Congestion = "output" | "peer" | null;

/** The acknowledged bytes that an outgoing acknowledgement may claim now. */
export function reportableBytes(
  { received_bytes, reported_bytes }: Inward,
  congestion: Congestion,
): number {
  // The output owes nothing to other nodes, so nothing is lost by waiting for it alone.
  if (congestion === "output") return reported_bytes;
  // A little credit trickles even so, that two congested nodes never wait for each other.
  if (congestion === "peer") return Math.min(received_bytes, reported_bytes + CONGESTED_ACK_BYTES);
  return received_bytes;
}

/** Whether an acknowledgement is due because of the time, or because of much that came. */
export function isAckDue(inward: Inward, congestion: Congestion, now_ms: number): boolean {
  return now_ms >= inward.ack_due_ms || (congestion === null && owedBytes(inward) >= ACK_BYTES);
}
