/** Own records that have no place in the branch: whoever signed them is told, once. */

import type { Id } from "../../core/types.ts";
import { applyRecord, isRefused, type Refused, ruleOf } from "./order.ts";
import type { ChainRecord } from "./record.ts";
import type { ChainTurn } from "./turn.ts";

/** The branch is another one: tells of own records that were to count, and do not. */
export function tellLosers(turn: ChainTurn): void {
  const { tree: { best, order }, state: { lost, pool }, view: { self } } = turn;
  const still = new Set<string>();
  for (const [key, record] of pool.entries()) {
    if (record.origin !== self) continue;
    const taken = applyRecord(order, best.states, record, best.block.index + 1);
    if (!isRefused(taken) || taken.later) continue;
    still.add(key);
    if (!lost.has(key)) turn.out({ kind: "tell", text: lossText(turn, record, taken) });
  }
  // A switch of branch may give one its place back; what comes after that is news again.
  if (still.size > 0 || lost.size > 0) turn.state.lost = still;
}

function lossText(turn: ChainTurn, { item }: ChainRecord, refused: Refused): string {
  const what = ruleOf(turn.tree.order, item)?.label(item) ?? "a record";
  return `${what} does not count: ${refusalText(turn, refused)}`;
}

/** Why a record has no place, with whoever stands in its way, by id and name. */
export function refusalText(
  { view }: Pick<ChainTurn, "view">,
  { refused, by }: Refused,
): string {
  return by === undefined ? refused : `${refused} by ${whoIs(by, view)}`;
}

function whoIs(id: Id, { self, name: own_name, members }: ChainTurn["view"]): string {
  const name = id === self ? own_name || "this node" : members.get(id)?.name ?? "";
  return name === "" ? id : `${id} (${name})`;
}
