/** Leaving: first be acknowledged and printed, then say goodbye to everybody, then be done. */

import { isPeer } from "../session/link.ts";
import { clockLines, splitTouched } from "../wire/clock_lines.ts";
import { countPeers } from "./overlay.ts";
import { isDrained } from "../output/front.ts";
import { PRESENCE } from "../log/log.ts";
import { draftItems } from "../publish/draft.ts";
import { giveUpPrivate, isPrivateAwaited } from "../unicast/sender.ts";
import { isSettled } from "../storage/storage.ts";
import type { Turn } from "../state.ts";
import { GOODBYE_MS } from "../data/limits.ts";

/** Nothing more will be published. */
export function beginLeave(turn: Turn, deadline_ms: number): void {
  const { state } = turn;
  if (state.phase === "done") return;
  state.leave_deadline_ms = Math.min(state.leave_deadline_ms, deadline_ms);
  turn.wakeAt(state.leave_deadline_ms);
  if (state.phase === "goodbye") return;
  // A node that joins first gets in step: it prints what it missed before it goes.
  if (state.phase === "running") state.phase = "leaving";
  if (state.phase === "starting") finishLeave(turn, true);
}

/** Goes on with leaving, as far as acknowledgements have come. */
export function advanceLeave(turn: Turn): void {
  const { state } = turn;
  const late = turn.now_ms >= state.leave_deadline_ms;
  if (state.phase === "joining" && late) return finishLeave(turn, true);
  turn.wakeAt(state.leave_deadline_ms);
  if (state.phase !== "leaving" && state.phase !== "goodbye") return;
  const held = state.drafts.size === 0 && areHeld(turn) && !isPrivateAwaited(turn);
  const alone = countPeers(turn) === 0;
  if (state.phase === "goodbye") {
    if (held || late || alone) finishLeave(turn, true);
    return;
  }
  if (late) return finishLeave(turn, held);
  if (!held || !isDrained(state.front, state.log, state.ledger)) return;
  if (alone) return finishLeave(turn, true);
  draftItems(turn, PRESENCE, [{ left: true }], "");
  state.phase = "goodbye";
  // What was said is held already; that it left, others also see.
  state.leave_deadline_ms = Math.min(state.leave_deadline_ms, turn.now_ms + GOODBYE_MS);
  // The next tick makes an entry of it.
  turn.wakeAt(turn.now_ms);
}

/** Whether each own entry is held by some peer, or nobody was ever there to hold it. */
function areHeld(turn: Turn): boolean {
  const { log, config, acknowledged, members, phase } = turn.state;
  if (!isSettled(turn.state)) return false;
  if (members.sorted.length === 0 && countPeers(turn) === 0) return true;
  return log.heads.every(({ origin, topic }, index) =>
    origin !== config.id || (acknowledged[index] ?? 0) >= log.clock[index] ||
    // That it was there need not outlive it; that it left is better heard.
    (topic === PRESENCE && phase === "leaving")
  );
}

function finishLeave(turn: Turn, acknowledged: boolean): void {
  const { state } = turn;
  const { log } = state.settled;
  giveUpPrivate(turn);
  for (const link of state.links.values()) {
    // Whoever sent something last needs to know that it arrived.
    const owes = isPeer(link) && link.received_bytes > link.reported_bytes;
    if (owes && state.storage.fault === null) {
      const { told } = splitTouched(link.touched, log, state.log);
      turn.send(link.id, ...clockLines(log, told, link.received_bytes));
    }
    turn.close(link.id, "left", "leaving");
  }
  turn.end(acknowledged);
}
