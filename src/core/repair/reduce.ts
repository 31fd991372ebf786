/**
 * The door of repair: what a node does on links that lose lines. It says again what was not answered:
 * the greeting, the first clock, a question, until the peer has shown that it heard them; entries as
 * lossy.ts decides.
 */

import type { LinkId } from "../types.ts";
import { type Congestion, isAckDue } from "../flow/slice.ts";
import { logsToTell } from "../replication/pump.ts";
import { hasOf, openLogs } from "../replication/slice.ts";
import { clockLines, splitTouched } from "../wire/clock_lines.ts";
import { type Reduced, RoomTurn } from "../wire/room.ts";
import {
  forgetFlight,
  landFlight,
  type Lossy,
  newLossy,
  noteRepeated,
  noteRoundTrip,
  noteSent,
  resendAt,
  resendDue,
} from "./lossy.ts";
import { pingMark, type Repair } from "./slice.ts";
import type { RepairEvent, RepairOut, RepairTurn, RepairView } from "./turn.ts";
import {
  LOSSY_ACK_MS,
  LOSSY_CLOCK_LOGS,
  LOSSY_CONGESTED_MS,
  LOSSY_GREET_MS,
  LOSSY_PING_MS,
} from "../data/limits.ts";

/** What repair does about an event. */
export function reduceRepair(
  before: Repair,
  event: RepairEvent,
  view: RepairView,
): Reduced<Repair, RepairOut> {
  const turn: RepairTurn = new RoomTurn(before, { ...before }, view);
  const { slice, now_ms } = turn;
  if (event.kind === "greet") repeatGreetings(turn);
  else if (event.kind === "forget") {
    for (const [link, lossy] of slice.links.entries()) {
      set(turn, link, forgetFlight(lossy, event.indices));
    }
  } else if (event.kind === "opened") {
    const lossy = newLossy(now_ms);
    set(turn, event.link, lossy);
    if (view.session.links.get(event.link)?.dialled) turn.wakeAt(lossy.words.repeat_ms);
  } else if (event.kind === "gone") slice.links = slice.links.without(event.link);
  else {
    const lossy = slice.links.get(event.link);
    if (lossy !== undefined) handle(turn, lossy, event);
    else if (event.kind === "pong") turn.count("ignored:pong");
  }
  return turn.finish();
}

function handle(
  turn: RepairTurn,
  lossy: Lossy,
  event: Exclude<RepairEvent, { kind: "greet" | "forget" | "opened" | "gone" }>,
): void {
  const { now_ms } = turn, { link } = event, { words } = lossy;
  switch (event.kind) {
    case "first_clock": {
      const fresh = { first_clock: event.lines, repeat_ms: now_ms + LOSSY_GREET_MS };
      return set(turn, link, { ...lossy, words: { ...words, ...fresh } });
    }
    case "wants_peers":
      return set(turn, link, { ...lossy, words: { ...words, wants_peers: event.wants } });
    case "answered":
      if (words.first_clock.length === 0) return;
      return set(turn, link, { ...lossy, words: { ...words, first_clock: [] } });
    case "pong": {
      const time_ms = now_ms - turn.view.session.links.get(link)!.opened_ms - event.x;
      if (time_ms >= 0) set(turn, link, noteRoundTrip(lossy, time_ms));
      return;
    }
    case "streamed": {
      const sent = noteSent(lossy, event.entries, now_ms);
      turn.wakeAt(resendAt(sent));
      return set(turn, link, sent);
    }
    case "serve":
      return serve(turn, link, lossy);
    case "acknowledge":
      return acknowledge(turn, link, lossy, event.congestion);
  }
}

/** Says hello and proof again where the other end has not shown that it has them. */
function repeatGreetings(turn: RepairTurn): void {
  const { session, replication } = turn.view;
  for (const [link, lossy] of turn.slice.links.entries()) {
    const { dialled, role } = session.links.get(link)!;
    const streaming = replication.links.get(link)!.streaming;
    // Who was dialled answers each hello again; so only one end needs a timer.
    if (dialled === null || streaming || role === "guest") continue;
    if (turn.now_ms < lossy.words.repeat_ms) {
      turn.wakeAt(lossy.words.repeat_ms);
      continue;
    }
    const repeated = noteRepeated(lossy, turn.now_ms);
    set(turn, link, repeated);
    turn.wakeAt(repeated.words.repeat_ms);
    turn.count("greeted-again");
    turn.out({ kind: "greet_again", link });
  }
}

/** Says again whatever the peer should have answered by now. */
function serve(turn: RepairTurn, link: LinkId, before: Lossy): void {
  const { now_ms } = turn;
  const [landed, due] = resendDue(land(turn, link, before), now_ms);
  if (due.length > 0) {
    turn.count("sent-again", due.length);
    turn.out({ kind: "send", link, lines: due.map(({ line }) => line) });
  }
  const lossy = ping(turn, link, repeatWords(turn, link, landed));
  turn.wakeAt(resendAt(lossy));
  set(turn, link, lossy);
}

/** Takes out of the flight what the peer has. */
function land(turn: RepairTurn, link: LinkId, before: Lossy): Lossy {
  const replica = turn.view.replication.links.get(link)!;
  const lossy = landFlight(before, (log) => hasOf(replica, log));
  if (lossy === before) return before;
  const { sent_bytes } = turn.view.flow.links.get(link)!.outward;
  turn.out({ kind: "acked", link, bytes: sent_bytes - lossy.flight_bytes });
  return lossy;
}

/** The first clock, a question and offered gaps, until they are answered. */
function repeatWords(turn: RepairTurn, link: LinkId, lossy: Lossy): Lossy {
  const { first_clock, wants_peers, repeat_ms } = lossy.words;
  const replica = turn.view.replication.links.get(link)!;
  const offers = openLogs(replica, ({ offered }) => offered > 0).length > 0;
  if (first_clock.length === 0 && !wants_peers && !offers) return lossy;
  if (turn.now_ms < repeat_ms) {
    turn.wakeAt(repeat_ms);
    return lossy;
  }
  if (first_clock.length > 0) turn.out({ kind: "send", link, lines: first_clock });
  if (wants_peers) turn.send(link, { k: "want", peers: true });
  if (offers) turn.out({ kind: "offer_again", link });
  const repeated = noteRepeated(lossy, turn.now_ms);
  turn.wakeAt(repeated.words.repeat_ms);
  return repeated;
}

function ping(turn: RepairTurn, link: LinkId, lossy: Lossy): Lossy {
  const { now_ms } = turn;
  if (now_ms < lossy.ping_ms) {
    turn.wakeAt(lossy.ping_ms);
    return lossy;
  }
  const session = turn.view.session.links.get(link)!;
  turn.send(link, { k: "ping", x: pingMark(session, 0, now_ms) });
  // The first answer matters most: until then nothing is known.
  const pause_ms = lossy.timing.smoothed_ms === 0 ? LOSSY_PING_MS / 4 : LOSSY_PING_MS;
  turn.wakeAt(now_ms + pause_ms);
  return { ...lossy, ping_ms: now_ms + pause_ms };
}

/** Tells a peer how far the logs are of which something came. */
function acknowledge(
  turn: RepairTurn,
  link: LinkId,
  lossy: Lossy,
  congestion: Congestion,
): void {
  const { storage: { settled, fault }, log } = turn.view, { now_ms } = turn;
  const { inward } = turn.view.flow.links.get(link)!;
  if (!isAckDue(inward, congestion, now_ms)) return turn.wakeAt(inward.ack_due_ms);
  if (fault !== null) return;
  // Here a peer waits for the clock itself, so the only credit to withhold is time.
  if (congestion !== null && now_ms < lossy.reported_ms + LOSSY_CONGESTED_MS) {
    return turn.wakeAt(lossy.reported_ms + LOSSY_CONGESTED_MS);
  }
  const replica = turn.view.replication.links.get(link)!;
  const { told, kept } = splitTouched(logsToTell(replica, settled.log), settled.log, log);
  const logs = new Set([...told, ...lossy.reported]);
  // Only who has the whole first clock says so.
  const n = replica.streaming ? inward.received_bytes : undefined;
  const has = (index: number) => hasOf(replica, index);
  const lines = clockLines(settled.log, logs, n, LOSSY_CLOCK_LOGS, has);
  turn.send(
    link,
    ...lines.map((line) => n === undefined ? { ...line, more: true } as const : line),
  );
  const due_ms = kept.size > 0 ? now_ms + LOSSY_ACK_MS : Infinity;
  turn.out({ kind: "told", link, kept });
  turn.out({ kind: "reported", link, bytes: inward.received_bytes, due_ms });
  set(turn, link, { ...lossy, reported: told, reported_ms: now_ms });
}

function set(turn: RepairTurn, link: LinkId, lossy: Lossy): void {
  if (turn.slice.links.get(link) === lossy) return;
  turn.slice.links = turn.slice.links.set(link, lossy);
}
