/** Leaving: first be acknowledged and printed, then say goodbye to everybody, then be done. */

import { PRESENCE } from "../log/slice.ts";
import { countPeers } from "../session/slice.ts";
import { type Debts, end, type MembershipTurn, setLife } from "./turn.ts";
import { GOODBYE_MS } from "../data/limits.ts";

/** Nothing more will be published. */
export function beginLeave(turn: MembershipTurn, deadline_ms: number): void {
  const { phase, leave_deadline_ms } = turn.slice.life;
  if (phase === "done") return;
  const due_ms = Math.min(leave_deadline_ms, deadline_ms);
  setLife(turn, { leave_deadline_ms: due_ms });
  turn.wakeAt(due_ms);
  // A node that joins first gets in step: it prints what it missed before it goes.
  if (phase === "running") setLife(turn, { phase: "leaving" });
  if (phase === "starting") finishLeave(turn, true);
}

/** Goes on with leaving, as far as acknowledgements have come. */
export function advanceLeave(turn: MembershipTurn, debts: Debts): void {
  const { phase, leave_deadline_ms } = turn.slice.life;
  const late = turn.now_ms >= leave_deadline_ms;
  if (phase === "joining" && late) return finishLeave(turn, true);
  turn.wakeAt(leave_deadline_ms);
  if (phase !== "leaving" && phase !== "goodbye") return;
  const drafts = turn.view.publish.drafts.size;
  const held = drafts === 0 && debts.stored && !debts.messages && areHeld(turn);
  const alone = countPeers(turn.view.session) === 0;
  if (phase === "goodbye") {
    if (held || late || alone) finishLeave(turn, true);
    return;
  }
  if (late) return finishLeave(turn, held);
  if (!held || !debts.printed) return;
  if (alone) return finishLeave(turn, true);
  turn.out({ kind: "speak", items: [{ left: true }] });
  // What was said is held already; that it left, others also see.
  const due_ms = Math.min(leave_deadline_ms, turn.now_ms + GOODBYE_MS);
  setLife(turn, { phase: "goodbye", leave_deadline_ms: due_ms });
  // The next tick makes an entry of it.
  turn.wakeAt(turn.now_ms);
}

/** Whether each own entry is held by some peer, or nobody was ever there to hold it. */
function areHeld({ slice, view }: MembershipTurn): boolean {
  const { log, session, publish: { acknowledged } } = view;
  if (slice.members.sorted.length === 0 && countPeers(session) === 0) return true;
  return log.heads.every(({ origin, topic }, index) =>
    origin !== log.self || (acknowledged[index] ?? 0) >= log.clock[index] ||
    // That it was there need not outlive it; that it left is better heard.
    (topic === PRESENCE && slice.life.phase === "leaving")
  );
}

function finishLeave(turn: MembershipTurn, acknowledged: boolean): void {
  turn.out({ kind: "goodbye" });
  end(turn, acknowledged);
}
