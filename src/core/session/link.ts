/**
 * A link is a cursor: it streams each topic from where the peer says it is, and queues nothing else.
 * At most `WINDOW_BYTES` are under way un-acknowledged; a slow peer costs only its position.
 */

import type { Address, Id, LinkId, Topic } from "../types.ts";
import { type Lossy, newLossy } from "../repair/lossy.ts";
import { addStretch, dropStretches, type Stretch } from "../flow/stretches.ts";
import {
  ACK_DELAY_MS,
  CONGESTED_ACK_BYTES,
  CONTROL_BURST,
  CONTROL_PER_SECOND,
  EVICT_MS,
  PACE_BYTES,
  ROUTED_PER_SECOND,
  STALL_MS,
  STUCK_MS,
  WINDOW_BYTES,
} from "../data/limits.ts";

/** How far the greeting went: nothing yet, hello exchanged, both proved (or a guest). */
export type Stage = "hello" | "proof" | "up";

export interface Link {
  readonly id: LinkId;
  readonly role: "stranger" | "peer" | "guest" | "tracker";
  readonly stage: Stage;
  readonly dialled: Address | null;
  /** The member that was dialled, if a certain one was; "" else. */
  readonly expected: Id;
  readonly remote_host: string;
  /** Whoever is at the other end is the node's own user on its machine. */
  readonly own: boolean;
  readonly opened_ms: number;
  /** When something came last, and when something was sent last. */
  readonly heard_ms: number;
  readonly spoke_ms: number;
  /** What the peer must sign, and whether this node's own proof was sent. */
  readonly nonce: string;
  readonly proof_sent: boolean;
  readonly proof_good: boolean;
  /** Of the peer; "" before its hello. */
  readonly peer: Id;
  readonly address: Address;
  readonly peer_nonce: string;
  /** The code and reason of the peer's goodbye; "" before it. */
  readonly bye: string;
  readonly bye_why: string;

  /** This end closed it, because it heard nothing. */
  readonly died: boolean;

  /** For each log, what the peer is known to have. */
  readonly has: readonly number[];
  /** Whether the peer's first clock is complete, so that streaming may begin. */
  readonly streaming: boolean;
  /** Position of the next entry to look at, for each topic. */
  readonly cursors: ReadonlyMap<Topic, number>;
  /** Logs that the peer asked for behind the cursors: the next entry of each. */
  readonly grafts: ReadonlyMap<number, number>;
  /** Logs of which the peer is only told, and was not yet. */
  readonly skipped: ReadonlySet<number>;
  /** Logs of which the peer is to be shown that they end in a fork, and of which it was. */
  readonly proofs: ReadonlySet<number>;
  readonly shown: ReadonlySet<number>;
  /** Origins whose entries the peer is to be asked not to send. */
  readonly unwanted: ReadonlySet<Id>;
  /** Gaps offered to the peer and not yet accepted: log and last missing entry. */
  readonly offered: ReadonlyMap<number, number>;
  readonly sent_bytes: number;
  readonly acked_bytes: number;
  /** Where among the sent bytes under way those are that do not count for the window. */
  readonly routed: readonly Stretch[];
  /** How many sent bytes a ping asked about. */
  readonly asked_bytes: number;
  /** When the peer last acknowledged something, or began to owe an acknowledgement. */
  readonly progress_ms: number;
  /** When the peer last had taken another `PACE_BYTES`, and how many bytes it had then. */
  readonly pace_ms: number;
  readonly pace_bytes: number;

  /** Bytes of entries taken from this link, and how many of them were acknowledged. */
  readonly received_bytes: number;
  readonly reported_bytes: number;
  /** Logs of which entries came since the last acknowledgement. */
  readonly touched: ReadonlySet<number>;
  /** When the acknowledgement must go out; Infinity for none. */
  readonly ack_due_ms: number;

  /** Requests of a guest that wait for acknowledgement. */
  readonly open_requests: number;
  /** What a guest asked, and how many rows of the answer it got. */
  readonly question: Question | null;

  /** What it takes to make up for lost lines; null where none are lost. */
  readonly lossy: Lossy | null;

  /** Control lines it may still send now. */
  readonly budget: number;
  readonly budget_ms: number;
  /** Lines that may still be handed on to it now. */
  readonly route_budget: number;
  readonly route_budget_ms: number;
}

/** A guest's question, answered line by line as the guest asks on. */
export interface Question {
  readonly number: number;
  readonly names: readonly string[];
  readonly answered: number;
}

/** A link that just opened. */
export function newLink(
  opened:
    & Pick<Link, "id" | "dialled" | "expected" | "remote_host" | "nonce">
    & { readonly own?: boolean },
  now_ms: number,
  lossy = false,
): Link {
  return {
    own: false,
    ...opened,
    lossy: lossy ? newLossy(now_ms) : null,
    role: "stranger",
    stage: "hello",
    opened_ms: now_ms,
    heard_ms: now_ms,
    spoke_ms: now_ms,
    proof_sent: false,
    proof_good: false,
    peer: "",
    address: "",
    peer_nonce: "",
    bye: "",
    bye_why: "",
    died: false,
    has: [],
    streaming: false,
    cursors: new Map(),
    grafts: new Map(),
    skipped: new Set(),
    proofs: new Set(),
    shown: new Set(),
    unwanted: new Set(),
    offered: new Map(),
    sent_bytes: 0,
    acked_bytes: 0,
    routed: [],
    asked_bytes: 0,
    progress_ms: now_ms,
    pace_ms: now_ms,
    pace_bytes: 0,
    received_bytes: 0,
    reported_bytes: 0,
    touched: new Set(),
    ack_due_ms: Infinity,
    open_requests: 0,
    question: null,
    budget: CONTROL_BURST,
    budget_ms: now_ms,
    route_budget: ROUTED_PER_SECOND,
    route_budget_ms: now_ms,
  };
}

/** Whether a link is a peer's and ready. */
export function isPeer(link: Link): boolean {
  return link.role === "peer" && link.stage === "up";
}

/** The peer acknowledged bytes of entries. */
export function noteAcked(link: Link, n: number, now_ms: number): Link {
  const acked_bytes = Math.min(n, link.sent_bytes);
  if (acked_bytes <= link.acked_bytes) return link;
  const routed = dropStretches(link.routed, acked_bytes);
  const next = { ...link, acked_bytes, routed, progress_ms: now_ms };
  if (acked_bytes - link.pace_bytes < PACE_BYTES) return next;
  return { ...next, pace_ms: now_ms, pace_bytes: acked_bytes };
}

/** A line of others went out behind what is under way. */
export function noteUnderWay(link: Link, bytes: number, now_ms: number): Link {
  const sent_bytes = link.sent_bytes + bytes;
  const routed = addStretch(link.routed, link.sent_bytes, sent_bytes);
  return beginPace(link, { ...link, sent_bytes, routed }, now_ms);
}

/** A peer that owed nothing before, and owes an acknowledgement now, has its time from now on. */
export function beginPace(before: Link, link: Link, now_ms: number): Link {
  const was_idle = before.sent_bytes === before.acked_bytes;
  if (!was_idle || link.sent_bytes === link.acked_bytes) return link;
  return { ...link, progress_ms: now_ms, pace_ms: now_ms, pace_bytes: link.acked_bytes };
}

/** Bytes came that are owed an acknowledgement. */
export function noteTaken(link: Link, bytes: number, now_ms: number): Link {
  const ack_due_ms = Math.min(link.ack_due_ms, now_ms + ACK_DELAY_MS);
  return { ...link, received_bytes: link.received_bytes + bytes, ack_due_ms };
}

/**
 * Whether a peer reads fast enough that the others wait for it when it falls behind. One that says
 * nothing any more has stopped, and is not waited for: it reads on in the log when it goes on. (Whoever
 * cannot take more for the moment says so, again and again.)
 */
export function keepsPace(link: Link, now_ms: number): boolean {
  const alive_ms = Math.max(link.heard_ms, link.progress_ms);
  const stopped = link.acked_bytes < link.sent_bytes && now_ms - alive_ms >= STALL_MS;
  return link.streaming && !stopped && now_ms - link.pace_ms < STUCK_MS;
}

/** When a peer that acknowledges nothing any more is given up; Infinity while its window has room. */
export function stuckAt(link: Link): number {
  const under_way = link.sent_bytes - link.acked_bytes;
  return under_way > windowOf(link) / 2 ? link.progress_ms + EVICT_MS : Infinity;
}

/** How many bytes of entries may be under way. */
export function windowOf(link: Link): number {
  return link.lossy === null ? WINDOW_BYTES : link.lossy.window_bytes;
}

/** Takes one control line out of the budget; null where it is used up. */
export function spendBudget(link: Link, now_ms: number): Link | null {
  const refill = Math.max(0, now_ms - link.budget_ms) * CONTROL_PER_SECOND / 1000;
  const budget = Math.min(CONTROL_BURST, link.budget + refill) - 1;
  return budget < 0 ? null : { ...link, budget, budget_ms: now_ms };
}

/** The same for what is handed on to the peer. */
export function spendRouteBudget(link: Link, count: number, now_ms: number): Link | null {
  const refill = Math.max(0, now_ms - link.route_budget_ms) * ROUTED_PER_SECOND / 1000;
  const route_budget = Math.min(ROUTED_PER_SECOND, link.route_budget + refill) - count;
  return route_budget < 0 ? null : { ...link, route_budget, route_budget_ms: now_ms };
}

/** Remembers that the peer has a log up to a sequence. Changes `has`, which the caller owns. */
export function learnHas(has: number[], index: number, seq: number): void {
  while (has.length <= index) has.push(0);
  if (seq > has[index]) has[index] = seq;
}

/** Why the sources must wait: the own output is far behind, or a peer is, or nobody. */
export type Congestion = "output" | "peer" | null;

/** The acknowledged bytes that an outgoing acknowledgement may claim now. */
export function reportableBytes(link: Link, congestion: Congestion): number {
  // The output owes nothing to other nodes, so nothing is lost by waiting for it alone.
  if (congestion === "output") return link.reported_bytes;
  // A little credit trickles even so, that two congested nodes never wait for each other.
  if (congestion === "peer") {
    return Math.min(link.received_bytes, link.reported_bytes + CONGESTED_ACK_BYTES);
  }
  return link.received_bytes;
}
