/**
 * What a node does on links that lose lines: it says again what was not answered. Until the peer has
 * shown that it heard them: the greeting, the first clock, a question. Entries as lossy.ts decides.
 */

import { sayHello } from "../session/greeting.ts";
import { type Congestion, type Link, noteAcked } from "../session/link.ts";
import { logsToTell } from "../replication/pump.ts";
import { clockLines, splitTouched } from "../wire/clock_lines.ts";
import {
  landFlight,
  type Lossy,
  noteRepeated,
  noteRoundTrip,
  noteSent,
  resendAt,
  resendDue,
} from "./lossy.ts";
import { firstKept, type StoredEntry } from "../log/log.ts";
import type { Turn } from "../state.ts";
import {
  ACK_BYTES,
  LOSSY_ACK_MS,
  LOSSY_CLOCK_LOGS,
  LOSSY_CONGESTED_MS,
  LOSSY_PING_MS,
} from "../data/limits.ts";

type LossyLink = Link & { readonly lossy: Lossy };

/** Whether a link loses lines. */
export function isLossy(link: Link): link is LossyLink {
  return link.lossy !== null;
}

/** Says hello and proof again where the other end has not shown that it has them. */
export function repeatGreetings(turn: Turn): void {
  for (const link of turn.state.links.values()) {
    // Who was dialled answers each hello again; so only one end needs a timer.
    if (!isLossy(link) || link.dialled === null || link.streaming || link.role === "guest") {
      continue;
    }
    if (turn.now_ms < link.lossy.repeat_ms) {
      turn.wakeAt(link.lossy.repeat_ms);
      continue;
    }
    const lossy = noteRepeated(link.lossy, turn.now_ms);
    turn.setLink({ ...link, lossy });
    turn.wakeAt(lossy.repeat_ms);
    turn.count("greeted-again");
    answerAgain(turn, link);
  }
}

/** The own half of the greeting, as far as it was said already. */
export function answerAgain(turn: Turn, link: LossyLink): void {
  sayHello(turn, link);
  if (link.proof_sent) turn.send(link.id, { k: "proof", z: link.lossy.proof });
}

/** Says again whatever the peer should have answered by now. */
export function serveLossy(turn: Turn, before: LossyLink): LossyLink {
  let link = land(before, turn.now_ms);
  const [lossy, due] = resendDue(link.lossy, turn.now_ms);
  if (due.length > 0) {
    turn.count("sent-again", due.length);
    turn.sendBytes(link.id, due.map(({ line }) => line));
    link = { ...link, lossy };
  }
  link = ping(turn, repeatWords(turn, link));
  turn.wakeAt(resendAt(link.lossy));
  return link;
}

/** Notes what was streamed to a peer. */
export function noteStreamed(turn: Turn, link: Link, entries: readonly StoredEntry[]): Link {
  if (!isLossy(link) || entries.length === 0) return link;
  const lossy = noteSent(link.lossy, entries, turn.now_ms);
  turn.wakeAt(resendAt(lossy));
  return { ...link, lossy };
}

/** Tells a peer how far the logs are of which something came. */
export function acknowledgeLossy(turn: Turn, link: LossyLink, congestion: Congestion): LossyLink {
  const owed = link.received_bytes - link.reported_bytes;
  const is_due = turn.now_ms >= link.ack_due_ms || (congestion === null && owed >= ACK_BYTES);
  if (!is_due || turn.state.storage.fault !== null) {
    if (!is_due) turn.wakeAt(link.ack_due_ms);
    return link;
  }
  // Here a peer waits for the clock itself, so the only credit to withhold is time.
  const rested_ms = turn.now_ms - link.lossy.reported_ms;
  if (congestion !== null && rested_ms < LOSSY_CONGESTED_MS) {
    turn.wakeAt(link.lossy.reported_ms + LOSSY_CONGESTED_MS);
    return link;
  }
  const { settled, log } = turn.state;
  const { told, kept } = splitTouched(logsToTell(link, settled.log), settled.log, log);
  const logs = new Set([...told, ...link.lossy.reported]);
  // Only who has the whole first clock says so.
  const n = link.streaming ? link.received_bytes : undefined;
  const lines = clockLines(settled.log, logs, n, LOSSY_CLOCK_LOGS, link.has);
  turn.send(
    link.id,
    ...lines.map((line) => n === undefined ? { ...line, more: true } as const : line),
  );
  return {
    ...link,
    touched: kept,
    skipped: new Set(),
    reported_bytes: link.received_bytes,
    ack_due_ms: kept.size > 0 ? turn.now_ms + LOSSY_ACK_MS : Infinity,
    lossy: { ...link.lossy, reported: told, reported_ms: turn.now_ms },
  };
}

/** A pong says how long a ping and its answer were under way. */
export function takePong(turn: Turn, link: Link, x: number): void {
  if (!isLossy(link)) return turn.count("ignored:pong");
  const time_ms = turn.now_ms - link.opened_ms - x;
  if (time_ms >= 0) turn.setLink({ ...link, lossy: noteRoundTrip(link.lossy, time_ms) });
}

/** What a ping carries: on a lossy link the time, which its pong brings back. */
export function pingMark(link: Link, now_ms: number): number {
  return isLossy(link) ? now_ms - link.opened_ms : link.sent_bytes;
}

/** A peer that acknowledges has the whole first clock. */
export function noteAnswered(link: Link, n: number | undefined): Link {
  if (!isLossy(link) || n === undefined || link.lossy.first_clock.length === 0) return link;
  return { ...link, lossy: { ...link.lossy, first_clock: [] } };
}

function land(link: LossyLink, now_ms: number): LossyLink {
  const lossy = landFlight(link.lossy, link.has);
  if (lossy === link.lossy) return link;
  const acked_bytes = link.sent_bytes - lossy.flight_bytes;
  return { ...noteAcked(link, acked_bytes, now_ms), lossy };
}

/** The first clock, a question and offered gaps, until they are answered. */
function repeatWords(turn: Turn, link: LossyLink): LossyLink {
  const { first_clock, wants_peers, repeat_ms } = link.lossy;
  if (first_clock.length === 0 && !wants_peers && link.offered.size === 0) return link;
  if (turn.now_ms < repeat_ms) {
    turn.wakeAt(repeat_ms);
    return link;
  }
  turn.sendBytes(link.id, first_clock);
  if (wants_peers) turn.send(link.id, { k: "want", peers: true });
  const { heads } = turn.state.settled.log;
  const offered = new Map(link.offered);
  for (const [index, to] of link.offered) {
    const { origin: o, topic: t } = heads[index], s = (link.has[index] ?? 0) + 1;
    // Meanwhile retention may have dropped the very entry that would prove the gap.
    const e = Math.max(to, firstKept(heads[index]) - 1);
    offered.set(index, e);
    if (s <= e) turn.send(link.id, { k: "gap", o, t, s, e });
  }
  const lossy = noteRepeated(link.lossy, turn.now_ms);
  turn.wakeAt(lossy.repeat_ms);
  return { ...link, offered, lossy };
}

function ping(turn: Turn, link: LossyLink): LossyLink {
  if (turn.now_ms < link.lossy.ping_ms) {
    turn.wakeAt(link.lossy.ping_ms);
    return link;
  }
  turn.send(link.id, { k: "ping", x: pingMark(link, turn.now_ms) });
  // The first answer matters most: until then nothing is known.
  const pause_ms = link.lossy.smoothed_ms === 0 ? LOSSY_PING_MS / 4 : LOSSY_PING_MS;
  const ping_ms = turn.now_ms + pause_ms;
  turn.wakeAt(ping_ms);
  return { ...link, lossy: { ...link.lossy, ping_ms } };
}
