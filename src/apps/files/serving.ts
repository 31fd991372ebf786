/** What this node does for others that want its files. */

import type { Id } from "../../core/types.ts";
import {
  ADMITS_MAX,
  OTHERS_MAX,
  READS_MAX,
  READS_PER_PEER_MAX,
  WANTED_LINKS_MAX,
} from "./limits.ts";
import type { Link } from "./link.ts";
import type { Message } from "./messages.ts";
import type { Admitted, Range } from "./tasks.ts";
import type { FilesTurn } from "./turn.ts";

/** Somebody wants a file: it is let in, if there is something of it. */
export function takeWant(turn: FilesTurn, peer: Id, link: Link): void {
  const { worker, jobs } = turn.state;
  // Nothing is loaded for whoever asks in vain.
  if (worker !== "on") return turn.say(peer, { k: "none", link, why: "nothing is shared here" });
  let open = 0;
  for (const job of jobs.values()) {
    if (job.kind !== "admit") continue;
    if (job.peer === peer && job.link === link || ++open >= ADMITS_MAX) return;
  }
  turn.work({ kind: "admit", peer, link }, { do: "admit", peer, link });
}

/** It is let in, and told where, and who else wants it. */
export function takeAdmitted(turn: FilesTurn, peer: Id, link: Link, admitted: Admitted): void {
  const { port, token, has, name, is_directory } = admitted;
  if (has !== null && has.length === 0) {
    return turn.say(peer, { k: "none", link, why: "nothing of that is here" });
  }
  const others = noteWanting(turn, peer, link);
  turn.say(peer, { k: "way", link, name, is_directory, has, port, token, others });
}

/** Somebody who cannot connect asks for chunks. */
export function takeAsk(
  turn: FilesTurn,
  peer: Id,
  { n, link, level, first, count }: Extract<Message, { k: "ask" }>,
): void {
  const { reading, worker } = turn.state, mine = reading.get(peer) ?? 0;
  const all = [...reading.values()].reduce((sum, one) => sum + one, 0);
  if (worker !== "on") return turn.say(peer, { k: "lack", n, why: "nothing is shared here" });
  if (mine >= READS_PER_PEER_MAX || all >= READS_MAX) {
    return turn.say(peer, { k: "lack", n, why: "too much is asked for here" });
  }
  turn.own("reading").set(peer, mine + 1);
  const range: Range = { level, first, count };
  turn.work({ kind: "read", peer, n }, { do: "read", link, range });
}

/** Chunks were read for somebody, or could not be. */
export function takeRead(
  turn: FilesTurn,
  peer: Id,
  n: number,
  chunks: readonly string[] | null,
  why: string | null,
): void {
  const left = (turn.state.reading.get(peer) ?? 1) - 1, reading = turn.own("reading");
  if (left > 0) reading.set(peer, left);
  else reading.delete(peer);
  if (chunks === null) turn.say(peer, { k: "lack", n, why: why ?? "it is not here" });
  else turn.say(peer, { k: "data", n, chunks }, { bulk: true });
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
