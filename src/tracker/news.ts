/** The rounds in which everybody is told who came and who is gone. */

import { takeNews } from "./roster.ts";
import type { TrackerTurn } from "./turn.ts";

/** Tells everybody what changed since they were told last. */
export function tellNews(turn: TrackerTurn): void {
  const { state } = turn;
  const { pages, told, change } = state.roster;
  const [roster, { lines, late }] = takeNews(state.roster);
  state.roster = roster;
  state.round_ms = turn.now_ms;
  for (const { rows } of pages) {
    for (const row of rows) {
      // Whose coming is the last that happened knows everything from its list.
      if (row.change === change) continue;
      turn.sendBytes(row.link, lines);
      if (row.change > told) turn.sendBytes(row.link, late);
    }
  }
}
