/** Lists of peers, and who was only named in one. Nothing in them is proved: they say whom to try. */

import type { Address, Id, LinkId } from "../types.ts";
import { namedMember, setMembers } from "./members.ts";
import { lookAtOverlay, type MembershipTurn } from "./turn.ts";
import { PEERS_PER_LINE } from "../data/limits.ts";

/** Remembers whom others named. */
export function introduce(
  turn: MembershipTurn,
  list: readonly (readonly [Id, Address])[],
): void {
  const { slice, view } = turn;
  lookAtOverlay(turn);
  // Nobody would ever try whether they are there.
  if (view.config.overlay === "given") return;
  const named = list.flatMap(([id, address]) => {
    const known = slice.members.by_id.get(id);
    if (id === view.log.self) return [];
    // Who spoke for itself, or has been heard of at this address, is known better.
    if (known !== undefined && (known.state !== "named" || known.address === address)) return [];
    return [namedMember(id, address, turn.now_ms)];
  });
  slice.members = setMembers(slice.members, named);
}

/** A peer asks for the list, which holds this node too. */
export function sendPeers(turn: MembershipTurn, link: LinkId): void {
  const { members } = turn.slice, { log, session: { place } } = turn.view;
  const all: (readonly [Id, Address])[] = place.address === null ? [] : [[log.self, place.address]];
  for (const id of members.sorted) all.push([id, members.by_id.get(id)!.address]);
  // An empty list is a list too.
  for (let at = 0; at === 0 || at < all.length; at += PEERS_PER_LINE) {
    const p = all.slice(at, at + PEERS_PER_LINE);
    const more = at + PEERS_PER_LINE < all.length;
    turn.send(link, more ? { k: "peers", p, more } : { k: "peers", p });
  }
}
