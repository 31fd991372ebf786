/** What this node does for others that want its files. */

import type { Id } from "../../core/types.ts";
import {
  OTHERS_MAX,
  READS_MAX,
  READS_PER_PEER_MAX,
  WANTED_LINKS_MAX,
  WANTS_MAX,
  WANTS_PER_PEER_MAX,
} from "./limits.ts";
import type { Link } from "./link.ts";
import type { Message } from "./messages.ts";
import type { Counts, Owed } from "./state.ts";
import type { Admitted, Range } from "./tasks.ts";
import type { FilesTurn } from "./turn.ts";

/** Answers that are owed at once at most, to one node and to all; what goes beyond is not answered. */
const OWED_MAX: Readonly<Record<Owed, readonly [each: number, all: number]>> = {
  ways: [WANTS_PER_PEER_MAX, WANTS_MAX],
  chunks: [READS_PER_PEER_MAX, READS_MAX],
};

/** Somebody wants a file: it is let in, if there is something of it. */
export function takeWant(turn: FilesTurn, peer: Id, link: Link): void {
  if (!owe(turn, peer, "ways")) return;
  // Nothing is loaded for whoever asks in vain.
  if (turn.state.worker !== "on") return sayNone(turn, peer, link);
  turn.work({ kind: "admit", peer, link }, { do: "admit", peer, link });
}

/** It is let in, and told where, and who else wants it. */
export function takeAdmitted(turn: FilesTurn, peer: Id, link: Link, admitted: Admitted): void {
  const { port, token, has, name, is_directory } = admitted;
  if (has !== null && has.length === 0) return sayNone(turn, peer, link);
  const others = noteWanting(turn, peer, link);
  answer(turn, peer, "ways", { k: "way", link, name, is_directory, has, port, token, others });
}

/** There is nothing here of what somebody wants. */
export function sayNone(turn: FilesTurn, peer: Id, link: Link): void {
  answer(turn, peer, "ways", { k: "none", link, why: "nothing of that is here" });
}

/** Somebody who cannot connect asks for chunks. */
export function takeAsk(
  turn: FilesTurn,
  peer: Id,
  { n, link, level, first, count }: Extract<Message, { k: "ask" }>,
): void {
  if (!owe(turn, peer, "chunks")) return;
  if (turn.state.worker !== "on") return sayLack(turn, peer, n);
  const range: Range = { level, first, count };
  turn.work({ kind: "read", peer, n }, { do: "read", link, range });
}

/** Chunks were read for somebody. */
export function takeRead(turn: FilesTurn, peer: Id, n: number, chunks: readonly string[]): void {
  answer(turn, peer, "chunks", { k: "data", n, chunks });
}

/** Chunks that somebody asked for are not here. What is wrong on this disk is nobody else's business. */
export function sayLack(turn: FilesTurn, peer: Id, n: number): void {
  answer(turn, peer, "chunks", { k: "lack", n, why: "they are not here" });
}

/** An answer arrived, or never will: its place is free. */
export function takeAnswered(turn: FilesTurn, peer: Id, owed: Owed): void {
  count(turn, peer, owed, -1);
}

/**
 * Whether somebody may be owed one answer more. It is owed until it arrived: else who asks and takes
 * nothing would fill the node's post with answers, and no other message would get out.
 */
function owe(turn: FilesTurn, peer: Id, owed: Owed): boolean {
  const { all, by_peer } = turn.state.owed[owed], [each_max, all_max] = OWED_MAX[owed];
  if (all >= all_max || (by_peer.get(peer) ?? 0) >= each_max) return false;
  count(turn, peer, owed, 1);
  return true;
}

function count({ state }: FilesTurn, peer: Id, owed: Owed, more: 1 | -1): void {
  const { all, by_peer } = state.owed[owed], left = (by_peer.get(peer) ?? 0) + more;
  const counts: Counts = { all: all + more, by_peer: new Map(by_peer).set(peer, left) };
  if (left === 0) (counts.by_peer as Map<Id, number>).delete(peer);
  state.owed = { ...state.owed, [owed]: counts };
}

function answer(turn: FilesTurn, peer: Id, owed: Owed, message: Message): void {
  const tag = turn.number();
  turn.state.jobs = turn.state.jobs.set(tag, { kind: "answer", peer, owed });
  turn.say(peer, message, { bulk: message.k === "data", tag });
}

/** Remembers who wants a file; gives those who wanted it before. */
function noteWanting(turn: FilesTurn, peer: Id, link: Link): readonly Id[] {
  const before = turn.state.wanting.get(link) ?? [], wanting = turn.own("wanting");
  const others = before.filter((id) => id !== peer);
  wanting.delete(link);
  wanting.set(link, [...others, peer].slice(-OTHERS_MAX));
  // The one that nobody wanted for the longest time goes first.
  for (const old of wanting.keys()) {
    if (wanting.size <= WANTED_LINKS_MAX) break;
    wanting.delete(old);
  }
  return others;
}
