/**
 * What is pushed on which link, by the rules of the kind of spreading (spread.ts), origin by origin:
 * a link that brings what is here already is sent a prune.
 */

import type { Id, LinkId } from "../types.ts";
import type { Entry } from "../log/entry.ts";
import { SPREADS } from "./spread.ts";
import { peerLinks, setTree, type SpreadTurn, treeOf } from "./turn.ts";
import { PEERS_PER_LINE } from "../data/limits.ts";

/** An entry, as far as it matters here. */
type Said = Pick<Entry, "origin">;

/** New entries came on a link, or were made here. */
export function takeFirst(turn: SpreadTurn, from: LinkId, entries: readonly Said[]): void {
  const { spread } = turn.view.config;
  if (spread === "flood" || isApart(turn, from)) return;
  const links = () => peerLinks(turn).map(({ id }) => id);
  for (const { origin } of entries) {
    const { random } = turn.slice;
    const [next, after] = SPREADS[spread].first(treeOf(turn, origin), from, links, random);
    turn.slice.random = after;
    setTree(turn, origin, next);
  }
}

/** An entry of an origin came that is here already: one of two links need not bring such. */
export function takeAgain(turn: SpreadTurn, link: LinkId, origin: Id): void {
  if (isApart(turn, link)) return;
  const { again } = SPREADS[turn.view.config.spread];
  const [branch, pruned] = again(treeOf(turn, origin), link, isOrigin(turn, link, origin));
  setTree(turn, origin, branch);
  if (pruned !== null) prune(turn, pruned, origin);
}

/** A peer gets the entries of some origins sooner from others. */
export function takePrune(turn: SpreadTurn, link: LinkId, origins: readonly Id[]): void {
  const { pruned } = SPREADS[turn.view.config.spread];
  for (const origin of origins) {
    const branch = turn.slice.trees.get(origin);
    // Of whom nothing came here nothing is pushed.
    if (branch === undefined) continue;
    const [next, prunes] = pruned(branch, link, isOrigin(turn, link, origin));
    setTree(turn, origin, next);
    if (prunes) prune(turn, link, origin);
  }
}

/** A peer misses entries of these origins: they are pushed on its link again. */
export function takeGraft(turn: SpreadTurn, link: LinkId, origins: readonly Id[]): void {
  const { grafted } = SPREADS[turn.view.config.spread];
  for (const origin of origins) {
    const branch = turn.slice.trees.get(origin);
    if (branch !== undefined) setTree(turn, origin, grafted(branch, link));
  }
  turn.count("grafted");
}

/** Asks a peer not to push what others bring sooner. */
export function sendPrunes(turn: SpreadTurn, link: LinkId): void {
  const origins = [...turn.slice.prunes.get(link) ?? []];
  if (origins.length === 0) return;
  turn.own("prunes").delete(link);
  for (let at = 0; at < origins.length; at += PEERS_PER_LINE) {
    turn.send(link, { k: "prune", o: origins.slice(at, at + PEERS_PER_LINE) });
  }
  turn.count("pruned", origins.length);
}

/** A peer is to be sent a prune with the next tick. */
function prune(turn: SpreadTurn, link: LinkId, origin: Id): void {
  const known = turn.slice.prunes.get(link);
  if (!turn.view.session.links.has(link) || known?.has(origin)) return;
  turn.own("prunes").set(link, new Set(known).add(origin));
}

/** Where lines are lost, one way is too few for a tree: such links bring everything, and get it. */
function isApart({ view }: SpreadTurn, link: LinkId): boolean {
  return view.config.spread === "tree" && view.session.links.get(link)?.lossy === true;
}

function isOrigin({ view }: SpreadTurn, link: LinkId, origin: Id): boolean {
  return view.session.links.get(link)?.peer === origin;
}
