/** The reducer of searches: what a node asks for, answers and hands on. */

import { begin, dropOf, goOn } from "./own.ts";
import { forgetOld, type Recent } from "./recent.ts";
import { takeMessage } from "./relay.ts";
import type { Searches } from "./state.ts";
import {
  MEMORY,
  type SearchEvent,
  type SearchOut,
  SearchTurn,
  type SearchView,
  type Table,
} from "./turn.ts";

const TABLES = Object.keys(MEMORY) as readonly Table[];

/** What is done about an event. */
export function reduceSearches(
  before: Searches,
  event: SearchEvent,
  view: SearchView,
): readonly [Searches, readonly SearchOut[]] {
  const turn = new SearchTurn(before, view);
  forget(turn);
  switch (event.kind) {
    case "begin":
      begin(turn, event.wish);
      break;
    case "end":
      turn.drop([event.key]);
      break;
    case "gone":
      dropOf(turn, event.link);
      break;
    case "message":
      takeMessage(turn, event.from, event.item);
      break;
    case "woken":
      goOn(turn);
      break;
  }
  return turn.finish();
}

/** When a `woken` event has something to do next; Infinity for never. */
export function wakeOfSearches({ own, ...tables }: Searches): number {
  let at_ms = Infinity;
  for (const { step } of own.values()) at_ms = Math.min(at_ms, step.at_ms);
  for (const table of TABLES) at_ms = Math.min(at_ms, tables[table].turn_ms);
  return at_ms;
}

/** Gives back what was remembered long enough. */
function forget(turn: SearchTurn): void {
  const tables = turn.state as Record<Table, Recent<unknown>>;
  for (const table of TABLES) {
    tables[table] = forgetOld(tables[table], turn.now_ms, MEMORY[table]);
  }
}
