/** Time passed, or a batch of events is over: what changed becomes what is to be done. */

import type { LinkId } from "../types.ts";
import { lazyOn } from "../broadcast/slice.ts";
import { type Congestion, isUnasked, stuckAt } from "../flow/slice.ts";
import { isThere } from "../membership/members.ts";
import { maySign } from "../membership/slice.ts";
import type { Debts } from "../membership/turn.ts";
import { congestionOf, isDrained } from "../output/congestion.ts";
import { isAckAwaited as isHeldAwaited } from "../publish/slice.ts";
import { windowOf } from "../repair/slice.ts";
import { isPeer, type Session } from "../session/slice.ts";
import { isSettled } from "../storage/slice.ts";
import { areMessagesAwaited } from "../unicast/outgoing.ts";
import type { NodeTurn } from "./turn.ts";
import { SEALS_PER_TICK_MAX, STUCK_MS } from "../data/limits.ts";

/** Which part of what is kept a reader may be behind before those who relay to it wait. */
const RELAY_SHARE = 1 / 2;

/**
 * Turns what changed into what is to be done. The order is that of what one room finds out and the
 * next acts on: first who is still there (strangers, greetings, heartbeats, members), because all
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
  turn.tell("session", { kind: "strangers" });
  if (state.repair.links.size > 0) turn.tell("repair", { kind: "greet" });
  turn.tell("session", { kind: "heartbeat", late_ms });
  turn.tell("membership", { kind: "watch" });
  turn.tell("broadcast", { kind: "gaps" });
  turn.tell("membership", { kind: "advance" });
  if (state.broadcast.missing.size > 0) turn.tell("broadcast", { kind: "graft_missing" });
  if (state.unicast.outgoing.size > 0) turn.tell("unicast", { kind: "send_due" });
  if (state.unicast.owes_acks) turn.tell("unicast", { kind: "acknowledge" });
  if (state.host.wakes.size > 0) turn.tell("host", { kind: "wake" });
  sealDrafts(turn);
  turn.tell("storage", { kind: "settle" });
  if (turn.settled) show(turn);
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
  turn.tell("membership", { kind: "overlay" });
  turn.tell("broadcast", { kind: "relay" });
  for (const session of state.session.links.values()) {
    if (session.stage === "up" && session.role !== "tracker") serve(turn, session, congestion);
  }
  turn.tell("output", { kind: "pump" });
  turn.tell("membership", { kind: "leave_on", debts: debts(turn) });
  if (state.storage.settled.log !== state.log) return;
  turn.tell("membership", { kind: "depart" });
  const { keep_bytes } = state.config;
  if (state.log.totals.kept_bytes > keep_bytes) turn.tell("log", { kind: "trim", keep_bytes });
  turn.tell("storage", { kind: "adopt" });
}

/** Gives one link what it is to have now. */
function serve(turn: NodeTurn, session: Session, congestion: Congestion): void {
  const { state } = turn, { id: link, lossy } = session, peer = isPeer(session);
  const window_bytes = windowOf(state.repair, link);
  if (peer) {
    const stuck_ms = stuckAt(turn.state.flow.links.get(link)!, window_bytes);
    if (turn.now_ms >= stuck_ms) {
      return turn.close(link, "stuck", "nothing was acknowledged for too long");
    }
    turn.wakeAt(stuck_ms);
    if (lossy) turn.tell("repair", { kind: "serve", link });
    if (state.broadcast.prunes.has(link)) turn.tell("broadcast", { kind: "send_prunes", link });
    if (state.replication.links.get(link)!.proofs > 0) {
      turn.tell("replication", { kind: "prove", link, window_bytes });
    }
  }
  const before_bytes = sentBytes(turn, link);
  const { streaming } = state.replication.links.get(link)!;
  // A guest has nobody else to hear it from.
  if (streaming && (turn.relay || !peer)) {
    const isLazy = peer ? lazyOn(turn.state.broadcast, link) : () => false;
    turn.tell("replication", { kind: "stream", link, window_bytes, isLazy });
  }
  if (!peer) return;
  if (lossy) return turn.tell("repair", { kind: "acknowledge", link, congestion });
  // An acknowledgement that goes with entries costs no message of its own.
  const rides = Boolean(turn.state.config.batch_ms) && sentBytes(turn, link) > before_bytes;
  turn.tell("replication", { kind: "acknowledge", link, congestion, rides });
  if (!isUnasked(state.flow.links.get(link)!.outward)) return;
  const awaited = isAckAwaited(turn);
  turn.tell("replication", { kind: "ask_ack", link, awaited, relay: turn.relay });
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

function sentBytes(turn: NodeTurn, link: LinkId): number {
  return turn.state.flow.links.get(link)!.outward.sent_bytes;
}
