/** What users of a node want of files and takes a while: how it ends, and who is told. */

import { ENDED_MS, TRANSFERS_MAX } from "./limits.ts";
import type { Ended, Transfer } from "./state.ts";
import type { FilesTurn } from "./turn.ts";

/** Why no further transfer begins, or null. */
export function isBusy({ state }: FilesTurn, key: string): string | null {
  const open = [...state.transfers.values()].filter(({ ended }) => ended === null);
  if (open.length >= TRANSFERS_MAX) return `${open.length} transfers are under way here already`;
  return open.some((one) => one.key === key) ? "that is under way here already" : null;
}

/** A transfer is over: whoever wanted it is answered. */
export function end<T extends Transfer>(
  turn: FilesTurn,
  transfer: T,
  how: Ended["how"],
  why: string | null,
): void {
  turn.change<Transfer>(transfer, { ended: { at_ms: turn.now_ms, how, why } });
  turn.wakeAt(turn.now_ms + ENDED_MS);
  const { source } = transfer;
  // What was begun and does not come to its end is late, not refused.
  if (how === "incomplete") turn.out({ kind: "answer", source, why, late: true });
  else turn.out({ kind: "answer", source, why });
}

/** Those that ended a while ago are forgotten. Gives when the next one is. */
export function forgetEnded(turn: FilesTurn): number {
  let next_ms = Infinity;
  for (const { number, ended } of turn.state.transfers.values()) {
    if (ended === null) continue;
    const at_ms = ended.at_ms + ENDED_MS;
    if (at_ms <= turn.now_ms) turn.own("transfers").delete(number);
    else next_ms = Math.min(next_ms, at_ms);
  }
  return next_ms;
}
