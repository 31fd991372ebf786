/**
 * What does not come. A gap that a peer offers is accepted unless another peer may fill it; a cause
 * that is missing is asked for, and in the end given up. Either way the user is told.
 */

import type { Gap, LinkId } from "../types.ts";
import { isPeer } from "../session/link.ts";
import { isLossy } from "../repair/lossy_links.ts";
import { countPeers } from "../membership/overlay.ts";
import { noteForks } from "../replication/forks.ts";
import { isKeptWhole, reachOf, skipEntries, waiveCauses } from "../log/log.ts";
import { logKey } from "../log/entry.ts";
import { missingOf } from "../log/pending.ts";
import { takeDelivered } from "../host/deliver.ts";
import { oweOutput } from "../output/front.ts";
import type { Turn } from "../state.ts";
import {
  ASKS_MAX,
  GAP_EXPIRE_MS,
  GAP_WAIT_MS,
  GAP_WANTS_MAX,
  LOSSY_ASK_MS,
  LOSSY_ASKS_MAX,
  PENDING_ASK_MS,
  PENDING_EXPIRE_MS,
} from "../data/limits.ts";

/**
 * Accepts the gaps that were offered long enough ago, or by the only peer there is. A gap must be
 * proved by the entry behind it, signed by the origin: nobody can cut off a log by a number alone.
 */
export function acceptGaps(turn: Turn): void {
  const { state } = turn;
  if (state.offers.size === 0) return;
  const peers = countPeers(turn);
  const offers = turn.own("offers");
  let wants = 0;
  for (const [key, offer] of state.offers) {
    const { gap, link, since_ms, asked } = offer;
    const due_ms = since_ms + GAP_WAIT_MS;
    const index = state.log.keys.find(logKey(gap.origin, gap.topic));
    const is_proved = state.log.pending.logs.get(index)?.[0].entry.seq === gap.to + 1;
    if (index >= 0 && state.log.clock[index] >= gap.to) {
      offers.delete(key);
      touch(turn, link, index);
    } else if (index >= 0 && state.log.heads[index].fork !== null) {
      // The log ended in a fork meanwhile; the peer waits to hear that nothing more is needed.
      offers.delete(key);
      turn.send(link, { k: "have", c: { [gap.origin]: { [gap.topic]: gap.to } } });
    } else if (!state.links.has(link) || turn.now_ms >= since_ms + GAP_EXPIRE_MS) {
      offers.delete(key);
    } else if (peers > 1 && turn.now_ms < due_ms) turn.wakeAt(due_ms);
    else if (is_proved) {
      giveUp(turn, gap);
      offers.delete(key);
      touch(turn, link, index);
    } else if (!asked && wants++ < GAP_WANTS_MAX) {
      offers.set(key, { ...offer, asked: true });
      turn.send(link, { k: "want", o: gap.origin, t: gap.topic, s: gap.to + 1 });
      turn.wakeAt(since_ms + GAP_EXPIRE_MS);
    } else turn.wakeAt(asked ? since_ms + GAP_EXPIRE_MS : turn.now_ms + 1);
  }
}

/** Tells a peer soon how far a log is: it waits to hear that a gap was accepted. */
function touch(turn: Turn, id: LinkId, index: number): void {
  const link = turn.state.links.get(id);
  if (link === undefined) return;
  const touched = new Set(link.touched).add(index);
  turn.setLink({ ...link, touched, ack_due_ms: turn.now_ms });
}

/** Asks for missing causes, and gives up those that did not come in time. */
export function giveUpCauses(turn: Turn): void {
  const { state } = turn;
  if (state.log.pending.entries === 0) {
    state.pending_ms = Infinity;
    return;
  }
  const is_lossy = [...state.links.values()].some((link) => isPeer(link) && isLossy(link));
  const ask_ms = is_lossy ? LOSSY_ASK_MS : PENDING_ASK_MS;
  if (state.pending_ms === Infinity) state.pending_ms = turn.now_ms + ask_ms;
  if (turn.now_ms < state.pending_ms) return turn.wakeAt(state.pending_ms);
  state.pending_ms = turn.now_ms + ask_ms;
  turn.wakeAt(state.pending_ms);
  const wanted: Gap[] = [];
  for (const index of state.log.pending.logs.keys()) {
    // Giving up one cause may have delivered others.
    const first = state.log.pending.logs.get(index)?.[0];
    if (first === undefined) continue;
    const { topic } = first.entry;
    const seen = (origin: string) => reachOf(state.log, origin, topic);
    const missing = missingOf(first, state.log.clock[index], seen);
    const age_ms = turn.now_ms - first.since_ms;
    if (age_ms >= PENDING_EXPIRE_MS || isForgotten(turn, missing)) expire(turn, index, missing);
    else if (age_ms >= ask_ms) {
      wanted.push(...(missing.before === null ? [] : [missing.before]), ...missing.causes);
    }
  }
  // Whoever waits for much must not make this node ask for much.
  if (!is_lossy) { for (const gap of wanted.slice(0, ASKS_MAX)) ask(turn, gap, () => true); }
  else askOne(turn, wanted.slice(0, LOSSY_ASKS_MAX));
}

/** Whether every peer says that it has dropped the causes that are missing. */
function isForgotten(turn: Turn, { before, causes }: ReturnType<typeof missingOf>): boolean {
  if (before !== null || causes.length === 0 || countPeers(turn) === 0) return false;
  const { links, offers } = turn.state;
  const peers = [...links.values()].filter(isPeer);
  return causes.every(({ origin, topic, to }) =>
    peers.every(({ id }) => offers.get(`${id} ${logKey(origin, topic)}`)?.gap.to! >= to)
  );
}

/** What is missing did not come: the entry goes on without it, and the user is told. */
function expire(turn: Turn, index: number, missing: ReturnType<typeof missingOf>): void {
  const { state } = turn;
  if (missing.before !== null) {
    // What is kept whole has no gaps: it waits.
    if (!isKeptWhole(missing.before.topic)) giveUp(turn, missing.before);
    return;
  }
  const { app, topic } = state.front.config;
  for (const gap of missing.causes) {
    turn.count("causes-given-up");
    if (app !== "chat" || gap.topic !== topic) continue;
    state.front = oweOutput(state.front, 0);
    turn.effect({ kind: "print", records: [{ kind: "gap", gap }], bytes: 0 });
  }
  const [log, output] = waiveCauses(state.log, index, turn.env);
  state.log = log;
  noteForks(turn, output.forks);
  takeDelivered(turn, output.delivered);
}

function giveUp(turn: Turn, gap: Gap): void {
  const { state } = turn;
  const [log, output] = skipEntries(state.log, gap, turn.env);
  if (log === state.log) return;
  state.log = log;
  if (state.config.durable) {
    state.storage = { ...state.storage, gaps: [...state.storage.gaps, gap] };
  }
  turn.count("gaps");
  if (gap.topic === state.front.config.topic) state.front = { ...state.front, gapped: true };
  noteForks(turn, output.forks);
  takeDelivered(turn, output.delivered);
}

/** Wants them of one peer, soon of another: whoever sent them to this node sends them again anyway. */
function askOne(turn: Turn, wanted: readonly Gap[]): void {
  const peers = [...turn.state.links.values()].filter(isPeer);
  const { id } = peers[Math.floor(turn.draw() * peers.length)];
  for (const gap of wanted) ask(turn, gap, (link) => link === id);
}

/** Wants the first missing entry of some peers; whoever has it sends it. */
function ask(
  turn: Turn,
  { origin, topic, from, to }: Gap,
  isAsked: (link: LinkId) => boolean,
): void {
  turn.count("asked");
  // Of a log that nobody here has, the last entry tells whether anybody ever will.
  const is_known = turn.state.log.keys.find(logKey(origin, topic)) >= 0;
  for (const link of turn.state.links.values()) {
    if (isPeer(link) && isAsked(link.id)) {
      turn.send(link.id, { k: "want", o: origin, t: topic, s: is_known ? from : to });
    }
  }
}
