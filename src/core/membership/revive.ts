/**
 * Who is called suspect or failed, and has a link here all the same, is asked to speak: its next word refutes
 * whatever was said before. It may not have heard that it was accused: who lies can accuse it to
 * others only, or accuse a word that it has not said yet.
 */

import type { Id } from "../types.ts";
import { isPeer } from "../session/link.ts";
import { seek } from "./presence.ts";
import type { Turn } from "../state.ts";
import { SEEK_MS_MAX } from "../data/limits.ts";

/** Asks them, once they had the time to speak by themselves, and at most now and then. */
export function reviveLinked(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== "running" || state.stale) return;
  const sought: Id[] = [];
  let due_ms = Infinity;
  for (const link of state.links.values()) {
    const member = isPeer(link) ? state.members.by_id.get(link.peer) : undefined;
    if (member?.state !== "failed" && member?.state !== "suspect") continue;
    sought.push(member.id);
    const patient_ms = 2 * state.config.times.suspect_ms;
    due_ms = Math.min(due_ms, Math.max(member.since_ms, link.opened_ms) + patient_ms);
  }
  if (sought.length === 0) return;
  due_ms = Math.max(due_ms, state.revive_ms);
  if (turn.now_ms < due_ms) return turn.wakeAt(due_ms);
  state.revive_ms = turn.now_ms + SEEK_MS_MAX;
  turn.wakeAt(state.revive_ms);
  seek(turn, sought);
}
