/**
 * What a link is not pushed it is told of with the next acknowledgement; and a node that hears of
 * something that nobody sends it asks for it, with a graft. (Plumtree's IHAVE and GRAFT; the clock
 * takes the place of the ids of messages.)
 */

import type { Id, LinkId, Topic } from "../types.ts";
import { logKey, splitKey } from "../log/entry.ts";
import { hasOf } from "../replication/slice.ts";
import { draw } from "../wire/room.ts";
import { closeBranch, wantFrom } from "./branch.ts";
import type { Missing } from "./slice.ts";
import { peerLinks, reached, setTree, type SpreadLink, type SpreadTurn, treeOf } from "./turn.ts";
import { AHEAD_MAX, GRAFT_LINKS, GRAFT_MS, GRAFT_MS_MAX, PEERS_PER_LINE } from "../data/limits.ts";

/** A peer says how far its logs go: where it has more, that should come from somebody. */
export function takeAnnounced(
  turn: SpreadTurn,
  link: LinkId,
  clock: readonly (readonly [string, number])[],
): void {
  const { slice, now_ms } = turn;
  if (turn.view.config.spread === "flood") return;
  for (const [key, seq] of clock) {
    const known = slice.missing.get(key);
    const knows_better = known === undefined
      ? slice.missing.size >= AHEAD_MAX
      : known.seq > seq && known.links.includes(link);
    if (knows_better) continue;
    const have = known?.have ?? reached(turn, key);
    if (have >= seq) continue;
    const times = { due_ms: now_ms + GRAFT_MS, pause_ms: GRAFT_MS };
    const one: Missing = known ?? { links: [], asked: 0, seq: 0, have, ...times };
    const others = one.links.filter((id) => id !== link && turn.view.session.links.has(id));
    const more = { ...one, links: [...others, link], seq: Math.max(seq, one.seq) };
    slice.missing = slice.missing.set(key, more);
    turn.wakeAt(one.due_ms);
  }
}

/** Asks for what peers have and nobody sends. */
export function graftMissing(turn: SpreadTurn): void {
  const { slice, now_ms } = turn;
  const grafts: Grafts = new Map();
  const missing = slice.missing.edit();
  for (const [key, one] of slice.missing.entries()) {
    const have = reached(turn, key);
    if (have >= one.seq) {
      missing.delete(key);
      continue;
    }
    if (now_ms < one.due_ms) {
      turn.wakeAt(one.due_ms);
      continue;
    }
    const link = pickHolder(turn, key, one, have);
    if (link === null) {
      missing.delete(key);
      continue;
    }
    // Somebody sends it, or it is here and waits for something else.
    const stuck = have === one.have && !isPending(turn, key);
    if (stuck) addLog(grafts, link, key, have);
    // Who promises what nobody has is not asked for it all the time.
    const pause_ms = stuck ? Math.min(GRAFT_MS_MAX, one.pause_ms * 2) : GRAFT_MS;
    const due_ms = now_ms + (stuck ? one.pause_ms : GRAFT_MS);
    missing.set(key, { ...one, asked: link, have, due_ms, pause_ms });
    turn.wakeAt(due_ms);
  }
  slice.missing = missing.finish();
  sendGrafts(turn, grafts);
}

/** A link is gone: what came on it is to come on another. */
export function closeLink(turn: SpreadTurn, id: LinkId): void {
  const { slice } = turn, { log, config } = turn.view;
  const orphans = new Set<Id>();
  for (const [origin, branch] of slice.trees.entries()) {
    const [next, was_source] = closeBranch(branch, id);
    setTree(turn, origin, next);
    if (was_source) orphans.add(origin);
  }
  if (slice.prunes.has(id)) turn.own("prunes").delete(id);
  if (orphans.size === 0 || config.spread !== "tree") return;
  const grafts: Grafts = new Map();
  const links = peerLinks(turn).filter((link) => link.id !== id);
  for (const [index, { origin, topic }] of log.heads.entries()) {
    if (!orphans.has(origin)) continue;
    for (const link of pickSources(turn, links, origin, index)) {
      addLog(grafts, link, logKey(origin, topic), log.clock[index]);
    }
  }
  sendGrafts(turn, grafts);
}

/**
 * Of the links to peers, some that have most of a log, and better such that do not get it from here:
 * more than one, because more than one may have died.
 */
function pickSources(
  turn: SpreadTurn,
  links: readonly SpreadLink[],
  origin: Id,
  index: number,
): LinkId[] {
  const branch = treeOf(turn, origin);
  const ranked = links.map(({ id }) => {
    const place = Number(branch.lazy.has(id)) + draw(turn);
    return { id, seq: hasAt(turn, id, index), place };
  });
  ranked.sort((a, b) => b.seq - a.seq || b.place - a.place);
  return ranked.slice(0, GRAFT_LINKS).map(({ id }) => id);
}

/** Who is to send more of a log: another each time, because one may promise more than it keeps. */
function pickHolder(
  turn: SpreadTurn,
  key: string,
  one: Missing,
  have: number,
): LinkId | null {
  const index = turn.view.log.keys.find(key);
  // Of a log that is not known here, nobody remembers for each link how far it goes.
  const able = peerLinks(turn).filter(({ id }) =>
    index < 0 ? one.links.includes(id) : hasAt(turn, id, index) > have
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

function sendGrafts(turn: SpreadTurn, grafts: Grafts): void {
  for (const [link, logs] of grafts) {
    turn.count("grafts", logs.length);
    for (let at = 0; at < logs.length; at += PEERS_PER_LINE) {
      const clock: Record<Id, Record<Topic, number>> = {};
      for (const [key, seq] of logs.slice(at, at + PEERS_PER_LINE)) {
        const { origin, topic } = splitKey(key);
        (clock[origin] ??= {})[topic] = seq;
        setTree(turn, origin, wantFrom(treeOf(turn, origin), link));
      }
      turn.send(link, { k: "graft", c: clock });
    }
  }
}

function hasAt({ view }: SpreadTurn, link: LinkId, index: number): number {
  const replica = view.replication.links.get(link);
  return replica === undefined ? 0 : hasOf(replica, index);
}

/** Whether the next entry of a log is here, and waits for its causes. */
function isPending({ view: { log } }: SpreadTurn, key: string): boolean {
  const index = log.keys.find(key);
  const first = index < 0 ? undefined : log.pending.logs.get(index)?.[0];
  return first !== undefined && first.entry.seq === log.clock[index] + 1;
}
