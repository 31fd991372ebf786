/**
 * A tree for each origin, grown out of flooding: the link that brings an entry first is kept, and a
 * link that brings what is here already is asked to be quiet; so what is left is a tree of the fastest
 * ways from that origin. When a branch breaks, those behind it hear from quiet links what they miss,
 * and graft one of them. (J. Leitao, J. Pereira, L. Rodrigues, "Epidemic Broadcast Trees", 2007, which
 * has one tree for all origins; one for each, as in D. Tarr's epidemic-broadcast-trees, has no node
 * that carries more than others, and no detours.)
 */

import type { LinkId } from "../types.ts";
import { type Branch, HERE, makeLoud, makeQuiet, type Spread } from "./branch.ts";

export const tree: Spread = {
  first: (branch, from, _links, random) => {
    // What a hushed link still brings was under way: if it became the source, all would be quiet.
    const stays = branch.source === from || branch.hushed.has(from);
    return [stays ? branch : { ...branch, source: from }, random];
  },
  again: (branch, from, is_origin) => {
    const { source, hushed } = branch;
    if (source === from) return [branch, null];
    if (source === null) {
      return hushed.has(from) ? [branch, null] : [{ ...branch, source: from }, null];
    }
    // No way is shorter than the link to the origin itself.
    if (is_origin && source !== HERE) return [{ ...hush(branch, source), source: from }, source];
    return [hush(branch, from), from];
  },
  pruned: (before, link, is_origin) => {
    const branch = makeQuiet(before, link), { source, hushed } = branch;
    // Who has them from elsewhere need not bring them, unless they come from there.
    const stays = source === null || source === link || is_origin || hushed.has(link);
    return stays ? [branch, false] : [hush(branch, link), true];
  },
  grafted: makeLoud,
};

/** A peer need not send what comes from elsewhere. */
function hush(branch: Branch, link: LinkId): Branch {
  if (branch.hushed.has(link)) return branch;
  return { ...branch, hushed: new Set(branch.hushed).add(link) };
}
