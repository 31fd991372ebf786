/** Single entries that peers ask for. */

import type { Id, LinkId, Topic } from "../types.ts";
import { logKey } from "../log/entry.ts";
import { firstKept, isKeptWhole, keptEntry, reachOf } from "../log/slice.ts";
import type { ReplicationTurn } from "./turn.ts";

/** An entry that a peer misses. */
interface Want {
  readonly o: Id;
  readonly t: Topic;
  readonly s: number;
}

/** A peer misses an entry: it is sent, or told that it does not come any more. */
export function sendWanted(turn: ReplicationTurn, link: LinkId, want: Want): void {
  const { log } = turn.view.storage.settled;
  const index = log.keys.find(logKey(want.o, want.t));
  const stored = index < 0 ? undefined : keptEntry(log.heads[index], want.s);
  if (stored === undefined) return refuseWanted(turn, link, want, index);
  turn.out({ kind: "send", link, lines: [stored.line] });
  // It may be in flight already, where it counts once.
  if (turn.view.session.links.get(link)!.lossy) return;
  turn.out({ kind: "sent", link, bytes: stored.line.length });
}

/** What was forgotten or dropped by retention does not come any more: nobody need wait for it. */
function refuseWanted(
  turn: ReplicationTurn,
  link: LinkId,
  { o, t, s }: Want,
  index: number,
): void {
  const { log } = turn.view.storage.settled;
  const dropped = index < 0 ? reachOf(log, o, t) >= s : firstKept(log.heads[index]) > s;
  if (!dropped) return turn.count("wanted-unknown");
  if (!isKeptWhole(log, t)) turn.send(link, { k: "gap", o, t, s, e: s });
}
