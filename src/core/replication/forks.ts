/**
 * Proofs that an origin signed two different entries with one number. Whoever holds both lines sends
 * them to each peer once, which so holds the proof, too: nobody is left with one of two versions of a
 * log. (As evidence travels in A. Haeberlen, P. Kouznetsov, P. Druschel, "PeerReview: Practical
 * Accountability for Distributed Systems", 2007.)
 */

import { logKey } from "../log/entry.ts";
import { renew } from "../membership/join.ts";
import { isPeer, type Link, windowOf } from "../session/link.ts";
import { isLossy } from "../repair/lossy_links.ts";
import type { LogOutput } from "../log/log.ts";
import type { Turn } from "../state.ts";
import { PROOFS_PER_LINK_MAX } from "../data/limits.ts";

/** Logs ended in forks just now: the user is told, it is stored, and peers are shown why. */
export function noteForks(turn: Turn, forks: LogOutput["forks"]): void {
  const { state } = turn;
  for (const fork of forks) {
    turn.notice({ kind: "forked", ...fork });
    const { origin, topic } = fork;
    const index = state.log.keys.find(logKey(origin, topic));
    const lines = state.log.heads[index].fork!;
    passOnFork(turn, index);
    if (state.config.durable) {
      state.storage = {
        ...state.storage,
        forks: [...state.storage.forks, { origin, topic, lines }],
      };
    }
    // Somebody else signed with this node's key, or this node did before its data were lost.
    if (origin === state.config.id) renew(turn);
  }
}

/** All peers are to be shown why a log ends. */
function passOnFork(turn: Turn, index: number): void {
  for (const link of turn.state.links.values()) {
    if (isPeer(link)) turn.setLink(oweProofs(link, [index]));
  }
}

/** A peer is to be shown why these logs end, if it was not yet. */
export function oweProofs(link: Link, logs: readonly number[]): Link {
  const news = logs.filter((index) => !link.shown.has(index));
  const room = PROOFS_PER_LINK_MAX - link.shown.size - link.proofs.size;
  if (news.length === 0 || room <= 0) return link;
  return { ...link, proofs: new Set([...link.proofs, ...news.slice(0, room)]) };
}

/** Shows a peer what it is owed, as far as it is stored here and the link's window has room. */
export function showProofs(turn: Turn, before: Link): Link {
  let link = before, shown_bytes = 0;
  const { heads } = turn.state.settled.log;
  for (const index of before.proofs) {
    const fork = heads[index]?.fork;
    if (!fork) continue;
    const size = fork[0].length + fork[1].length;
    const under_way = before.sent_bytes - before.acked_bytes + shown_bytes;
    if (under_way > 0 && under_way + size > windowOf(before)) break;
    shown_bytes += size;
    turn.count("forks-shown");
    turn.sendBytes(link.id, fork);
    const bytes = isLossy(link) ? 0 : size;
    const proofs = new Set(link.proofs), shown = new Set(link.shown).add(index);
    proofs.delete(index);
    link = { ...link, proofs, shown, sent_bytes: link.sent_bytes + bytes };
  }
  return link;
}
