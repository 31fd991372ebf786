/**
 * The nodes from which something is fetched, and the way to each: a connection of its own where it can
 * be dialled, so that nothing else waits behind files; else messages, hop by hop.
 */

import type { Id } from "../../core/types.ts";
import { splitAddress, UDP_PREFIX } from "../../core/data/address.ts";
import { DIAL_PATIENCE_MS, HOLDERS_ALL_MAX, WANT_AGAIN_MS } from "./limits.ts";
import type { Link } from "./link.ts";
import type { Way } from "./messages.ts";
import type { FilesState, Holder, Said } from "./state.ts";
import { drive } from "./fetches.ts";
import type { Dialled, HasNews } from "./tasks.ts";
import type { FilesTurn } from "./turn.ts";

/** Wants something of a node. False where too many others are asked already. */
export function want(turn: FilesTurn, id: Id, link: Link): boolean {
  const known = turn.state.holders.get(id);
  if (known?.links.has(link)) return true;
  if (known === undefined && !makeRoom(turn)) return false;
  const before = known ?? newHolder(id, turn.now_ms);
  const holder = put(turn, { ...before, links: new Map(before.links).set(link, "nothing") });
  if (holder.way === "direct") watch(turn, id, link);
  else turn.say(id, { k: "want", link });
  turn.wakeAt(turn.now_ms + WANT_AGAIN_MS);
  return true;
}

/**
 * A node has something that is wanted of it, and lets this one in. Null where nobody wants that; else
 * whether it says so for the first time.
 */
export function takeWay(
  turn: FilesTurn,
  id: Id,
  { link, has, port, token }: Way,
): { readonly is_first: boolean } | null {
  const before = turn.state.holders.get(id)?.links.get(link);
  if (before === undefined) return null;
  const holder = hear(turn, id, link, "has");
  // Who was lost is dialled when it was asked again: nobody makes this node dial as often as he likes.
  if (holder.way === "asked") dial(turn, holder, port, token);
  drive(turn, { kind: "has", peer: id, link, has });
  return { is_first: before === "nothing" };
}

/** There is a connection to a holder, or it says what it has. */
export function takeDialled(turn: FilesTurn, id: Id, news: Dialled | HasNews): void {
  const holder = turn.state.holders.get(id);
  if (holder === undefined) return;
  if ("dialled" in news) {
    put(turn, { ...holder, way: "direct" });
    drive(turn, { kind: "holder", peer: id, via: "direct" });
    for (const link of holder.links.keys()) watch(turn, id, link);
    return;
  }
  const { link, has } = news;
  if (!holder.links.has(link)) return;
  hear(turn, id, link, has?.length === 0 ? "none" : "has");
  drive(turn, { kind: "has", peer: id, link, has });
}

/** A connection is over, or there was none. */
export function takeUndialled(turn: FilesTurn, id: Id, why: string): void {
  const holder = turn.state.holders.get(id);
  if (holder === undefined) return;
  if (holder.way !== "direct") return goHopByHop(turn, { ...holder, tag: null });
  const links = new Map([...holder.links.keys()].map((link) => [link, "nothing" as Said]));
  put(turn, { ...holder, way: "lost", tag: null, links, asked_ms: turn.now_ms });
  turn.wakeAt(turn.now_ms + WANT_AGAIN_MS);
  drive(turn, { kind: "lost", peer: id, why });
}

/** A node has nothing of it (any more). */
export function takeNone(turn: FilesTurn, id: Id, link: Link): void {
  if (!turn.state.holders.get(id)?.links.has(link)) return;
  hear(turn, id, link, "none");
  drive(turn, { kind: "has", peer: id, link, has: [] });
}

/** Nobody wants a file any more: who has nothing else is let go. */
export function unwant(turn: FilesTurn, link: Link): void {
  for (const { id } of turn.state.holders.values()) unwantOf(turn, id, link);
}

/** A file is no longer wanted of one node. */
export function unwantOf(turn: FilesTurn, id: Id, link: Link): void {
  const holder = turn.state.holders.get(id);
  if (holder === undefined || !holder.links.has(link)) return;
  const links = new Map(holder.links);
  links.delete(link);
  if (links.size > 0) put(turn, { ...holder, links });
  else letGo(turn, holder);
}

/** Whether a node said that it has something of a file, and can be asked for it. */
export function canServe({ holders }: FilesState, id: Id, link: Link): boolean {
  const holder = holders.get(id);
  return holder?.links.get(link) === "has" && holder.way !== "lost";
}

/** Whether a node was asked for a file in vain: it has nothing, or had time to answer and did not. */
export function isVain({ holders }: FilesState, id: Id, link: Link): boolean {
  const holder = holders.get(id), said = holder?.links.get(link);
  if (holder === undefined || said === undefined || said === "none") return true;
  return said === "nothing" && holder.vain_asks > 0;
}

/**
 * Who does not answer, or can only be asked what it has, is asked again. Gives when the next one is.
 */
export function askAgain(turn: FilesTurn): number {
  let next_ms = Infinity;
  for (const holder of turn.state.holders.values()) {
    if (holder.way === "direct") continue;
    const pause_ms = holder.way === "dialling" ? DIAL_PATIENCE_MS : WANT_AGAIN_MS;
    const is_due = holder.asked_ms + pause_ms <= turn.now_ms;
    next_ms = Math.min(next_ms, pause_ms + (is_due ? turn.now_ms : holder.asked_ms));
    if (!is_due) continue;
    if (holder.way === "dialling") {
      put(turn, { ...holder, asked_ms: turn.now_ms });
      // Where nothing answers at all that takes long, and messages are there already.
      drive(turn, { kind: "holder", peer: holder.id, via: "routed" });
      continue;
    }
    const way = holder.way === "lost" ? "asked" : holder.way, vain_asks = holder.vain_asks + 1;
    put(turn, { ...holder, way, asked_ms: turn.now_ms, vain_asks });
    for (const link of holder.links.keys()) turn.say(holder.id, { k: "want", link });
  }
  return next_ms;
}

/** Room for one holder more: who was asked in vain gives way. */
function makeRoom(turn: FilesTurn): boolean {
  const { holders } = turn.state;
  if (holders.size < HOLDERS_ALL_MAX) return true;
  for (const holder of holders.values()) {
    const links = [...holder.links.keys()];
    if (!links.every((link) => isVain(turn.state, holder.id, link))) continue;
    letGo(turn, holder);
    return true;
  }
  return false;
}

function letGo(turn: FilesTurn, { id, tag }: Holder): void {
  turn.own("holders").delete(id);
  if (tag !== null) turn.cancel(tag);
  drive(turn, { kind: "lost", peer: id, why: "nothing more is wanted" });
}

/** A holder says something of a file that is wanted of it. */
function hear(turn: FilesTurn, id: Id, link: Link, said: Said): Holder {
  const holder = turn.state.holders.get(id)!;
  return put(turn, { ...holder, links: new Map(holder.links).set(link, said), vain_asks: 0 });
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
  turn.wakeAt(holder.asked_ms + WANT_AGAIN_MS);
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

function newHolder(id: Id, now_ms: number): Holder {
  return { id, way: "asked", tag: null, links: new Map(), asked_ms: now_ms, vain_asks: 0 };
}

function put(turn: FilesTurn, holder: Holder): Holder {
  turn.own("holders").set(holder.id, holder);
  return holder;
}
