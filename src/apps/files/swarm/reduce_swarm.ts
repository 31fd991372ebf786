/**
 * Fetches files from whoever has them: decides what is asked of whom, and what is made of what comes.
 * One reducer for all fetches of a node, as they share what their holders can send.
 */

import type { Id } from "../../../core/types.ts";
import { EARLY_LINKS_MAX, PATIENCE_MS_MAX } from "../limits.ts";
import { type Link, parseLink } from "../link.ts";
import type { Runs } from "../runs.ts";
import { levelsOf } from "../tree.ts";
import { ChunkSet } from "./chunk_set.ts";
import { newHolder } from "./holder.ts";
import { newMeter } from "./meter.ts";
import { receive } from "./receive.ts";
import { canGive, schedule, tryStuck } from "./schedule.ts";
import {
  type Ask,
  excludedKey,
  type Fetch,
  isComplete,
  type Swarm,
  type SwarmEvent,
  type SwarmOut,
  type SwarmView,
  type Via,
} from "./swarm.ts";
import { SwarmTurn } from "./turn.ts";

/** How often it looks at what is under way. */
const LOOK_MS = 250;

/** What follows from an event: the swarm behind it, and what is to be done. */
export function reduceSwarm(
  swarm: Swarm,
  event: SwarmEvent,
  { now_ms }: SwarmView,
): [Swarm, SwarmOut[]] {
  const turn = new SwarmTurn(swarm, now_ms);
  take(turn, event);
  if (turn.ready.size > 0) schedule(turn);
  setAlarm(turn);
  return turn.finish();
}

function take(turn: SwarmTurn, event: SwarmEvent): void {
  switch (event.kind) {
    case "begun":
      return begin(turn, event.fetch, event.link, event.has);
    case "holder":
      return addHolder(turn, event.peer, event.via);
    case "lost":
      return loseHolder(turn, event.peer);
    case "has":
      return hear(turn, event.peer, event.link, event.has);
    case "got": {
      const ask = turn.swarm.asks.get(event.ask);
      return ask === undefined ? undefined : receive(turn, ask, event.got);
    }
    case "failed": {
      const ask = turn.swarm.asks.get(event.ask);
      if (ask === undefined) return;
      turn.endAsk(ask);
      return turn.demote(ask.peer);
    }
    case "stopped":
      return stop(turn, event.fetch);
    case "woken":
      return look(turn);
  }
}

function begin(turn: SwarmTurn, number: number, link: Link, has: readonly Runs[]): void {
  const parts = parseLink(link), { swarm } = turn;
  if (parts === null || swarm.fetches.has(number)) return;
  const levels = levelsOf(parts.size);
  const there = levels.map(({ chunks }, level) => ChunkSet.of(has[level] ?? [], chunks));
  const file: Fetch = {
    fetch: number,
    link,
    levels,
    there,
    taken: there,
    asks: 0,
    duplicate_bytes: 0,
    stuck: null,
    meter: newMeter(turn.now_ms),
    brought: new Map(),
  };
  swarm.by_link = swarm.by_link.set(link, [...swarm.by_link.get(link) ?? [], number]);
  turn.putFetch(file);
  if (isComplete(file)) turn.out({ kind: "complete", fetch: number });
  else for (const peer of swarm.has.get(link)?.keys() ?? []) prepare(turn, peer);
}

/** Somebody may be asked for something now, if it is one who can be asked. */
function prepare(turn: SwarmTurn, peer: Id): void {
  if (turn.holder(peer) !== undefined) turn.ready.add(peer);
}

function addHolder(turn: SwarmTurn, peer: Id, via: Via): void {
  const known = turn.holder(peer);
  if (known?.via === via) return;
  if (known !== undefined) dropHolder(turn, peer);
  turn.putHolder(newHolder(peer, via, turn.now_ms));
}

function dropHolder(turn: SwarmTurn, peer: Id): void {
  for (const ask of turn.asksOf(turn.holder(peer)!)) turn.cancel(ask);
  turn.dropHolder(peer);
  turn.wakeAll();
}

function loseHolder(turn: SwarmTurn, peer: Id): void {
  if (turn.holder(peer) !== undefined) dropHolder(turn, peer);
  const { swarm } = turn, links: Link[] = [];
  for (const [link, having] of swarm.has.entries()) if (having.has(peer)) links.push(link);
  for (const link of links) turn.setHas(link, peer, null);
}

function hear(turn: SwarmTurn, peer: Id, link: Link, has: Runs | null): void {
  const parts = parseLink(link), { swarm } = turn;
  if (parts === null || swarm.excluded.has(excludedKey(link, peer))) return;
  const is_early = !swarm.by_link.has(link) && !swarm.has.has(link);
  if (is_early && swarm.has.size >= swarm.by_link.size + EARLY_LINKS_MAX) return;
  const [{ chunks }] = levelsOf(parts.size);
  const set = has === null ? ChunkSet.of([[0, chunks]]) : ChunkSet.of(has, chunks);
  turn.setHas(link, peer, set);
  prepare(turn, peer);
}

function stop(turn: SwarmTurn, number: number): void {
  const { swarm } = turn, file = turn.fetchOf(number);
  if (file === undefined) return;
  for (const ask of file.asks > 0 ? turn.asksFor(number) : []) turn.cancel(ask);
  const left = swarm.by_link.get(file.link)!.filter((other) => other !== number);
  swarm.fetches = swarm.fetches.delete(number);
  swarm.hungry = swarm.hungry.remove(number, 1);
  swarm.stuck = swarm.stuck.remove(number, 1);
  if (left.length > 0) swarm.by_link = swarm.by_link.set(file.link, left);
  else {
    swarm.by_link = swarm.by_link.delete(file.link);
    swarm.has = swarm.has.delete(file.link);
  }
}

/** Time has passed: what nobody brought is given to others. */
function look(turn: SwarmTurn): void {
  turn.swarm.wake_ms = Infinity;
  for (const { peer } of [...turn.swarm.holders.values()]) giveUp(turn, peer);
  turn.wakeAll();
  for (const [first, count] of turn.swarm.stuck.runs()) {
    for (let number = first; number < first + count; number++) {
      const file = turn.fetchOf(number)!;
      if (file.asks === 0 && turn.now_ms >= file.stuck!.retry_ms) tryStuck(turn, file);
    }
  }
}

/** Ends the requests that a holder let wait for too long, or all where nothing came since. */
function giveUp(turn: SwarmTurn, peer: Id): void {
  const { last_ms, asks } = turn.holder(peer)!;
  if (asks.length === 0) return;
  const all = turn.asksOf(turn.holder(peer)!);
  const late = all.filter((ask) => isLate(turn, ask));
  if (late.length === 0) return;
  const is_silent = last_ms <= all[0].sent_ms;
  for (const ask of is_silent ? all : late) turn.cancel(ask);
  turn.demote(peer);
}

/** Whether a request waits for too long; where nobody else has it, it may wait for longer. */
function isLate(
  turn: SwarmTurn,
  { fetch: number, peer, range, sent_ms, patience_ms }: Ask,
): boolean {
  const waited_ms = turn.now_ms - sent_ms;
  if (waited_ms < patience_ms || waited_ms >= PATIENCE_MS_MAX) return waited_ms >= patience_ms;
  const { has, holders, fetches } = turn.swarm, having = has.get(fetches.get(number)!.link);
  for (const other of holders.values()) {
    if (other.peer === peer || other.stalls > 0) continue;
    if (having !== undefined && canGive(having, other.peer, range)) return true;
  }
  return false;
}

/** Wakes it again while something is under way, or waits for a time. */
function setAlarm(turn: SwarmTurn): void {
  const { swarm, now_ms } = turn;
  if (swarm.wake_ms > now_ms && swarm.wake_ms < Infinity) return;
  const is_waiting = swarm.asks.size > 0 || swarm.stuck.count > 0 ||
    swarm.hungry.count > 0 && [...swarm.holders.values()].some(({ rest_ms }) => rest_ms > now_ms);
  if (!is_waiting) return;
  swarm.wake_ms = now_ms + LOOK_MS;
  turn.out({ kind: "wake", at_ms: swarm.wake_ms });
}
