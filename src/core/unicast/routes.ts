/**
 * Lines for one node, handed on from hop to hop. The next hop to an origin is the link on which its
 * newest entry came first: whoever had that entry earlier is nearer to its origin, so lines that
 * follow these links backwards reach it, and newer entries repair what broke. (C. Perkins, P.
 * Bhagwat, "Highly Dynamic Destination-Sequenced Distance-Vector Routing (DSDV) for Mobile
 * Computers", 1994; entries take the place of its numbered updates.) While the nodes disagree, a line
 * may go in circles; so each node counts down its hops before it hands it on, and drops it at 0.
 */

import type { LinkId } from "../types.ts";
import { leftAfter, underWay } from "../flow/slice.ts";
import type { Entry } from "../log/entry.ts";
import { PRESENCE } from "../log/slice.ts";
import { encodeLine } from "../wire/line.ts";
import type { Route } from "./slice.ts";
import { nextHop, type RouteLine, type UnicastTurn } from "./turn.ts";
import {
  DATAGRAM_BYTES,
  ROUTE_REFRESH_MS,
  ROUTED_PER_SECOND,
  ROUTED_UNDER_WAY_MAX,
} from "../data/limits.ts";

/** New entries came on a link: it leads to their origins. */
export function learnRoutes(turn: UnicastTurn, link: LinkId, entries: readonly Entry[]): void {
  const { slice, now_ms: since_ms } = turn;
  for (const entry of entries) {
    const { origin, time_ms } = entry;
    // Whoever is no member is not written to.
    if (!turn.view.membership.members.by_id.has(origin)) continue;
    const known = slice.routes.get(origin);
    const seq = entry.topic === PRESENCE ? entry.seq : 0;
    if (known !== undefined && !isNewer(entry, seq, known, since_ms)) continue;
    const newest_seq = Math.max(seq, known?.seq ?? 0);
    turn.own("routes").set(origin, { link, seq: newest_seq, time_ms, since_ms });
  }
}

/** A link is gone, and with it what it led to. */
export function forgetRoutes(turn: UnicastTurn, link: LinkId): void {
  for (const [origin, route] of turn.slice.routes) {
    if (route.link === link) turn.own("routes").delete(origin);
  }
}

/** Hands a line on, one hop. Nothing waits here: its sender sends it again. */
export function handOn(turn: UnicastTurn, { h, to, o, m, n, x }: RouteLine): void {
  const { slice, now_ms, view: { session, flow } } = turn;
  if (h <= 1) return drop(turn, "too-far");
  const next = nextHop(slice, session, to);
  if (next === null) return drop(turn, "no-route");
  const line = encodeLine({ k: "route", h: h - 1, to, o, m, n, x });
  // Where nothing says how much is under way, a long line counts as what it is cut into.
  const count = next.lossy ? Math.ceil(line.length / DATAGRAM_BYTES) : 1;
  const { routed, outward } = flow.links.get(next.id)!;
  if (leftAfter(routed, count, ROUTED_PER_SECOND, ROUTED_PER_SECOND, now_ms) < 0) {
    return drop(turn, "too-many");
  }
  if (!next.lossy && underWay(outward) + line.length > ROUTED_UNDER_WAY_MAX) {
    return drop(turn, "full");
  }
  const bytes = next.lossy ? 0 : line.length;
  turn.out({ kind: "send", link: next.id, lines: [line] });
  turn.out({ kind: "handed_on", link: next.id, bytes, count });
  turn.count("routed");
}

function isNewer(entry: Entry, seq: number, known: Route, now_ms: number): boolean {
  if (seq > 0) return seq > known.seq;
  // Under load there are thousands a second, and all of them say the same.
  return now_ms >= known.since_ms + ROUTE_REFRESH_MS && entry.time_ms > known.time_ms;
}

function drop(turn: UnicastTurn, why: string): void {
  turn.count(`not-routed:${why}`);
}
