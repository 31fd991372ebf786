/** Sends a request to neighbours: its budget is split over them. */

import type { Id } from "../../../core/types.ts";
import { searchItem, type SearchMessage } from "./messages.ts";
import { splitBudget } from "./split.ts";
import type { Way } from "./state.ts";
import { type SearchTurn, wayKey } from "./turn.ts";

/** Asks as many neighbours as the budget is for, and notes the way back of what they answer. */
export function askNeighbours(
  turn: SearchTurn,
  message: SearchMessage,
  neighbours: readonly Id[],
  to: Way["to"],
): void {
  const [shares, random] = splitBudget(message.budget, neighbours.length, turn.state.random);
  turn.state.random = random;
  const asked = new Map<Id, number>();
  for (const [at, budget] of shares.entries()) {
    if (budget === 0) continue;
    asked.set(neighbours[at], budget);
    const item = searchItem({ ...message, budget });
    turn.out({ kind: "send", to: neighbours[at], item, bulk: false });
  }
  if (asked.size === 0) return;
  turn.note("ways", wayKey(message.origin, message.number), { to, asked });
}
