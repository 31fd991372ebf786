/**
 * What is printed: each block when it comes to count, in the order in which that happens. How far a node
 * has printed it knows by a number; so a later run must find the same blocks under the same numbers,
 * although it folds what is stored in another order: what came in messages is not there, and what was
 * ahead of the clock no longer is. It is told which block was the last one, and goes on behind that.
 */

import type { Json } from "../../core/types.ts";
import { AppendLog } from "../../core/data/append_log.ts";
import { isCount } from "../../core/log/entry.ts";
import { branchFrom, type Seen, type Switch, switchOf } from "./tree.ts";
import type { ChainTurn } from "./turn.ts";
import { isHashText } from "./work.ts";

/** Under what name it is kept how far was printed. */
const KEY = "printed";

/** Another branch counts. */
export function printSwitch(turn: ChainTurn, { removed, added }: Switch<Seen>): void {
  // What is stored an earlier run has printed.
  if (!turn.state.started) return;
  if (removed.length > 0) turn.out({ kind: "tell", text: `rewind ${removed.length}`, bare: true });
  turn.state.printed = turn.state.printed.append(added.map(blockOf));
  const value: Json = [turn.state.printed.end, turn.tree.best.hash];
  turn.out({ kind: "keep", key: KEY, value });
}

/** An earlier run kept how many blocks there were to print, and which was the last. */
export function takeKept(
  turn: ChainTurn,
  kept: readonly (readonly [key: string, value: Json])[],
): void {
  const value = kept.find(([key]) => key === KEY)?.[1] ?? null;
  if (!Array.isArray(value)) return;
  const [end, last] = value as readonly Json[];
  if (!isCount(end, 0) || !isHashText(last)) return;
  turn.state.printed = AppendLog.empty(end);
  turn.state.printed_last = last;
}

/** The node begins: what an earlier run had to print stands where it stood, and what is new behind it. */
export function beginPrinting(turn: ChainTurn): void {
  const { printed: { end }, printed_last } = turn.state, { best, by_hash } = turn.tree;
  if (printed_last === null) return printSwitch(turn, { removed: [], added: branchFrom(best, 1) });
  // Where that block is gone, nobody knows what is new.
  const last: Seen = by_hash.get(printed_last) ?? best;
  const old = branchFrom(last, 0).map(blockOf), count = Math.min(old.length, end);
  // Nobody prints what is so far back; some block must stand there.
  const before = Array<Json>(end - count).fill(old[0]);
  const shown = [...before, ...old.slice(old.length - count)];
  turn.state.printed = AppendLog.empty<Json>().append(shown);
  turn.state.printed_last = null;
  if (last !== best) printSwitch(turn, switchOf<Seen>(last, best));
}

function blockOf({ block }: Pick<Seen, "block">): Json {
  return block as unknown as Json;
}
