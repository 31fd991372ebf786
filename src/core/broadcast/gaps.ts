/**
 * What does not come. A gap that a peer offers is accepted unless another peer may fill it; a cause
 * that is missing is asked for, and in the end given up. Either way the user is told.
 */

import type { LinkId } from "../types.ts";
import type { Gap } from "../data/stored.ts";
import { logKey } from "../log/entry.ts";
import { missingOf } from "../log/pending.ts";
import { isKeptWhole, reachOf } from "../log/slice.ts";
import type { LineOf } from "../session/turn.ts";
import { draw } from "../wire/room.ts";
import { type BroadcastTurn, peerLinks } from "./turn.ts";
import {
  ASKS_MAX,
  GAP_EXPIRE_MS,
  GAP_WAIT_MS,
  GAP_WANTS_MAX,
  LOSSY_ASK_MS,
  LOSSY_ASKS_MAX,
  OFFERS_MAX,
  PENDING_ASK_MS,
  PENDING_EXPIRE_MS,
} from "../data/limits.ts";

/** A peer no longer has some entries. They are given up later, if nobody else has them. */
export function takeGap(turn: BroadcastTurn, link: LinkId, line: LineOf<"gap">): void {
  const { slice } = turn, { log, session } = turn.view;
  if (isKeptWhole(log, line.t)) return turn.close(link, "bad-gap", `${line.t} has no gaps`);
  const key = logKey(line.o, line.t), index = log.keys.find(key);
  if (index >= 0 && log.clock[index] >= line.e) {
    return turn.out({ kind: "touch", link, log: index });
  }
  // It streams nothing of the topic before it has heard that this is not needed: because the log was
  // forgotten, or ended in a fork.
  const reach = reachOf(log, line.o, line.t);
  if (reach >= line.e) {
    const seq = Math.min(reach, Math.max(line.e, log.forgotten.seqs.get(key) ?? 0));
    return turn.send(link, { k: "have", c: { [line.o]: { [line.t]: seq } } });
  }
  if (slice.offers.size >= OFFERS_MAX) return turn.count("rejected:too-many-gaps");
  const gap = { origin: line.o, topic: line.t, from: line.s, to: line.e };
  // Where lines are lost it is offered again and again, and the question may have been lost.
  const lossy = session.links.get(link)!.lossy;
  const known = lossy ? slice.offers.get(`${link} ${key}`) : undefined;
  const since_ms = known?.gap.to === gap.to ? known.since_ms : turn.now_ms;
  const offer = { gap, link, since_ms, asked: false };
  slice.offers = slice.offers.set(`${link} ${key}`, offer);
}

/**
 * Accepts the gaps that were offered long enough ago, or by the only peer there is. A gap must be
 * proved by the entry behind it, signed by the origin: nobody can cut off a log by a number alone.
 */
export function acceptGaps(turn: BroadcastTurn): void {
  const { slice, now_ms } = turn, { log, session } = turn.view;
  if (slice.offers.size === 0) return;
  const peers = peerLinks(turn).length;
  const offers = slice.offers.edit();
  let wants = 0;
  // What is deleted or replaced on the way has been looked at.
  for (const [key, offer] of slice.offers.entries()) {
    const { gap, link, since_ms, asked } = offer;
    const due_ms = since_ms + GAP_WAIT_MS;
    const index = log.keys.find(logKey(gap.origin, gap.topic));
    const is_proved = log.pending.logs.get(index)?.[0].entry.seq === gap.to + 1;
    if (index >= 0 && log.clock[index] >= gap.to) {
      offers.delete(key);
      turn.out({ kind: "touch", link, log: index });
    } else if (index >= 0 && log.heads[index].fork !== null) {
      // The log ended in a fork meanwhile; the peer waits to hear that nothing more is needed.
      offers.delete(key);
      turn.send(link, { k: "have", c: { [gap.origin]: { [gap.topic]: gap.to } } });
    } else if (!session.links.has(link) || now_ms >= since_ms + GAP_EXPIRE_MS) {
      offers.delete(key);
    } else if (peers > 1 && now_ms < due_ms) turn.wakeAt(due_ms);
    else if (is_proved) {
      offers.delete(key);
      turn.out({ kind: "skip", gap });
      turn.out({ kind: "touch", link, log: index });
    } else if (!asked && wants++ < GAP_WANTS_MAX) {
      offers.set(key, { ...offer, asked: true });
      turn.send(link, { k: "want", o: gap.origin, t: gap.topic, s: gap.to + 1 });
      turn.wakeAt(since_ms + GAP_EXPIRE_MS);
    } else turn.wakeAt(asked ? since_ms + GAP_EXPIRE_MS : now_ms + 1);
  }
  slice.offers = offers.finish();
}

/** Asks for missing causes, and has those looked at again that did not come in time. */
export function askForCauses(turn: BroadcastTurn): void {
  const { slice, now_ms } = turn, { log } = turn.view;
  if (log.pending.entries === 0) {
    slice.pending_ms = Infinity;
    return;
  }
  const peers = peerLinks(turn), is_lossy = peers.some(({ lossy }) => lossy);
  const ask_ms = is_lossy ? LOSSY_ASK_MS : PENDING_ASK_MS;
  if (slice.pending_ms === Infinity) slice.pending_ms = now_ms + ask_ms;
  if (now_ms < slice.pending_ms) return turn.wakeAt(slice.pending_ms);
  slice.pending_ms = now_ms + ask_ms;
  turn.wakeAt(slice.pending_ms);
  const wanted: Gap[] = [];
  for (const index of log.pending.logs.keys()) {
    const waits = look(turn, index)!;
    if (isOver(turn, waits)) turn.out({ kind: "expire", log: index });
    else if (waits.age_ms >= ask_ms) {
      wanted.push(...(waits.before === null ? [] : [waits.before]), ...waits.causes);
    }
  }
  if (peers.length === 0) return;
  // Whoever waits for much must not make this node ask for much.
  if (!is_lossy) { for (const gap of wanted.slice(0, ASKS_MAX)) ask(turn, gap, () => true); }
  else {
    // Soon another is asked: whoever sent them to this node sends them again anyway.
    const { id } = peers[Math.floor(draw(turn) * peers.length)];
    for (const gap of wanted.slice(0, LOSSY_ASKS_MAX)) ask(turn, gap, (link) => link === id);
  }
}

/** What waits first in a log goes on without what is missing, if that is still so. */
export function expire(turn: BroadcastTurn, index: number): void {
  // Giving up one cause may have delivered others.
  const waits = look(turn, index);
  if (waits === null || !isOver(turn, waits)) return;
  const { before, causes } = waits;
  if (before === null) {
    turn.count("causes-given-up", causes.length);
    return turn.out({ kind: "waive", log: index, gaps: causes });
  }
  // What is kept whole has no gaps: it waits.
  if (!isKeptWhole(turn.view.log, before.topic)) turn.out({ kind: "skip", gap: before });
}

/** What waits first in a log, and for what. */
interface Waits {
  readonly age_ms: number;
  readonly before: Gap | null;
  readonly causes: readonly Gap[];
}

function look({ view: { log }, now_ms }: BroadcastTurn, index: number): Waits | null {
  const first = log.pending.logs.get(index)?.[0];
  if (first === undefined) return null;
  const seen = (origin: string) => reachOf(log, origin, first.entry.topic);
  return { ...missingOf(first, log.clock[index], seen), age_ms: now_ms - first.since_ms };
}

function isOver(turn: BroadcastTurn, waits: Waits): boolean {
  return waits.age_ms >= PENDING_EXPIRE_MS || isForgotten(turn, waits);
}

/** Whether every peer says that it has dropped the causes that are missing. */
function isForgotten(turn: BroadcastTurn, { before, causes }: Waits): boolean {
  const peers = peerLinks(turn), { offers } = turn.slice;
  if (before !== null || causes.length === 0 || peers.length === 0) return false;
  return causes.every(({ origin, topic, to }) =>
    peers.every(({ id }) => offers.get(`${id} ${logKey(origin, topic)}`)?.gap.to! >= to)
  );
}

/** Wants the first missing entry of some peers; whoever has it sends it. */
function ask(
  turn: BroadcastTurn,
  { origin, topic, from, to }: Gap,
  isAsked: (link: LinkId) => boolean,
): void {
  turn.count("asked");
  // Of a log that nobody here has, the last entry tells whether anybody ever will.
  const is_known = turn.view.log.keys.find(logKey(origin, topic)) >= 0;
  for (const { id } of peerLinks(turn)) {
    if (isAsked(id)) {
      turn.send(id, { k: "want", o: origin, t: topic, s: is_known ? from : to });
    }
  }
}
