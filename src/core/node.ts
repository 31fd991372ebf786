/**
 * The node: one reducer over everything that happens to it. Each case hands over to one module; what
 * is to be sent and printed is decided only in `tick()`, so that it comes in batches as large as the
 * input was. .github/ARCHITECTURE.md follows a line through it.
 */

import type { Effect, Env, Event, Gap, LinkId } from "./types.ts";
import {
  beginPace,
  type Congestion,
  isPeer,
  keepsPace,
  type Link,
  reportableBytes,
  stuckAt,
} from "./session/link.ts";
import { isAtEnd, lagBytes, logsToTell, pumpTopic } from "./replication/pump.ts";
import { clockLines, splitTouched } from "./wire/clock_lines.ts";
import { closeStrangers, openLink, sendProof } from "./session/greeting.ts";
import {
  acknowledgeLossy,
  isLossy,
  noteStreamed,
  repeatGreetings,
  serveLossy,
} from "./repair/lossy_links.ts";
import { advanceJoin, endStale, start, takeRenewed } from "./membership/join.ts";
import { showProofs } from "./replication/forks.ts";
import { keepLinksAlive } from "./session/heartbeat.ts";
import { answerDoubts, watchMembers } from "./membership/presence.ts";
import { reviveLinked } from "./membership/revive.ts";
import { sendPrivate, sendSealed, takePrivate } from "./unicast/sender.ts";
import { sendSealedAck, showPrivate, takeUnsealed } from "./unicast/receiver.ts";
import { askForQuiet, graftMissing, quietOn } from "./broadcast/spreading.ts";
import { keepTrackers } from "./membership/trackers.ts";
import { takeLoaded, takeRestored } from "./storage/restore.ts";
import { settle, takeStored } from "./storage/storage.ts";
import { forgetDeparted } from "./membership/depart.ts";
import { decodeLines, receive, receiveVerified } from "./replication/receive.ts";
import { countPeers, dialFailed, forgetLink, keepOverlay } from "./membership/overlay.ts";
import { draftBytes } from "./publish/draft.ts";
import {
  answerRequests,
  isAckAwaited,
  publishLocal,
  sealDrafts,
  takeSigned,
} from "./publish/publish.ts";
import { acceptGaps, giveUpCauses } from "./broadcast/gaps.ts";
import { advanceLeave, beginLeave } from "./membership/leave.ts";
import { frontLagBytes, oweOutput, pumpFront, takePrinted } from "./output/front.ts";
import { PRESENCE, trimLog } from "./log/log.ts";
import { decideRelay } from "./broadcast/backoff.ts";
import { initialState, type NodeState, Turn } from "./state.ts";
import { ACK_BYTES, CONGESTED_ACK_MS, DRAFT_BYTES_MAX, LAZY_MS, STUCK_MS } from "./data/limits.ts";

export { initialState, type NodeState };

/** What a node does about an event. Pure: the state that came in is untouched. */
export function reduceNode(state: NodeState, event: Event, env: Env): [NodeState, Effect[]] {
  const turn = new Turn(state, event.now_ms, env);
  handle(turn, event);
  for (const id of turn.closing) forgetLink(turn, id);
  return turn.finish();
}

/** Whether more of the user's input may be published now; else it must wait. */
export function isInputOpen(state: NodeState): boolean {
  return state.phase === "running" && draftBytes(state.drafts) < DRAFT_BYTES_MAX &&
    state.storage.fault === null && congestionOf(state, INPUT_SHARE) === null;
}

function handle(turn: Turn, event: Event): void {
  const { state } = turn;
  switch (event.kind) {
    case "restored":
      return takeRestored(turn, event.restored);
    case "loaded":
      return takeLoaded(turn, event.rows);
    case "started":
      return start(turn, event);
    case "stored":
      takeStored(turn, event.fault);
      return show(turn);
    case "renewed":
      return takeRenewed(turn, event.id);
    case "opened":
      return openLink(turn, event);
    case "dial_failed":
      return dialFailed(turn, event.address, event.why);
    case "lines":
      noteHeard(turn, event.link);
      return receive(turn, event.link, decodeLines(state.log, event.lines));
    case "verified":
      return receiveVerified(turn, event.request, event.valid);
    case "garbled":
      turn.count(`rejected:${event.code}`);
      return turn.close(event.link, event.code, "bytes that are no lines of the protocol");
    case "closed":
      return forgetLink(turn, event.link);
    case "publish":
      return publishLocal(turn, event);
    case "signed": {
      const { purpose, signature } = event;
      if (purpose.kind === "entry") return takeSigned(turn, purpose.topic, signature);
      const link = state.links.get(purpose.link);
      return link === undefined ? undefined : sendProof(turn, link, signature);
    }
    case "post": {
      const source = { kind: "local", tag: event.tag } as const;
      const why = takePrivate(turn, event.to, event.items, source, event.deadline_ms);
      if (why === null) return;
      return turn.notice({ kind: "undelivered", to: event.to, tag: event.tag, why });
    }
    case "sealed": {
      const { seal, text } = event;
      return seal.role === "data" ? sendSealed(turn, seal, text) : sendSealedAck(turn, seal, text);
    }
    case "unsealed":
      return takeUnsealed(turn, event.seal, event.bytes);
    case "printed":
      state.front = takePrinted(state.front, event.bytes, turn.now_ms);
      return;
    case "leave":
      return beginLeave(turn, event.deadline_ms);
    case "tick":
      return tick(turn);
  }
}

/**
 * Which part of what is kept a reader may be behind: the own input waits before the others are made
 * to, so that sources which are all ahead of their links do not slow each other down.
 */
const INPUT_SHARE = 1 / 4, RELAY_SHARE = 1 / 2;

/** Turns what changed into what is to be done. */
function tick(turn: Turn): void {
  if (turn.state.restoring !== null) return;
  const late_ms = turn.now_ms - turn.state.wake_ms;
  turn.state.wake_ms = Infinity;
  closeStrangers(turn);
  repeatGreetings(turn);
  keepLinksAlive(turn, late_ms);
  keepTrackers(turn);
  watchMembers(turn);
  answerDoubts(turn);
  reviveLinked(turn);
  acceptGaps(turn);
  giveUpCauses(turn);
  advanceJoin(turn);
  endStale(turn);
  graftMissing(turn);
  sendPrivate(turn);
  showPrivate(turn);
  sealDrafts(turn);
  // What must be stored first is shown when it is.
  if (settle(turn)) show(turn);
}

/** Sends, acknowledges and prints what may be shown. */
function show(turn: Turn): void {
  const { state } = turn;
  const congestion = congestionOf(state, RELAY_SHARE);
  if (congestion !== null) turn.wakeAt(turn.now_ms + STUCK_MS);
  // A guest that publishes waits for its answers; so it is held back like the user's input.
  else answerRequests(turn);
  keepOverlay(turn);
  const relay = isRelayTime(turn);
  for (const link of state.links.values()) {
    if (link.stage === "up") serve(turn, link, relay, congestion);
  }
  print(turn);
  advanceLeave(turn);
  // What is not stored yet must not be dropped.
  if (state.settled.log !== state.log) return;
  forgetDeparted(turn);
  state.log = trimLog(state.log, state.config.keep_bytes);
  state.settled = { log: state.log, ledger: state.ledger };
}

function serve(turn: Turn, link: Link, relay: boolean, congestion: Congestion): void {
  const stuck_ms = isPeer(link) ? stuckAt(link) : Infinity;
  if (turn.now_ms >= stuck_ms) {
    return turn.close(link.id, "stuck", "nothing was acknowledged for too long");
  }
  turn.wakeAt(stuck_ms);
  let served: Link = isPeer(link) && isLossy(link) ? serveLossy(turn, link) : link;
  if (link.unwanted.size > 0) served = askForQuiet(turn, served);
  if (link.proofs.size > 0) served = showProofs(turn, served);
  // A guest has nobody else to hear it from.
  if (link.streaming && (relay || link.role === "guest")) served = stream(turn, served);
  if (isPeer(served)) {
    served = isLossy(served) ? acknowledgeLossy(turn, served, congestion) : askForAck(
      turn,
      acknowledge(turn, served, congestion, ridesAlong(turn, link, served)),
      relay,
    );
  }
  if (served !== link) turn.setLink(served);
}

/** Something came on a link, so the peer lives. */
function noteHeard(turn: Turn, id: LinkId): void {
  const link = turn.state.links.get(id);
  if (link !== undefined && link.heard_ms !== turn.now_ms) {
    turn.setLink({ ...link, heard_ms: turn.now_ms });
  }
}

/** Whether peers are sent what is new now, or a moment later. */
function isRelayTime(turn: Turn): boolean {
  const { state } = turn;
  // Only where everybody sends everything do copies cross.
  if (state.config.spread !== "flood" && !state.config.batch_ms) return true;
  const { backoff, random, relay } = decideRelay(
    state.backoff,
    turn.now_ms,
    countPeers(turn),
    state.random,
    state.config.batch_ms,
  );
  state.backoff = backoff;
  state.random = random;
  turn.wakeAt(backoff.due_ms);
  return relay;
}

/** Sends what a link's cursors and window allow. */
function stream(turn: Turn, before: Link): Link {
  const { log } = turn.state.settled;
  const isQuiet = quietOn(turn, before);
  let link = before;
  // Who is there matters more than what was said.
  const topics = link.role === "guest" ? link.cursors.keys() : log.topics.keys();
  for (const topic of link.role === "guest" ? topics : [PRESENCE, ...topics]) {
    if (isAtEnd(link, log, topic)) continue;
    const pumped = pumpTopic(link, log, topic, isQuiet);
    link = pumped.link;
    turn.send(link.id, ...pumped.gaps.map(gapLine));
    turn.sendBytes(link.id, pumped.lines);
    link = noteStreamed(turn, link, pumped.entries);
  }
  if (link.skipped !== before.skipped) {
    link = { ...link, ack_due_ms: Math.min(link.ack_due_ms, turn.now_ms + LAZY_MS) };
  }
  return beginPace(before, link, turn.now_ms);
}

/** Whether an acknowledgement goes with entries that were just sent, and costs no message then. */
function ridesAlong({ state }: Turn, before: Link, link: Link): boolean {
  return Boolean(state.config.batch_ms) && link.sent_bytes > before.sent_bytes;
}

function acknowledge(turn: Turn, link: Link, congestion: Congestion, rides: boolean): Link {
  const owed = link.received_bytes - link.reported_bytes;
  const due = turn.now_ms >= link.ack_due_ms || (rides && owed > 0) ||
    (congestion === null && owed >= ACK_BYTES);
  // What cannot be stored is not acknowledged, so that whoever sent it keeps it.
  if (!due || turn.state.storage.fault !== null) {
    if (!due) turn.wakeAt(link.ack_due_ms);
    return link;
  }
  const { settled, log } = turn.state;
  const reported_bytes = reportableBytes(link, congestion);
  // A disk that takes its time may have less than what came; the rest is told when it is stored.
  const { told, kept } = splitTouched(logsToTell(link, settled.log), settled.log, log);
  if (told.size > 0 || reported_bytes > link.reported_bytes || link.skipped.size === 0) {
    turn.send(link.id, ...clockLines(settled.log, told, reported_bytes));
  }
  const rests = reported_bytes < link.received_bytes || kept.size > 0;
  const rest_ms = rests ? turn.now_ms + CONGESTED_ACK_MS : Infinity;
  turn.wakeAt(rest_ms);
  return { ...link, touched: kept, skipped: new Set(), reported_bytes, ack_due_ms: rest_ms };
}

/** Acknowledgements take their time, unless somebody, or a large entry, waits for one. */
function askForAck(turn: Turn, link: Link, relay: boolean): Link {
  if (link.asked_bytes >= link.sent_bytes || link.acked_bytes >= link.sent_bytes) return link;
  // What was not to be sent yet is not blocked.
  const blocked = relay && isBlockedByLittle(link, turn.state);
  if (!isAckAwaited(turn.state) && !blocked) return link;
  turn.send(link.id, { k: "ping", x: link.sent_bytes });
  return { ...link, asked_bytes: link.sent_bytes };
}

/** Whether a large entry waits for room behind so little that the peer need not acknowledge it yet. */
function isBlockedByLittle(link: Link, { settled: { log } }: NodeState): boolean {
  return link.sent_bytes - link.acked_bytes < ACK_BYTES && link.offered.size === 0 &&
    [...link.cursors.keys()].some((topic) => !isAtEnd(link, log, topic));
}

function print(turn: Turn): void {
  const { state } = turn;
  if (state.front.unprinted_bytes === 0) state.front = { ...state.front, progress_ms: turn.now_ms };
  for (;;) {
    const { log, ledger } = state.settled;
    const [front, records, bytes] = pumpFront(state.front, log, ledger);
    state.front = front;
    if (records.length === 0) return;
    state.front = oweOutput(front, bytes);
    turn.effect({ kind: "print", records, bytes });
  }
}

/**
 * Whether a reader that keeps pace is so far behind that it would lose entries. Then the sources must
 * wait. One that is stuck, or very slow, does not count: it loses entries, and is told so.
 */
function congestionOf(state: NodeState, share: number): Congestion {
  const { log, front, now_ms, config } = state;
  const far = config.keep_bytes * share;
  if (log.kept_bytes < far) return null;
  const is_stuck = front.unprinted_bytes > 0 && now_ms - front.progress_ms >= STUCK_MS;
  if (!is_stuck && frontLagBytes(front, log) > far) return "output";
  for (const link of state.links.values()) {
    if (!keepsPace(link, now_ms)) continue;
    for (const [name, topic] of log.topics) {
      if (link.role === "guest" && !link.cursors.has(name)) continue;
      if (lagBytes(link, name, topic) > far) return "peer";
    }
  }
  return null;
}

function gapLine({ origin, topic, from, to }: Gap) {
  return { k: "gap", o: origin, t: topic, s: from, e: to } as const;
}
