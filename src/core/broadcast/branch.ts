/** How the entries of one origin come to a node and leave it. */

import type { LinkId } from "../types.ts";
import type { Random } from "../data/random.ts";

/** Stands for the node itself where a link is meant. */
export const HERE = 0;

export interface Branch {
  /** The link that brought the newest of them first, or `HERE`; null where that is not known. */
  readonly source: LinkId | null;
  /** Links on which they are not pushed, only announced (lazy push). The others are eager. */
  readonly lazy: ReadonlySet<LinkId>;
  /** Links whose peers were sent a prune; what they still bring was under way. */
  readonly pruned: ReadonlySet<LinkId>;
}

/** Everybody is sent everything. */
export const OPEN: Branch = { source: null, lazy: new Set(), pruned: new Set() };

/** What one kind of spreading does about what happens; the same branch back where nothing changes. */
export interface Spread {
  /** A new entry came on a link, or was made `HERE`. `links` gives all links to peers. */
  readonly first: (
    branch: Branch,
    from: LinkId,
    links: () => readonly LinkId[],
    random: Random,
  ) => readonly [Branch, Random];
  /** An entry came that is here already; second, which link is to be sent a prune, if any. */
  readonly again: (
    branch: Branch,
    from: LinkId,
    is_origin: boolean,
  ) => readonly [Branch, LinkId | null];
  /** A peer sent a prune; second, whether it is to be sent one, too. */
  readonly pruned: (
    branch: Branch,
    link: LinkId,
    is_origin: boolean,
  ) => readonly [Branch, boolean];
  /** A peer asks for what it misses, and for what comes. */
  readonly grafted: (branch: Branch, link: LinkId) => Branch;
}

/** A link is gone. Second, whether it was the one that brought the entries. */
export function closeBranch(branch: Branch, link: LinkId): readonly [Branch, boolean] {
  const was_source = branch.source === link;
  const rest = wantFrom(makeEager(branch, link), link);
  return was_source ? [{ ...rest, source: null }, true] : [rest, false];
}

/** A link may bring entries again. */
export function wantFrom(branch: Branch, link: LinkId): Branch {
  if (!branch.pruned.has(link)) return branch;
  return { ...branch, pruned: without(branch.pruned, link) };
}

/** From now on entries are only announced on a link. */
export function makeLazy(branch: Branch, link: LinkId): Branch {
  if (branch.lazy.has(link)) return branch;
  return { ...branch, lazy: new Set(branch.lazy).add(link) };
}

/** From now on entries are pushed on a link. */
export function makeEager(branch: Branch, link: LinkId): Branch {
  if (!branch.lazy.has(link)) return branch;
  return { ...branch, lazy: without(branch.lazy, link) };
}

function without(links: ReadonlySet<LinkId>, link: LinkId): ReadonlySet<LinkId> {
  const rest = new Set(links);
  rest.delete(link);
  return rest;
}
