/** The fold of the shared counter: what counts, in the order in which it came, and the sums of that. */

import { AppendLog } from "../../../src/core/data/append_log.ts";
import type { DeliveredItem } from "../../../src/core/host/app.ts";
import type { Id, Json } from "../../../src/core/types.ts";

/** Nobody adds more at once, or takes away more. */
export const ADD_MAX = 1_000;

/** One number that counts. */
export interface Step {
  readonly origin: Id;
  /** Number of its entry, and its own, in the log of its origin. */
  readonly entry: number;
  readonly number: number;
  readonly add: number;
}

/** What was counted so far. */
export interface Sums {
  /** All that counts, in the order of this node. */
  readonly steps: AppendLog<Step>;
  readonly total: number;
  readonly by_origin: ReadonlyMap<Id, number>;
}

/** Nothing was counted. */
export const NOTHING: Sums = { steps: AppendLog.empty(), total: 0, by_origin: new Map() };

/** An item for the topic. */
export function itemOf(add: number): Json {
  return { add };
}

/** The number of an item, or what is wrong with it. */
export function readItem(item: Json): number | string {
  const wrong = `a count is {"add":N}, N from -${ADD_MAX} to ${ADD_MAX}`;
  if (typeof item !== "object" || item === null || Array.isArray(item)) return wrong;
  const { add } = item as { readonly add?: Json };
  return Number.isInteger(add) && Math.abs(add as number) <= ADD_MAX ? add as number : wrong;
}

/** Counts items; gives what counts of them, and what does not. */
export function addItems(
  before: Sums,
  items: readonly DeliveredItem[],
): readonly [Sums, readonly Step[], readonly (readonly [DeliveredItem, string])[]] {
  const added: Step[] = [], wrong: (readonly [DeliveredItem, string])[] = [];
  for (const one of items) {
    const add = readItem(one.item), { origin, entry, number } = one;
    if (typeof add === "string") wrong.push([one, add]);
    else added.push({ origin, entry, number, add });
  }
  return [addSteps(before, added), added, wrong];
}

/**
 * Takes back what an origin added in an entry and behind it. Gives what was taken back, and how the
 * order changed: which of the newest steps went, the last one first, and which of them came again.
 */
export function takeBack(
  before: Sums,
  origin: Id,
  entry: number,
): readonly [
  Sums,
  readonly Step[],
  { readonly went: readonly Step[]; readonly again: readonly Step[] },
] {
  const all = [...before.steps.from()];
  const isGone = (step: Step) => step.origin === origin && step.entry >= entry;
  const first = all.findIndex(isGone);
  if (first < 0) return [before, [], { went: [], again: [] }];
  const went = all.slice(first).reverse(), again = went.filter((step) => !isGone(step)).reverse();
  const after = addSteps(addSteps(NOTHING, all.slice(0, first)), again);
  return [after, all.filter(isGone), { went, again }];
}

function addSteps(before: Sums, added: readonly Step[]): Sums {
  if (added.length === 0) return before;
  const by_origin = new Map(before.by_origin);
  let { total } = before;
  for (const { origin, add } of added) {
    total += add;
    by_origin.set(origin, (by_origin.get(origin) ?? 0) + add);
  }
  return { steps: before.steps.append(added), total, by_origin };
}
