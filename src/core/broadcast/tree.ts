/**
 * A tree for each origin, grown out of flooding: the link that brings an entry first is kept, and a
 * link that brings what is here already is asked to be lazy; so what is left is a tree of the fastest
 * ways from that origin. When a branch breaks, those behind it hear from lazy links what they miss,
 * and graft one of them. (J. Leitao, J. Pereira, L. Rodrigues, "Epidemic Broadcast Trees", 2007, which
 * has one tree for all origins; one for each, as in D. Tarr's epidemic-broadcast-trees, has no node
 * that carries more than others, and no detours.)
 */

import type { LinkId } from "../types.ts";
import { type Branch, HERE, makeEager, makeLazy, type Spread } from "./branch.ts";

export const tree: Spread = {
  first: (branch, from, _links, random) => {
    // What a pruned link still brings was under way: if it became the source, all would be lazy.
    const stays = branch.source === from || branch.pruned.has(from);
    return [stays ? branch : { ...branch, source: from }, random];
  },
  again: (branch, from, is_origin) => {
    const { source, pruned } = branch;
    if (source === from) return [branch, null];
    if (source === null) {
      return pruned.has(from) ? [branch, null] : [{ ...branch, source: from }, null];
    }
    // No way is shorter than the link to the origin itself.
    if (is_origin && source !== HERE) return [{ ...prune(branch, source), source: from }, source];
    return [prune(branch, from), from];
  },
  pruned: (before, link, is_origin) => {
    const branch = makeLazy(before, link), { source, pruned } = branch;
    // Who has them from elsewhere need not bring them, unless they come from there.
    const stays = source === null || source === link || is_origin || pruned.has(link);
    return stays ? [branch, false] : [prune(branch, link), true];
  },
  grafted: makeEager,
};

/** A peer need not send what comes from elsewhere. */
function prune(branch: Branch, link: LinkId): Branch {
  if (branch.pruned.has(link)) return branch;
  return { ...branch, pruned: new Set(branch.pruned).add(link) };
}
