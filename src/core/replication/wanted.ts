/** What peers miss: gaps that they offer, and single entries that they ask for. */

import type { Line } from "../wire/line.ts";
import { isLossy } from "../repair/lossy_links.ts";
import type { Link } from "../session/link.ts";
import { logKey } from "../log/entry.ts";
import { firstKept, isKeptWhole, keptEntry, reachOf } from "../log/log.ts";
import type { Turn } from "../state.ts";
import { OFFERS_MAX } from "../data/limits.ts";

/** A peer no longer has some entries. They are given up later, if nobody else has them. */
export function takeGap(turn: Turn, link: Link, line: Extract<Line, { k: "gap" }>): void {
  const { state } = turn;
  if (isKeptWhole(line.t)) return turn.close(link.id, "bad-gap", `${line.t} has no gaps`);
  const key = logKey(line.o, line.t), index = state.log.keys.find(key);
  if (index >= 0 && state.log.clock[index] >= line.e) {
    const touched = new Set(link.touched).add(index);
    turn.setLink({ ...link, touched, ack_due_ms: turn.now_ms });
    return;
  }
  // It streams nothing of the topic before it has heard that this is not needed: because the log was
  // forgotten, or ended in a fork.
  const reach = reachOf(state.log, line.o, line.t);
  if (reach >= line.e) {
    const seq = Math.min(reach, Math.max(line.e, state.log.forgotten.seqs.get(key) ?? 0));
    return turn.send(link.id, { k: "have", c: { [line.o]: { [line.t]: seq } } });
  }
  if (state.offers.size >= OFFERS_MAX) return turn.count("rejected:too-many-gaps");
  const gap = { origin: line.o, topic: line.t, from: line.s, to: line.e };
  // Where lines are lost it is offered again and again, and the question may have been lost.
  const known = isLossy(link) ? state.offers.get(`${link.id} ${key}`) : undefined;
  const since_ms = known?.gap.to === gap.to ? known.since_ms : turn.now_ms;
  turn.own("offers").set(`${link.id} ${key}`, { gap, link: link.id, since_ms, asked: false });
}

/** A peer misses an entry: it is sent, or told that it does not come any more. */
export function sendWanted(
  turn: Turn,
  link: Link,
  want: { readonly o: string; readonly t: string; readonly s: number },
): void {
  const { log } = turn.state.settled;
  const index = log.keys.find(logKey(want.o, want.t));
  const stored = index < 0 ? undefined : keptEntry(log.heads[index], want.s);
  if (stored === undefined) return refuseWanted(turn, link, want, index);
  turn.sendBytes(link.id, [stored.line]);
  // It may be in flight already, where it counts once.
  if (isLossy(link)) return;
  turn.setLink({ ...link, sent_bytes: link.sent_bytes + stored.line.length });
}

/** What was forgotten or dropped by retention does not come any more: nobody need wait for it. */
function refuseWanted(
  turn: Turn,
  link: Link,
  { o, t, s }: { readonly o: string; readonly t: string; readonly s: number },
  index: number,
): void {
  const { log } = turn.state.settled;
  const dropped = index < 0 ? reachOf(log, o, t) >= s : firstKept(log.heads[index]) > s;
  if (!dropped) return turn.count("wanted-unknown");
  if (!isKeptWhole(t)) turn.send(link.id, { k: "gap", o, t, s, e: s });
}
