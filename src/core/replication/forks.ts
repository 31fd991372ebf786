/**
 * Proofs that an origin signed two different entries with one number. Whoever holds both lines sends
 * them to each peer once, which so holds the proof, too: nobody is left with one of two versions of a
 * log. (As evidence travels in A. Haeberlen, P. Kouznetsov, P. Druschel, "PeerReview: Practical
 * Accountability for Distributed Systems", 2007.)
 */

import type { LinkId } from "../types.ts";
import { underWay } from "../flow/slice.ts";
import type { ReplicaEdit } from "./slice.ts";
import { edit, type ReplicationTurn } from "./turn.ts";
import { PROOFS_PER_LINK_MAX } from "../data/limits.ts";

/** A peer is to be shown why a log ends, if it was not yet, and was not shown too many. */
export function oweProof(one: ReplicaEdit, index: number): void {
  if (one.log(index).proof !== "none" || one.proofs >= PROOFS_PER_LINK_MAX) return;
  one.proofs++;
  one.change(index, { proof: "owed" });
}

/** Shows a peer what it is owed, as far as it is stored here and the link's window has room. */
export function showProofs(turn: ReplicationTurn, link: LinkId, window_bytes: number): void {
  const { heads } = turn.view.storage.settled.log;
  const { lossy } = turn.view.session.links.get(link)!;
  const before_bytes = underWay(turn.view.flow.links.get(link)!.outward);
  let shown_bytes = 0;
  edit(turn, link, (one) => {
    for (const [index] of one.open(({ proof }) => proof === "owed")) {
      const fork = heads[index]?.fork;
      if (!fork) continue;
      const size = fork[0].length + fork[1].length;
      const under_way = before_bytes + shown_bytes;
      if (under_way > 0 && under_way + size > window_bytes) break;
      shown_bytes += size;
      turn.count("forks-shown");
      turn.out({ kind: "send", link, lines: fork });
      one.change(index, { proof: "shown" });
    }
  });
  if (shown_bytes > 0 && !lossy) turn.out({ kind: "sent", link, bytes: shown_bytes });
}
