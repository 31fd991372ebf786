/** How the entries of one origin come to a node and leave it. */

import type { LinkId } from "../types.ts";
import type { Random } from "../data/random.ts";

/** Stands for the node itself where a link is meant. */
export const HERE = 0;

export interface Branch {
  /** The link that brought the newest of them first, or `HERE`; null where that is not known. */
  readonly source: LinkId | null;
  /** Links on which they are not sent, only told of. */
  readonly quiet: ReadonlySet<LinkId>;
  /** Links whose peers were asked not to send them here; what they still bring was under way. */
  readonly hushed: ReadonlySet<LinkId>;
}

/** Everybody is sent everything. */
export const OPEN: Branch = { source: null, quiet: new Set(), hushed: new Set() };

/** What one kind of spreading does about what happens; the same branch back where nothing changes. */
export interface Spread {
  /** A new entry came on a link, or was made `HERE`. `links` gives all links to peers. */
  readonly first: (
    branch: Branch,
    from: LinkId,
    links: () => readonly LinkId[],
    random: Random,
  ) => readonly [Branch, Random];
  /** An entry came that is here already; second, which link is to be asked to be quiet, if any. */
  readonly again: (
    branch: Branch,
    from: LinkId,
    is_origin: boolean,
  ) => readonly [Branch, LinkId | null];
  /** A peer asks this node to be quiet; second, whether it is to be asked the same. */
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
  const rest = wantFrom(makeLoud(branch, link), link);
  return was_source ? [{ ...rest, source: null }, true] : [rest, false];
}

/** A link may bring entries again. */
export function wantFrom(branch: Branch, link: LinkId): Branch {
  if (!branch.hushed.has(link)) return branch;
  return { ...branch, hushed: without(branch.hushed, link) };
}

/** From now on a link is only told of entries. */
export function makeQuiet(branch: Branch, link: LinkId): Branch {
  if (branch.quiet.has(link)) return branch;
  return { ...branch, quiet: new Set(branch.quiet).add(link) };
}

/** From now on entries are sent on a link. */
export function makeLoud(branch: Branch, link: LinkId): Branch {
  if (!branch.quiet.has(link)) return branch;
  return { ...branch, quiet: without(branch.quiet, link) };
}

function without(links: ReadonlySet<LinkId>, link: LinkId): ReadonlySet<LinkId> {
  const rest = new Set(links);
  rest.delete(link);
  return rest;
}
