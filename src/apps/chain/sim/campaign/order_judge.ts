/**
 * A second opinion on what an app makes of the records of a branch. The chain judges its own data with
 * one (`data_judge.ts`); an app that builds on it gives one as `judge` of its rules, and has its states
 * compared behind every block that counts at any node. Without one, its own rule is folded anew.
 */

import type { Id, Json } from "../../../../core/types.ts";
import { isRefused, type OrderRule, type Taken } from "../../order.ts";
import type { ChainRecord } from "../../record.ts";

/** A record as it stands in a block that is judged. */
export interface JudgedRecord {
  readonly key: string;
  readonly origin: Id;
  readonly item: Json;
  /** Of its entry: the number in its log, and its line without the newline. */
  readonly seq: number;
  readonly line: string;
  readonly place: number;
}

/** Owes the app nothing; `State` is a value of its own. */
export interface OrderJudge<State = unknown> {
  /** That of the app, and of its rule. */
  readonly name: string;
  readonly initial: State;
  /** Whether an item has the form of one of the app's records. */
  readonly isForm: (item: Json) => boolean;
  /**
   * The state behind a record; null where the record has no place there. What must hold behind every
   * record and block (no balance below 0, nothing lost) it may demand here, with `must()`.
   */
  readonly take: (state: State, record: JudgedRecord, index: number) => State | null;
  /** In what the app's state differs; null for nothing. */
  readonly difference: (mine: State, theirs: unknown) => string | null;
  /**
   * What it is that a record came and does not stand in the branch: an effect of the app's rules, counted
   * once a node, or null. `index` is that of the next block; `was_in` says that the branch before had it.
   */
  readonly effectOf?: (
    state: State,
    record: JudgedRecord,
    index: number,
    was_in: boolean,
  ) => string | null;
  /** How the line begins that tells its signer of a record that is lost for good; null without one. */
  readonly lossText?: (item: Json) => string | null;
}

/** A judge as others handle it: what its state is, only it knows. */
export function asJudge<State>(judge: OrderJudge<State>): OrderJudge {
  return judge as unknown as OrderJudge;
}

/** Judges by the app's own rule: what is found is a state that is no fold of its branch. */
export function foldingJudge(rule: OrderRule): OrderJudge {
  return {
    name: rule.name,
    initial: rule.initial,
    isForm: (item) => rule.fault(item) === null,
    take: (state, record, index) => {
      const taken: Taken<unknown> = rule.apply(state, record satisfies ChainRecord, index);
      return isRefused(taken as never) ? null : (taken as { readonly state: unknown }).state;
    },
    difference: (mine, theirs) => sameValue(mine, theirs) ? null : "another state than its branch",
  };
}

/** Whether two values hold the same; maps of any kind, and objects, by what they hold. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const one = partsOf(a), other = partsOf(b);
  if (one.size !== other.size) return false;
  for (const [key, value] of one) {
    if (!other.has(key) || !sameValue(value, other.get(key))) return false;
  }
  return true;
}

function partsOf(value: object): ReadonlyMap<unknown, unknown> {
  const { entries } = value as { readonly entries?: unknown };
  if (typeof entries !== "function") return new Map(Object.entries(value));
  return new Map((value as ReadonlyMap<unknown, unknown>).entries());
}
