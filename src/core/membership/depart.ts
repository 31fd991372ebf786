/**
 * Who left or failed a while ago, and of whom nothing is kept any more, is forgotten: as a member,
 * and with its logs in the clock.
 */

import type { Id } from "../types.ts";
import { isPastRetention } from "../log/forgotten.ts";
import { PRESENCE } from "../log/slice.ts";
import { isThere, removeMembers } from "./members.ts";
import type { MembershipTurn } from "./turn.ts";
import { DEPARTED_MAX, FORGET_EVERY_MS, FORGET_FAILED_MS, FORGET_LEFT_MS } from "../data/limits.ts";

/** Forgets who is due; looks only now and then, because it looks at everything. */
export function forgetDeparted(turn: MembershipTurn): void {
  const { slice, now_ms } = turn, { log } = turn.view;
  if (slice.life.phase !== "running") return;
  if (now_ms < slice.due.forget_ms) return turn.wakeAt(slice.due.forget_ms);
  const forget_ms = now_ms + FORGET_EVERY_MS;
  slice.due = { ...slice.due, forget_ms };
  turn.wakeAt(forget_ms);
  const ids = findDeparted(turn);
  if (ids.size === 0) return;
  // Of presence only the newest word counted, and that was a goodbye.
  const indices = new Set<number>();
  for (const [index, head] of log.heads.entries()) {
    if (!ids.has(head.origin)) continue;
    const waits = log.pending.logs.has(index);
    if (!waits && (head.topic === PRESENCE || isPastRetention(head))) indices.add(index);
    else ids.delete(head.origin);
  }
  for (const index of indices) if (!ids.has(log.heads[index].origin)) indices.delete(index);
  if (ids.size === 0) return;
  slice.members = removeMembers(slice.members, ids);
  turn.out({ kind: "departed", ids, indices });
}

function findDeparted({ slice: { members }, now_ms }: MembershipTurn): Set<Id> {
  const departed = new Set<Id>();
  // A full list lets them go sooner.
  const hurry = members.by_id.size - members.sorted.length > DEPARTED_MAX / 2;
  for (const member of members.by_id.values()) {
    if (isThere(member)) continue;
    const rest_ms = member.state === "left" ? FORGET_LEFT_MS : FORGET_FAILED_MS;
    if (hurry || now_ms >= member.since_ms + rest_ms) departed.add(member.id);
  }
  return departed;
}
