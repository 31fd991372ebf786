/** The overlay that a network of given size ends with, as a graph: the core's own choice of links. */

import { type Member, namedMember, noMembers, setMembers } from "../core/membership/members.ts";
import { neighboursOf } from "../core/membership/neighbours.ts";
import type { Id } from "../core/types.ts";
import type { OverlayKind } from "../core/data/config.ts";
import { Dice } from "./dice.ts";
import { type Graph, makeGraph } from "./graph.ts";

const KEY_BYTES = 32;

/** Distinct ids, such as keys have: 32 bytes in base64url. Sorted as the core sorts them. */
export function drawIds(count: number, seed: number): Id[] {
  const dice = new Dice(seed);
  const ids = new Set<Id>();
  while (ids.size < count) {
    const bytes = Uint8Array.from({ length: KEY_BYTES }, () => dice.below(256));
    ids.add(bytes.toBase64({ alphabet: "base64url", omitPadding: true }));
  }
  return [...ids].sort();
}

/** The links of a network of so many nodes, each of which wants `links` others. */
export function overlayGraph(
  nodes: number,
  kind: Exclude<OverlayKind, "given">,
  seed: number,
  links: number,
): Graph {
  return graphOf(drawIds(nodes, seed), kind, links);
}

/**
 * The links of a network in which everybody knows everybody: of each node those that it wants. Node i
 * is the i-th of the ids, which are sorted, and so the i-th on the ring.
 */
export function graphOf(
  ids: readonly Id[],
  kind: Exclude<OverlayKind, "given">,
  links: number,
): Graph {
  const spoken = (id: Id): Member => ({ ...namedMember(id, "", 0), state: "alive", seq: 1 });
  const members = setMembers(noMembers(), ids.map(spoken));
  const places = new Map(ids.map((id, at) => [id, at]));
  const pairs = ids.flatMap((id, at) => {
    const { wanted } = neighboursOf(members, id, kind, () => true, links);
    return wanted.map((other) => [at, places.get(other.id)!] as const);
  });
  return makeGraph(ids.length, pairs);
}
