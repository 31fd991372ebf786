/**
 * Who left or failed a while ago, and of whom nothing is kept any more, is forgotten: as a member,
 * and with its logs in the clock.
 */

import type { Id } from "../types.ts";
import { forgetLogs, isPastRetention } from "../log/forgotten.ts";
import { forgetFlight } from "../repair/lossy.ts";
import { PRESENCE } from "../log/log.ts";
import { isThere, removeMembers } from "./members.ts";
import type { Turn } from "../state.ts";
import { DEPARTED_MAX, FORGET_EVERY_MS, FORGET_FAILED_MS, FORGET_LEFT_MS } from "../data/limits.ts";

/** Forgets who is due; looks only now and then, because it looks at everything. */
export function forgetDeparted(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== "running") return;
  if (turn.now_ms < state.forget_ms) return turn.wakeAt(state.forget_ms);
  state.forget_ms = turn.now_ms + FORGET_EVERY_MS;
  turn.wakeAt(state.forget_ms);
  const departed = findDeparted(turn);
  if (departed.size === 0) return;
  // Of presence only the newest word counted, and that was a goodbye.
  const indices = new Set<number>();
  for (const [index, head] of state.log.heads.entries()) {
    if (!departed.has(head.origin)) continue;
    const waits = state.log.pending.logs.has(index);
    if (!waits && (head.topic === PRESENCE || isPastRetention(head))) indices.add(index);
    else departed.delete(head.origin);
  }
  for (const index of indices) {
    if (!departed.has(state.log.heads[index].origin)) indices.delete(index);
  }
  if (departed.size === 0) return;
  state.members = removeMembers(state.members, departed);
  for (const id of departed) {
    if (state.routes.has(id)) turn.own("routes").delete(id);
    if (state.branches.has(id)) turn.own("branches").delete(id);
  }
  const { log, logs, moved } = forgetLogs(state.log, indices);
  state.log = log;
  if (state.config.durable) {
    state.storage = { ...state.storage, forgotten: [...state.storage.forgotten, ...logs] };
    turn.wakeAt(turn.now_ms);
  }
  clearNumbers(turn, indices);
  forgetCursors(turn, moved);
  turn.count("forgotten", logs.length);
}

function findDeparted(turn: Turn): Set<Id> {
  const { members } = turn.state;
  const departed = new Set<Id>();
  // A full list lets them go sooner.
  const hurry = members.by_id.size - members.sorted.length > DEPARTED_MAX / 2;
  for (const member of members.by_id.values()) {
    if (isThere(member)) continue;
    const rest_ms = member.state === "left" ? FORGET_LEFT_MS : FORGET_FAILED_MS;
    if (hurry || turn.now_ms >= member.since_ms + rest_ms) departed.add(member.id);
  }
  return departed;
}

/** The numbers of these logs will mean others. */
function clearNumbers(turn: Turn, indices: ReadonlySet<number>): void {
  const { state } = turn;
  const cleared = (list: readonly number[]) => list.map((n, index) => indices.has(index) ? 0 : n);
  state.acknowledged = cleared(state.acknowledged);
  const history_clock = new Map(state.front.history_clock);
  for (const index of indices) history_clock.delete(index);
  state.front = { ...state.front, printed: cleared(state.front.printed), history_clock };
  for (const link of state.links.values()) {
    const touched = new Set([...link.touched].filter((index) => !indices.has(index)));
    const offered = new Map([...link.offered].filter(([index]) => !indices.has(index)));
    const skipped = new Set([...link.skipped].filter((index) => !indices.has(index)));
    const proofs = new Set([...link.proofs].filter((index) => !indices.has(index)));
    const shown = new Set([...link.shown].filter((index) => !indices.has(index)));
    const grafts = new Map([...link.grafts].filter(([index]) => !indices.has(index)));
    const lossy = link.lossy && forgetFlight(link.lossy, indices);
    turn.setLink({
      ...link,
      has: cleared(link.has),
      touched,
      offered,
      skipped,
      proofs,
      shown,
      grafts,
      lossy,
    });
  }
}

/** Positions in these topics are no longer valid: who streams them looks for its place again. */
function forgetCursors(turn: Turn, topics: readonly string[]): void {
  if (topics.length === 0) return;
  for (const link of turn.state.links.values()) {
    const cursors = new Map(link.cursors);
    for (const topic of topics) {
      // A guest's cursor also says that it wants the topic.
      if (link.role === "guest" && cursors.has(topic)) cursors.set(topic, 0);
      else cursors.delete(topic);
    }
    turn.setLink({ ...link, cursors });
  }
}
