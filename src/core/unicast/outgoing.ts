/**
 * Messages on their way out. For each recipient: what waits, and what is in flight and sent again until
 * the recipient acknowledges it or its time is over. Where they do not arrive, the recipient is asked to
 * speak, because its next entry teaches everybody the way to it anew.
 */

import type { Id } from "../types.ts";
import { AppendLog } from "../data/append_log.ts";
import { isWellFormed } from "../data/json_scan.ts";
import { isThere } from "../membership/members.ts";
import { type Ack, bytesOf, encodeParcel, sealContext } from "./packets.ts";
import { CALM, laneKey, type Message, newOutgoing, type Outgoing } from "./slice.ts";
import { type Errand, nextHop, setOutgoing, type UnicastTurn } from "./turn.ts";
import {
  BULK_FLIGHT_BYTES_MAX,
  FLIGHT_BYTES_MAX,
  HOPS_MAX,
  PACKET_BYTES_MAX,
  PACKET_BYTES_TARGET,
  PACKET_RETRY_MS,
  PACKET_RETRY_MS_MAX,
  PACKETS_AGAIN_MAX,
  PACKETS_IN_FLIGHT_MAX,
  POST_MS_MAX,
  POST_OVERHEAD_BYTES,
  POSTED_BYTES_MAX,
  SEEK_MS_MAX,
} from "../data/limits.ts";

/** Takes messages for somebody, or says why not. */
export function takeErrand(turn: UnicastTurn, errand: Errand): void {
  const { slice } = turn, { to, source, app, items } = errand;
  const bytes = bytesOf(items), cost_bytes = bytes + POST_OVERHEAD_BYTES;
  const why = refusal(turn, errand, bytes);
  if (why !== null) return turn.out({ kind: "answered", app, source, to, why, late: false });
  slice.outgoing_bytes += cost_bytes;
  const deadline_ms = Math.min(errand.deadline_ms, turn.now_ms + POST_MS_MAX);
  const lane = { peer: to, bulk: errand.bulk };
  const before = slice.outgoing.get(laneKey(lane)) ?? newOutgoing(lane);
  setOutgoing(turn, {
    ...before,
    waiting: before.waiting.append([{ app, items, bytes, source, deadline_ms }]),
    expires_ms: Math.min(before.expires_ms, deadline_ms),
  });
  // What an app says within a tick comes too late for what that tick sends.
  turn.wakeAt(turn.now_ms);
}

function refusal(
  { slice, view }: UnicastTurn,
  { to, items }: Errand,
  bytes: number,
): string | null {
  if (to === view.log.self) return "that is this node";
  if (view.membership.life.phase !== "running") return "the node is not taking messages now";
  if (!items.every(isWellFormed)) return "not valid Unicode";
  if (bytes > PACKET_BYTES_MAX) return `more than ${PACKET_BYTES_MAX} bytes as JSON`;
  const full = slice.outgoing_bytes + bytes + POST_OVERHEAD_BYTES > POSTED_BYTES_MAX;
  return full ? "too many messages wait here" : null;
}

/** Seals and sends what is due, and gives up what was not acknowledged in time. */
export function sendDue(turn: UnicastTurn): void {
  const sought = new Set<Id>();
  for (const before of turn.slice.outgoing.values()) {
    let one = expire(turn, before);
    if (one.waiting.length + one.flight.length === 0) {
      turn.own("outgoing").delete(laneKey(one));
      continue;
    }
    turn.wakeAt(one.expires_ms);
    const member = turn.view.membership.members.by_id.get(one.peer);
    if (member !== undefined && isThere(member) && member.box !== "") {
      if (member.box !== one.box) one = repack(one, member.box);
      one = resend(turn, pack(turn, one), sought);
    }
    if (one !== before) setOutgoing(turn, one);
  }
  if (sought.size > 0) turn.out({ kind: "seek", ids: [...sought] });
}

/** The recipient says how far it has delivered what it got, and what of that it cannot read. */
export function takeAck(turn: UnicastTurn, key: string, { last, refused }: Ack): void {
  const one = turn.slice.outgoing.get(key);
  if (one === undefined) return;
  const acked = one.flight.filter(({ number }) => number <= last);
  if (acked.length === 0) return;
  for (const { number, messages } of acked) {
    const is_refused = refused.includes(number);
    for (const message of messages) {
      const why = is_refused ? `that node has no app ${message.app}` : null;
      answer(turn, one, message, why, !is_refused);
    }
  }
  const flight = one.flight.slice(acked.length);
  const due_ms = flight.length === 0 ? Infinity : turn.now_ms + PACKET_RETRY_MS;
  setOutgoing(turn, { ...one, ...CALM, flight, due_ms });
  turn.wakeAt(turn.now_ms);
}

/** A guest is gone: what it handed over and was not sent yet, nobody answers for. */
export function dropErrands(turn: UnicastTurn, link: number): void {
  const isOf = ({ source }: Message) => source.kind === "guest" && source.link === link;
  for (const one of turn.slice.outgoing.values()) {
    const all = [...one.waiting.from()], rest = all.filter((message) => !isOf(message));
    if (rest.length === all.length) continue;
    for (const message of all) if (isOf(message)) release(turn, message);
    setOutgoing(turn, { ...one, waiting: logOf(rest) });
  }
}

/** Whether somebody who is there still owes an acknowledgement. */
export function areMessagesAwaited(
  outgoing: ReadonlyMap<string, Outgoing>,
  isHere: (id: Id) => boolean,
): boolean {
  return [...outgoing.values()].some(({ peer }) => isHere(peer));
}

/** Nothing goes out any more. */
export function giveUp(turn: UnicastTurn): void {
  for (const one of turn.slice.outgoing.values()) {
    for (const message of messagesOf(one)) answer(turn, one, message, "this node left first");
  }
  turn.slice.outgoing = new Map();
}

/** What is in flight names the old id as its sender: it is sealed anew. */
export function repackAll(turn: UnicastTurn): void {
  for (const one of turn.slice.outgoing.values()) setOutgoing(turn, repack(one, ""));
}

function logOf(messages: readonly Message[]): AppendLog<Message> {
  return AppendLog.empty<Message>().append(messages);
}

function messagesOf({ flight, waiting }: Outgoing): Message[] {
  return [...flight.flatMap(({ messages }) => messages), ...waiting.from()];
}

/** Nobody waits for it any more. */
function release(turn: UnicastTurn, { bytes }: Message): void {
  turn.slice.outgoing_bytes -= bytes + POST_OVERHEAD_BYTES;
}

/** Whoever sent what is late is told. */
function expire(turn: UnicastTurn, one: Outgoing): Outgoing {
  if (turn.now_ms < one.expires_ms) return one;
  const isLive = ({ deadline_ms }: Message) => turn.now_ms < deadline_ms;
  for (const message of messagesOf(one)) {
    if (!isLive(message)) answer(turn, one, message, "it was not acknowledged in time");
  }
  const waiting = logOf([...one.waiting.from()].filter(isLive));
  const live = one.flight.map((packet) => ({
    ...packet,
    messages: packet.messages.filter(isLive),
  }));
  // What others in flight come after must still arrive; behind the last nobody waits for anything.
  const flight = live.slice(0, live.findLastIndex(({ messages }) => messages.length > 0) + 1);
  const due_ms = flight.length === 0 ? Infinity : one.due_ms;
  const after = { ...one, waiting, flight, due_ms };
  // There may be more of them than a call takes arguments.
  let expires_ms = Infinity;
  for (const { deadline_ms } of messagesOf(after)) expires_ms = Math.min(expires_ms, deadline_ms);
  return { ...after, expires_ms };
}

/** An end of it is somebody else now: what was not acknowledged is to be sealed for that. */
function repack(one: Outgoing, box: string): Outgoing {
  return { ...one, ...CALM, box, waiting: logOf(messagesOf(one)), flight: [], due_ms: Infinity };
}

/** Seals and sends what waits, as far as the flight has room. */
function pack(turn: UnicastTurn, before: Outgoing): Outgoing {
  let one = before;
  const flight_max = one.bulk ? BULK_FLIGHT_BYTES_MAX : FLIGHT_BYTES_MAX;
  let flight_bytes = one.flight.reduce((sum, { bytes }) => sum + bytes, 0);
  while (one.waiting.length > 0 && one.flight.length < PACKETS_IN_FLIGHT_MAX) {
    const next_bytes = one.waiting.get(one.waiting.first)!.bytes;
    if (flight_bytes > 0 && flight_bytes + next_bytes > flight_max) break;
    const messages = takePacketful(one.waiting);
    const waiting = one.waiting.dropUntil(one.waiting.first + messages.length);
    one = seal(turn, { ...one, waiting }, messages);
    flight_bytes += one.flight.at(-1)!.bytes;
  }
  return one;
}

/** Messages that travel together: of one app, up to about the size of a datagram. */
function takePacketful(waiting: AppendLog<Message>): Message[] {
  const messages: Message[] = [];
  let bytes = 0;
  for (const message of waiting.from()) {
    const full = bytes + message.bytes > PACKET_BYTES_TARGET || message.app !== messages[0]?.app;
    if (messages.length > 0 && full) break;
    bytes += message.bytes;
    messages.push(message);
  }
  return messages;
}

/** Seals messages in a packet, which goes out for the first time. */
function seal(turn: UnicastTurn, one: Outgoing, messages: readonly Message[]): Outgoing {
  const { config, log, env } = turn.view, { peer, box, bulk } = one;
  const number = ++turn.slice.packets;
  const after = one.flight.at(-1)?.number ?? 0;
  const items = messages.flatMap((message) => message.items);
  const context = sealContext(config.network, log.self, peer);
  const role = bulk ? "bulk" : "data";
  const parcel = encodeParcel({ after, time_ms: turn.now_ms, app: messages[0].app, items });
  const text = env.seal({ peer, box, context, role, number }, parcel);
  // A key that nothing can be sealed to: the deadline tells.
  if (text === null) turn.count("private:bad-box");
  else transmit(turn, one, number, text);
  const bytes = messages.reduce((sum, message) => sum + message.bytes, 0);
  const due_ms = Math.min(one.due_ms, turn.now_ms + one.pause_ms);
  return { ...one, flight: [...one.flight, { number, messages, bytes, text }], due_ms };
}

/** Sends the flight again where no acknowledgement came in time. */
function resend(turn: UnicastTurn, one: Outgoing, sought: Set<Id>): Outgoing {
  if (turn.now_ms < one.due_ms) {
    turn.wakeAt(one.due_ms);
    return one;
  }
  // What is behind has perhaps arrived, and waits there for these.
  for (const { number, text } of one.flight.slice(0, PACKETS_AGAIN_MAX)) {
    if (text === null) continue;
    turn.count("private:sent-again");
    transmit(turn, one, number, text);
  }
  const pause_ms = Math.min(PACKET_RETRY_MS_MAX, one.pause_ms * 2);
  const due_ms = turn.now_ms + pause_ms;
  turn.wakeAt(due_ms);
  return askToSpeak(turn, { ...one, pause_ms, due_ms }, sought);
}

/** The way may have changed somewhere: the recipient's next entry will show it. */
function askToSpeak(turn: UnicastTurn, one: Outgoing, sought: Set<Id>): Outgoing {
  const is_near = nextHop(turn.slice, turn.view.session, one.peer)?.peer === one.peer;
  if (is_near || turn.now_ms < one.seek_ms) return one;
  sought.add(one.peer);
  const seek_pause_ms = Math.min(SEEK_MS_MAX, one.seek_pause_ms * 2);
  return { ...one, seek_ms: turn.now_ms + one.seek_pause_ms, seek_pause_ms };
}

function transmit(turn: UnicastTurn, { peer: to, bulk }: Outgoing, n: number, x: string): void {
  const { self: o } = turn.view.log;
  const line = { k: "route", h: HOPS_MAX, to, o, m: bulk ? "bulk" : "data", n, x } as const;
  turn.out({ kind: "hand_on", line });
}

/**
 * Tells who sent something how it ended: `why` is null where it was delivered, and `late` false where
 * it is certain that nothing came of it.
 */
function answer(
  turn: UnicastTurn,
  { peer: to }: Outgoing,
  message: Message,
  why: string | null,
  late = true,
): void {
  const { app, source } = message;
  release(turn, message);
  turn.count(why === null ? "private:delivered" : "private:undelivered");
  turn.out({ kind: "answered", app, source, to, why, late });
}
