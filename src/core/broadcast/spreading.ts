/**
 * How entries travel, as this node was told: by the rules of its kind of spreading (spread/), origin
 * by origin. What a link is not sent it is told of with the next acknowledgement; and a node that
 * hears of something that nobody sends it asks for it, with `graft`.
 */

import type { Id, LinkId, Topic } from "../types.ts";
import { type Entry, logKey, splitKey } from "../log/entry.ts";
import { readClock } from "../wire/clock_lines.ts";
import type { Line } from "../wire/line.ts";
import { isLossy } from "../repair/lossy_links.ts";
import { isPeer, learnHas, type Link } from "../session/link.ts";
import { type IsQuiet } from "../replication/pump.ts";
import { type Branch, closeBranch, OPEN, wantFrom } from "./branch.ts";
import { SPREADS } from "./spread.ts";
import type { NodeState, Turn } from "../state.ts";
import { AHEAD_MAX, GRAFT_LINKS, GRAFT_MS, GRAFT_MS_MAX, PEERS_PER_LINE } from "../data/limits.ts";

/** A peer has more of a log. */
export interface Ahead {
  /** Links whose peers said so, and the one that was asked last. */
  readonly links: readonly LinkId[];
  readonly asked: LinkId;
  /** How far it goes there, and went here when that was looked at last. */
  readonly seq: number;
  readonly have: number;
  /** When it is asked for, if it has not come, and how long it was waited for that. */
  readonly due_ms: number;
  readonly pause_ms: number;
}

/** New entries came on a link, or were made here. */
export function noteFirst(turn: Turn, from: LinkId, entries: readonly Entry[]): void {
  const { state } = turn;
  if (state.config.spread === "flood" || isApart(turn, from)) return;
  const { first } = SPREADS[state.config.spread];
  const links = () => peerLinks(state).map(({ id }) => id);
  for (const { origin } of entries) {
    const branch = state.branches.get(origin) ?? OPEN;
    const [next, random] = first(branch, from, links, state.random);
    state.random = random;
    setBranch(turn, origin, next);
  }
}

/** An entry of an origin came that is here already: one of two links need not bring such. */
export function noteAgain(turn: Turn, from: Link, origin: Id): void {
  const { state } = turn;
  if (isApart(turn, from.id)) return;
  const { again } = SPREADS[state.config.spread];
  const before = state.branches.get(origin) ?? OPEN;
  const [branch, hushed] = again(before, from.id, from.peer === origin);
  setBranch(turn, origin, branch);
  if (hushed !== null) hush(turn, hushed, origin);
}

/** Asks a peer not to send what others bring sooner. */
export function askForQuiet(turn: Turn, link: Link): Link {
  const origins = [...link.unwanted];
  for (let at = 0; at < origins.length; at += PEERS_PER_LINE) {
    turn.send(link.id, { k: "prune", o: origins.slice(at, at + PEERS_PER_LINE) });
  }
  turn.count("pruned", origins.length);
  return { ...link, unwanted: new Set() };
}

/** A peer gets the entries of some origins sooner from others. */
export function takePrune(turn: Turn, link: Link, line: Extract<Line, { k: "prune" }>): void {
  const { pruned } = SPREADS[turn.state.config.spread];
  for (const origin of line.o) {
    const branch = turn.state.branches.get(origin);
    // Of whom nothing came here nothing is sent.
    if (branch === undefined) continue;
    const [next, hushes] = pruned(branch, link.id, link.peer === origin);
    setBranch(turn, origin, next);
    if (hushes) hush(turn, link.id, origin);
  }
}

/** A peer misses entries: they are sent, from where it has them. */
export function takeGraft(turn: Turn, link: Link, line: Extract<Line, { k: "graft" }>): void {
  const { state } = turn;
  const { grafted } = SPREADS[state.config.spread];
  const has = link.has.slice(), grafts = new Map(link.grafts);
  for (const { index, seq } of readClock(state.log, line.c)) {
    if (index < 0) continue;
    learnHas(has, index, seq);
    if (state.log.clock[index] > seq) grafts.set(index, seq + 1);
  }
  for (const origin of Object.keys(line.c)) {
    const branch = state.branches.get(origin);
    if (branch !== undefined) setBranch(turn, origin, grafted(branch, link.id));
  }
  turn.count("grafted");
  turn.setLink({ ...link, has, grafts });
}

/** A peer says how far its logs go: where it has more, that should come from somebody. */
export function noteAhead(
  turn: Turn,
  link: Link,
  clock: readonly (readonly [string, number])[],
): void {
  const { state } = turn;
  if (state.config.spread === "flood") return;
  for (const [key, seq] of clock) {
    const known = state.ahead.get(key);
    if (
      known === undefined
        ? state.ahead.size >= AHEAD_MAX
        : known.seq > seq && known.links.includes(link.id)
    ) continue;
    const have = known?.have ?? reached(state, key);
    if (have >= seq) continue;
    const fresh = {
      links: [],
      asked: 0,
      seq: 0,
      due_ms: turn.now_ms + GRAFT_MS,
      pause_ms: GRAFT_MS,
    };
    const one: Ahead = known ?? { ...fresh, have };
    const others = one.links.filter((id) => id !== link.id && state.links.has(id));
    const ahead = { ...one, links: [...others, link.id], seq: Math.max(seq, one.seq) };
    turn.own("ahead").set(key, ahead);
    turn.wakeAt(ahead.due_ms);
  }
}

/** Asks for what peers have and nobody sends. */
export function graftMissing(turn: Turn): void {
  const { state } = turn;
  if (state.ahead.size === 0) return;
  const grafts: Grafts = new Map();
  for (const [key, one] of state.ahead) {
    const have = reached(state, key);
    if (have >= one.seq) {
      turn.own("ahead").delete(key);
      continue;
    }
    if (turn.now_ms < one.due_ms) {
      turn.wakeAt(one.due_ms);
      continue;
    }
    const link = pickAhead(turn, key, one, have);
    if (link === null) {
      turn.own("ahead").delete(key);
      continue;
    }
    // Somebody sends it, or it is here and waits for something else.
    const stuck = have === one.have && !isPending(state, key);
    if (stuck) addLog(grafts, link, key, have);
    // Who promises what nobody has is not asked for it all the time.
    const pause_ms = stuck ? Math.min(GRAFT_MS_MAX, one.pause_ms * 2) : GRAFT_MS;
    const due_ms = turn.now_ms + (stuck ? one.pause_ms : GRAFT_MS);
    turn.own("ahead").set(key, { ...one, asked: link, have, due_ms, pause_ms });
    turn.wakeAt(due_ms);
  }
  sendGrafts(turn, grafts);
}

/** A link is gone: what came on it is to come on another. */
export function closeBranches(turn: Turn, id: LinkId): void {
  const { state } = turn;
  const orphans = new Set<Id>();
  for (const [origin, branch] of state.branches) {
    const [next, was_source] = closeBranch(branch, id);
    setBranch(turn, origin, next);
    if (was_source) orphans.add(origin);
  }
  if (orphans.size === 0 || state.config.spread !== "tree") return;
  const grafts: Grafts = new Map();
  const links = peerLinks(state).filter((link) => link.id !== id);
  for (const [index, { origin, topic }] of state.log.heads.entries()) {
    if (!orphans.has(origin)) continue;
    for (const link of pickSources(turn, links, origin, index)) {
      addLog(grafts, link, logKey(origin, topic), state.log.clock[index]);
    }
  }
  sendGrafts(turn, grafts);
}

/** Which origins are only told of on a link. */
export function quietOn({ state: { branches } }: Turn, { id, role }: Link): IsQuiet {
  if (branches.size === 0 || role === "guest") return () => false;
  return (origin) => branches.get(origin)?.quiet.has(id) ?? false;
}

/**
 * Of the links to peers, some that have most of a log, and better such that do not get it from here:
 * more than one, because more than one may have died.
 */
function pickSources(
  turn: Turn,
  links: readonly Link[],
  origin: Id,
  index: number,
): LinkId[] {
  const branch = turn.state.branches.get(origin) ?? OPEN;
  const ranked = links.map(({ id, has }) => {
    const place = Number(branch.quiet.has(id)) + turn.draw();
    return { id, seq: has[index] ?? 0, place };
  });
  ranked.sort((a, b) => b.seq - a.seq || b.place - a.place);
  return ranked.slice(0, GRAFT_LINKS).map(({ id }) => id);
}

/** Who is to send more of a log: another each time, because one may promise more than it keeps. */
function pickAhead({ state }: Turn, key: string, one: Ahead, have: number): LinkId | null {
  const index = state.log.keys.find(key);
  // Of a log that is not known here, links do not remember how far it goes.
  const able = peerLinks(state).filter(({ id, has }) =>
    index < 0 ? one.links.includes(id) : (has[index] ?? 0) > have
  );
  return (able.find(({ id }) => id > one.asked) ?? able[0])?.id ?? null;
}

/** Logs that are asked for: for each link their keys, and how far they are here. */
type Grafts = Map<LinkId, [string, number][]>;

function addLog(grafts: Grafts, link: LinkId, key: string, seq: number): void {
  const logs = grafts.get(link);
  if (logs === undefined) grafts.set(link, [[key, seq]]);
  else logs.push([key, seq]);
}

function sendGrafts(turn: Turn, grafts: Grafts): void {
  for (const [link, logs] of grafts) {
    turn.count("grafts", logs.length);
    for (let at = 0; at < logs.length; at += PEERS_PER_LINE) {
      const clock: Record<Id, Record<Topic, number>> = {};
      for (const [key, seq] of logs.slice(at, at + PEERS_PER_LINE)) {
        const { origin, topic } = splitKey(key);
        (clock[origin] ??= {})[topic] = seq;
        setBranch(turn, origin, wantFrom(turn.state.branches.get(origin) ?? OPEN, link));
      }
      turn.send(link, { k: "graft", c: clock });
    }
  }
}

function reached({ log }: NodeState, key: string): number {
  const index = log.keys.find(key);
  if (index < 0) return log.forgotten.seqs.get(key) ?? 0;
  // Of a log that ended in a fork nothing more is taken.
  return log.heads[index].fork === null ? log.clock[index] : Infinity;
}

/** Where lines are lost, one way is too few for a tree: such links bring everything, and get it. */
function isApart({ state }: Turn, id: LinkId): boolean {
  const link = state.links.get(id);
  return state.config.spread === "tree" && link !== undefined && isLossy(link);
}

/** A peer is to be asked with the next tick not to send the entries of an origin. */
function hush(turn: Turn, id: LinkId, origin: Id): void {
  const link = turn.state.links.get(id);
  if (link === undefined || link.unwanted.has(origin)) return;
  turn.setLink({ ...link, unwanted: new Set(link.unwanted).add(origin) });
}

/** Whether the next entry of a log is here, and waits for its causes. */
function isPending({ log }: NodeState, key: string): boolean {
  const index = log.keys.find(key);
  const first = index < 0 ? undefined : log.pending.logs.get(index)?.[0];
  return first !== undefined && first.entry.seq === log.clock[index] + 1;
}

function peerLinks({ links }: NodeState): Link[] {
  return [...links.values()].filter(isPeer);
}

function setBranch(turn: Turn, origin: Id, branch: Branch): void {
  if ((turn.state.branches.get(origin) ?? OPEN) === branch) return;
  turn.own("branches").set(origin, branch);
}
