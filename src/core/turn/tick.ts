/** Time passed, or a batch of events is over: what changed becomes what is to be done. */

import type { LinkId } from "../types.ts";
import { relaysAtOnce } from "../broadcast/backoff.ts";
import { lazyOn } from "../broadcast/slice.ts";
import {
  type Congestion,
  isAckDue,
  isUnasked,
  owedBytes,
  stuckAt,
  underWay,
} from "../flow/slice.ts";
import { isThere } from "../membership/members.ts";
import { maySign } from "../membership/slice.ts";
import type { Debts } from "../membership/turn.ts";
import { congestionOf, isDrained, isPrintDue } from "../output/congestion.ts";
import { isAckAwaited as isHeldAwaited } from "../publish/slice.ts";
import { windowOf } from "../repair/slice.ts";
import { isBlocked } from "../replication/acknowledge.ts";
import { topicsToStream } from "../replication/pump.ts";
import type { StreamTo } from "../replication/turn.ts";
import { isPeer, type Session } from "../session/slice.ts";
import { isAdopted, isSettled } from "../storage/slice.ts";
import { areMessagesAwaited } from "../unicast/outgoing.ts";
import type { NodeState } from "./state.ts";
import type { NodeTurn } from "./turn.ts";
import { ACK_BYTES, SEALS_PER_TICK_MAX, STUCK_MS } from "../data/limits.ts";

/** Which part of what is kept a reader may be behind before those who relay to it wait. */
export const RELAY_SHARE = 1 / 2;

/**
 * Turns what changed into what is to be done. The order is that of what one room finds out and the
 * next acts on: first who is still there (heartbeats, greetings, members), because all
 * that follows is about them; then what does not come, which may deliver entries; then whether the
 * node is in step, which the entries decide; grafts for what is missing even so. Only now, with
 * everything in the log that others said, what the node says itself (messages, apps that wanted to
 * be woken, and last the drafts, which all of them may have filled), so that it names as its causes
 * all that came. What must be stored first is shown when it is. A tick follows each batch, so rooms
 * that plainly have nothing to do are not asked.
 */
export function tick(turn: NodeTurn): void {
  const { state } = turn;
  if (state.storage.restoring !== null) return;
  const late_ms = turn.now_ms - state.wake_ms;
  state.wake_ms = Infinity;
  turn.tell("session", { kind: "watch", late_ms });
  if (state.repair.links.size > 0) turn.tell("repair", { kind: "greet" });
  turn.tell("membership", { kind: "watch" });
  if (isMissing(state)) turn.tell("broadcast", { kind: "gaps" });
  const { join, key } = state.membership;
  if (join.under_way !== null || key.stale) turn.tell("membership", { kind: "advance" });
  if (state.broadcast.missing.size > 0) turn.tell("broadcast", { kind: "graft_missing" });
  if (state.unicast.outgoing.size > 0) turn.tell("unicast", { kind: "send_due" });
  if (state.unicast.owes_acks) turn.tell("unicast", { kind: "acknowledge" });
  if (state.host.wakes.size > 0) turn.tell("host", { kind: "wake" });
  sealDrafts(turn);
  if (turn.answers("storage", { kind: "settle" }, "settled")) show(turn);
}

/**
 * Sends, acknowledges and prints what may be shown. Retention comes last, when everybody was sent
 * what there is; and what is not stored yet must not be dropped.
 */
export function show(turn: NodeTurn): void {
  const { state } = turn;
  const congestion = congestionOf(turn.view, RELAY_SHARE);
  if (congestion !== null) turn.wakeAt(turn.now_ms + STUCK_MS);
  // A guest that publishes waits for its answers; so it is held back like the user's input.
  else if (state.publish.requests.size > 0) turn.tell("publish", { kind: "answer" });
  const { due } = state.membership;
  if (isDue(turn, due.overlay_ms)) turn.tell("membership", { kind: "overlay" });
  const relays = relaysAtOnce(state.config) ||
    turn.answers("broadcast", { kind: "relay" }, "relay");
  serveLinks(turn, congestion, relays);
  if (isPrintDue(turn.view)) turn.tell("output", { kind: "pump" });
  const { phase, leave_deadline_ms } = state.membership.life;
  if (phase === "running") turn.wakeAt(leave_deadline_ms);
  else turn.tell("membership", { kind: "leave_on", debts: debts(turn) });
  if (state.storage.settled.log !== state.log) return;
  if (isDue(turn, due.forget_ms)) turn.tell("membership", { kind: "depart" });
  const { keep_bytes } = state.config;
  if (state.log.totals.kept_bytes > keep_bytes) turn.tell("log", { kind: "trim", keep_bytes });
  if (!isAdopted(state)) turn.tell("storage", { kind: "adopt" });
}

/** Whether a time has come; else it is waited for. */
function isDue(turn: NodeTurn, at_ms: number): boolean {
  if (turn.now_ms < at_ms) turn.wakeAt(at_ms);
  return turn.now_ms >= at_ms;
}

/** Whether there is something that does not come, or was until now. */
function isMissing({ broadcast, log }: NodeState): boolean {
  return broadcast.offers.size > 0 || log.pending.entries > 0 || broadcast.pending_ms < Infinity;
}

/**
 * Gives each link what it is to have now: why logs end, then what is new, so that it is known what
 * goes with it, then word of what came.
 */
function serveLinks(turn: NodeTurn, congestion: Congestion, relays: boolean): void {
  const { state } = turn, served: Session[] = [];
  for (const session of state.session.links.values()) {
    const is_up = session.stage === "up" && session.role !== "tracker";
    if (is_up && (!isPeer(session) || prepare(turn, session))) served.push(session);
  }
  // Only with batches does anything depend on what goes out now.
  const before = state.config.batch_ms ? served.map(({ id }) => sentBytes(state, id)) : null;
  const to: StreamTo[] = [];
  for (const session of served) {
    // A guest has nobody else to hear it from.
    if (!relays && isPeer(session)) continue;
    const one = streamTo(state, session);
    if (one.topics.length > 0) to.push(one);
  }
  if (to.length > 0) turn.tell("replication", { kind: "stream", to });
  for (const [at, session] of served.entries()) {
    const { id: link } = session;
    if (!isPeer(session)) continue;
    if (session.lossy) {
      turn.tell("repair", { kind: "acknowledge", link, congestion });
      continue;
    }
    const sent = before !== null && sentBytes(state, link) > before[at];
    acknowledge(turn, link, congestion, sent);
    askForAck(turn, link, relays);
  }
}

/** What goes to a peer before what is new; false where the link is given up. */
function prepare(turn: NodeTurn, { id: link, lossy }: Session): boolean {
  const { state } = turn, window_bytes = windowOf(state.repair, link);
  const stuck_ms = stuckAt(state.flow.links.get(link)!, window_bytes);
  if (turn.now_ms >= stuck_ms) {
    turn.close(link, "stuck", "nothing was acknowledged for too long");
    return false;
  }
  turn.wakeAt(stuck_ms);
  if (lossy) turn.tell("repair", { kind: "serve", link });
  if (state.broadcast.prunes.has(link)) turn.tell("broadcast", { kind: "send_prunes", link });
  if (state.replication.links.get(link)!.proofs > 0) {
    turn.tell("replication", { kind: "prove", link, window_bytes });
  }
  return true;
}

function streamTo(state: NodeState, session: Session): StreamTo {
  const { id: link } = session, peer = isPeer(session);
  return {
    link,
    topics: topicsToStream(
      state.replication.links.get(link)!,
      state.storage.settled.log,
      !peer,
    ),
    window_bytes: windowOf(state.repair, link),
    isLazy: peer ? lazyOn(state.broadcast, link) : () => false,
  };
}

/** Says what came, where that is due. */
function acknowledge(turn: NodeTurn, link: LinkId, congestion: Congestion, sent: boolean): void {
  const { inward } = turn.state.flow.links.get(link)!;
  // An acknowledgement that goes with entries costs no message of its own.
  const rides = sent && owedBytes(inward) > 0;
  if (!rides && !isAckDue(inward, congestion, turn.now_ms)) turn.wakeAt(inward.ack_due_ms);
  else turn.tell("replication", { kind: "acknowledge", link, congestion });
}

/** Acknowledgements take their time, unless somebody, or a large entry, waits for one. */
function askForAck(turn: NodeTurn, link: LinkId, relays: boolean): void {
  const { flow, replication, storage } = turn.state, { outward } = flow.links.get(link)!;
  if (!isUnasked(outward)) return;
  // What was not to be sent yet is not blocked; with so much under way an acknowledgement comes.
  const may_block = relays && underWay(outward) < ACK_BYTES;
  const waits = isAckAwaited(turn) ||
    (may_block && isBlocked(replication.links.get(link)!, storage.settled.log));
  if (waits) turn.tell("replication", { kind: "ask_ack", link });
}

/** Makes entries of what is drafted; each names the hash of the one before it. */
function sealDrafts(turn: NodeTurn): void {
  const { publish } = turn.state;
  // A key that may have signed more than is known here signs nothing yet, or nothing more.
  if (publish.drafts.size === 0 || !maySign(turn.state.membership)) return;
  let seals = 0;
  for (const topic of publish.drafts.keys()) {
    while (turn.state.publish.drafts.has(topic) && seals++ < SEALS_PER_TICK_MAX) {
      turn.tell("publish", { kind: "seal", topic });
    }
  }
  // An app may have said something about what was said just now; others have their turn before.
  if (turn.state.publish.drafts.size > 0) turn.wakeAt(turn.now_ms);
}

function debts(turn: NodeTurn): Debts {
  const { membership: { members }, unicast, storage, log, config } = turn.state;
  const isHere = (id: string) => isThere(members.by_id.get(id));
  return {
    stored: isSettled(storage, log, config.durable),
    printed: isDrained(turn.view),
    messages: areMessagesAwaited(unicast.outgoing, isHere),
  };
}

/** Whether a guest, or the end of this node, waits until others hold something. */
function isAckAwaited(turn: NodeTurn): boolean {
  const { phase } = turn.state.membership.life;
  return phase === "leaving" || phase === "goodbye" || isHeldAwaited(turn.state.publish);
}

function sentBytes({ flow }: NodeState, link: LinkId): number {
  return flow.links.get(link)!.outward.sent_bytes;
}
