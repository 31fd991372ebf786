/**
 * Lines for one node, handed on from hop to hop. The next hop to an origin is the link on which its
 * newest entry came first: whoever had that entry earlier is nearer to its origin, so lines that
 * follow these links backwards reach it, and newer entries repair what broke. (C. Perkins, P.
 * Bhagwat, "Highly Dynamic Destination-Sequenced Distance-Vector Routing (DSDV) for Mobile
 * Computers", 1994; entries take the place of its numbered updates.) While the nodes disagree, a line
 * may go in circles; so each node counts down its hops before it hands it on, and drops it at 0.
 */

import type { Id, LinkId } from "../types.ts";
import type { Entry } from "../log/entry.ts";
import { encodeLine, type Line } from "../wire/line.ts";
import { isPeer, type Link, noteTaken, noteUnderWay, spendRouteBudget } from "../session/link.ts";
import { isLossy } from "../repair/lossy_links.ts";
import { PRESENCE } from "../log/log.ts";
import type { NodeState, Turn } from "../state.ts";
import { DATAGRAM_BYTES, ROUTE_REFRESH_MS, ROUTED_UNDER_WAY_MAX } from "../data/limits.ts";

/** A line that is handed on. */
export type RouteLine = Extract<Line, { k: "route" }>;

/** Where what is for an origin goes next. */
export interface Route {
  readonly link: LinkId;
  /** The newest of its entries in `presence` that taught it, and the time that the newest of any told. */
  readonly seq: number;
  readonly time_ms: number;
  /** When this was learnt. */
  readonly since_ms: number;
}

/** New entries came on a link: it leads to their origins. */
export function learnRoutes(turn: Turn, link: LinkId, entries: readonly Entry[]): void {
  const { state } = turn;
  for (const entry of entries) {
    const { origin, time_ms } = entry;
    // Whoever is no member is not written to.
    if (!state.members.by_id.has(origin)) continue;
    const known = state.routes.get(origin);
    const seq = entry.topic === PRESENCE ? entry.seq : 0;
    if (known !== undefined && !isNewer(entry, seq, known, turn.now_ms)) continue;
    const newest_seq = Math.max(seq, known?.seq ?? 0);
    turn.own("routes").set(origin, { link, seq: newest_seq, time_ms, since_ms: turn.now_ms });
  }
}

/** A link is gone, and with it what it led to. */
export function forgetRoutes(turn: Turn, link: LinkId): void {
  for (const [origin, route] of turn.state.routes) {
    if (route.link === link) turn.own("routes").delete(origin);
  }
}

/** The link by which a node is reached: its own, else the learnt one; null where none is known. */
export function nextHop({ links, routes }: NodeState, to: Id): Link | null {
  for (const link of links.values()) if (isPeer(link) && link.peer === to) return link;
  const route = routes.get(to);
  const link = route === undefined ? undefined : links.get(route.link);
  return link !== undefined && isPeer(link) ? link : null;
}

/** Hands a line on, one hop; whether it went out. Nothing waits here: its sender sends it again. */
export function handOn(turn: Turn, { h, to, o, m, n, x }: RouteLine): boolean {
  if (h <= 1) return drop(turn, "too-far");
  const next = nextHop(turn.state, to);
  if (next === null) return drop(turn, "no-route");
  const line = encodeLine({ k: "route", h: h - 1, to, o, m, n, x });
  // Where nothing says how much is under way, a long line counts as what it is cut into.
  const count = isLossy(next) ? Math.ceil(line.length / DATAGRAM_BYTES) : 1;
  const link = spendRouteBudget(next, count, turn.now_ms);
  if (link === null) return drop(turn, "too-many");
  if (!isLossy(link)) {
    if (link.sent_bytes - link.acked_bytes + line.length > ROUTED_UNDER_WAY_MAX) {
      return drop(turn, "full");
    }
    turn.setLink(noteUnderWay(link, line.length, turn.now_ms));
  } else turn.setLink(link);
  turn.sendBytes(link.id, [line]);
  turn.count("routed");
  return true;
}

/** A line to be handed on came; like an entry, it counts for the link's window. */
export function noteRouted(turn: Turn, link: Link, bytes: number): void {
  if (!isLossy(link)) turn.setLink(noteTaken(link, bytes, turn.now_ms));
}

function isNewer(entry: Entry, seq: number, known: Route, now_ms: number): boolean {
  if (seq > 0) return seq > known.seq;
  // Under load there are thousands a second, and all of them say the same.
  return now_ms >= known.since_ms + ROUTE_REFRESH_MS && entry.time_ms > known.time_ms;
}

function drop(turn: Turn, why: string): false {
  turn.count(`not-routed:${why}`);
  return false;
}
