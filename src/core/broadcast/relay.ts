/** When what is new is sent on: at once, or a moment later (backoff.ts). */

import { decideRelay, noteDelivered, relaysAtOnce } from "./backoff.ts";
import { peerLinks, type SpreadTurn } from "./turn.ts";

/** Entries were delivered that may be relayed. */
export function takeDelivered(turn: SpreadTurn, bytes: number, own: boolean): void {
  turn.slice.backoff = noteDelivered(turn.slice.backoff, bytes, own);
}

/** Whether peers are sent what is new now; the answer is the out `relay`, or none. */
export function relay(turn: SpreadTurn): void {
  const { slice, view: { config } } = turn;
  if (relaysAtOnce(config)) return turn.out({ kind: "relay" });
  const { backoff, random, relay } = decideRelay(
    slice.backoff,
    turn.now_ms,
    peerLinks(turn).length,
    slice.random,
    config.batch_ms,
  );
  slice.backoff = backoff;
  slice.random = random;
  turn.wakeAt(backoff.due_ms);
  if (relay) turn.out({ kind: "relay" });
}
