/**
 * Who is called suspect or failed, and has a link here all the same, is asked to speak: its next word refutes
 * whatever was said before. It may not have heard that it was accused: who lies can accuse it to
 * others only, or accuse a word that it has not said yet.
 */

import type { Id } from "../types.ts";
import { isPeer } from "../session/slice.ts";
import type { MembershipTurn } from "./turn.ts";
import { seek } from "./word.ts";
import { SEEK_MS_MAX } from "../data/limits.ts";

/** Asks them, once they had the time to speak by themselves, and at most now and then. */
export function reviveLinked(turn: MembershipTurn): void {
  const { slice, now_ms } = turn;
  if (slice.life.phase !== "running" || slice.key.stale) return;
  const sought: Id[] = [];
  let due_ms = Infinity;
  for (const session of turn.view.session.links.values()) {
    const member = isPeer(session) ? slice.members.by_id.get(session.peer) : undefined;
    if (member?.state !== "failed" && member?.state !== "suspect") continue;
    sought.push(member.id);
    const patient_ms = 2 * turn.view.config.times.suspect_ms;
    due_ms = Math.min(due_ms, Math.max(member.since_ms, session.opened_ms) + patient_ms);
  }
  if (sought.length === 0) return;
  due_ms = Math.max(due_ms, slice.due.revive_ms);
  if (now_ms < due_ms) return turn.wakeAt(due_ms);
  const revive_ms = now_ms + SEEK_MS_MAX;
  slice.due = { ...slice.due, revive_ms };
  turn.wakeAt(revive_ms);
  seek(turn, sought);
}
