/**
 * The nodes from which something is fetched, and the way to each: a connection of its own where it can
 * be dialled, so that nothing else waits behind files; else messages, hop by hop.
 */

import type { Id } from "../../core/types.ts";
import { splitAddress } from "../../core/data/address.ts";
import { UDP_PREFIX } from "../../core/data/address.ts";
import { DIAL_PATIENCE_MS, HOLDERS_ALL_MAX, WANT_AGAIN_MS } from "./limits.ts";
import type { Link } from "./link.ts";
import type { Way } from "./messages.ts";
import type { Holder } from "./state.ts";
import { drive } from "./fetches.ts";
import type { HasNews } from "./tasks.ts";
import type { FilesTurn } from "./turn.ts";

/** Wants something of a node; `anew`, where it is to say again what it calls it. */
export function want(turn: FilesTurn, id: Id, link: Link, anew: boolean): void {
  if (id === turn.view.self) return;
  const { holders } = turn.state, known = holders.get(id), is_new = !known?.links.has(link);
  if (known === undefined && holders.size >= HOLDERS_ALL_MAX) return;
  if (!is_new && !anew) return;
  const fresh: Holder = { id, way: "asked", tag: null, links: new Set(), asked_ms: turn.now_ms };
  const before = known ?? fresh, { way } = before;
  if (is_new) put(turn, { ...before, links: new Set([...before.links, link]) });
  if (is_new && way === "direct") watch(turn, id, link);
  if (anew || way !== "direct") turn.say(id, { k: "want", link });
  turn.wakeAt(turn.now_ms + WANT_AGAIN_MS);
}

/** A node has something that is wanted of it, and lets this one in. False where nobody wants that. */
export function takeWay(turn: FilesTurn, id: Id, { link, has, port, token }: Way): boolean {
  const holder = turn.state.holders.get(id);
  if (holder === undefined || !holder.links.has(link)) return false;
  if (holder.way === "asked" || holder.way === "lost") dial(turn, holder, port, token);
  drive(turn, { kind: "has", peer: id, link, has });
  return true;
}

/** There is a connection to a holder, or it says what it has. */
export function takeDialled(turn: FilesTurn, id: Id, news: unknown): void {
  const holder = turn.state.holders.get(id);
  if (holder === undefined) return;
  if ("dialled" in (news as object)) {
    put(turn, { ...holder, way: "direct" });
    drive(turn, { kind: "holder", peer: id, via: "direct" });
    for (const link of holder.links) watch(turn, id, link);
    return;
  }
  const { link, has } = news as HasNews;
  if (holder.links.has(link)) drive(turn, { kind: "has", peer: id, link, has });
}

/** A connection is over, or there was none. */
export function takeUndialled(turn: FilesTurn, id: Id, why: string): void {
  const holder = turn.state.holders.get(id);
  if (holder === undefined) return;
  if (holder.way === "direct") {
    put(turn, { ...holder, way: "lost", tag: null, asked_ms: turn.now_ms });
    drive(turn, { kind: "lost", peer: id, why });
  } else {
    goHopByHop(turn, { ...holder, tag: null });
  }
}

/** A node has nothing of it (any more). */
export function takeNone(turn: FilesTurn, id: Id, link: Link): void {
  const holder = turn.state.holders.get(id);
  if (holder?.links.has(link)) drive(turn, { kind: "has", peer: id, link, has: [] });
}

/** Somebody wants nothing of a file any more: unless others do, who has nothing else is let go. */
export function unwant(turn: FilesTurn, link: Link): void {
  if (isWanted(turn, link)) return;
  for (const holder of turn.state.holders.values()) {
    if (!holder.links.has(link)) continue;
    const links = new Set(holder.links);
    links.delete(link);
    if (links.size > 0) {
      put(turn, { ...holder, links });
      continue;
    }
    turn.own("holders").delete(holder.id);
    if (holder.tag !== null) turn.cancel(holder.tag);
    drive(turn, { kind: "lost", peer: holder.id, why: "nothing more is wanted" });
  }
}

function isWanted({ state }: FilesTurn, link: Link): boolean {
  const { fetches, transfers } = state;
  return fetches.values().some((file) => file.link === link) ||
    transfers.values().some((one) => one.kind === "get" && one.ended === null && one.link === link);
}

/**
 * Who does not answer, or can only be asked what it has, is asked again. Gives when the next one is.
 */
export function askAgain(turn: FilesTurn): number {
  let next_ms = Infinity;
  for (const holder of turn.state.holders.values()) {
    if (holder.way === "direct") continue;
    const is_dialling = holder.way === "dialling";
    const at_ms = holder.asked_ms + (is_dialling ? DIAL_PATIENCE_MS : WANT_AGAIN_MS);
    if (at_ms > turn.now_ms) {
      next_ms = Math.min(next_ms, at_ms);
      continue;
    }
    put(turn, { ...holder, asked_ms: turn.now_ms });
    // Where nothing answers at all that takes long, and messages are there already.
    if (is_dialling) drive(turn, { kind: "holder", peer: holder.id, via: "routed" });
    next_ms = Math.min(next_ms, turn.now_ms + (is_dialling ? DIAL_PATIENCE_MS : WANT_AGAIN_MS));
    if (is_dialling) continue;
    for (const link of holder.links) turn.say(holder.id, { k: "want", link });
  }
  return next_ms;
}

function dial(turn: FilesTurn, holder: Holder, port: number, token: string): void {
  const host = hostOf(turn, holder.id);
  if (host === null || port === 0) return goHopByHop(turn, holder);
  const job = { kind: "dial", peer: holder.id } as const;
  const tag = turn.work(job, { do: "dial", peer: holder.id, host, port, token });
  put(turn, { ...holder, way: "dialling", tag, asked_ms: turn.now_ms });
  turn.wakeAt(turn.now_ms + DIAL_PATIENCE_MS);
}

function goHopByHop(turn: FilesTurn, holder: Holder): void {
  put(turn, { ...holder, way: "routed" });
  drive(turn, { kind: "holder", peer: holder.id, via: "routed" });
}

function watch(turn: FilesTurn, peer: Id, link: Link): void {
  turn.work({ kind: "other" }, { do: "watch", peer, link });
}

/** Where a node can be dialled, as it says. */
function hostOf({ view }: FilesTurn, id: Id): string | null {
  const address = view.members.get(id)?.address ?? "";
  if (address === "") return null;
  const plain = address.startsWith(UDP_PREFIX) ? address.slice(UDP_PREFIX.length) : address;
  return splitAddress(plain).host;
}

function put(turn: FilesTurn, holder: Holder): Holder {
  turn.own("holders").set(holder.id, holder);
  return holder;
}
