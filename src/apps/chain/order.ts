/**
 * What the apps on a chain say of records: which are theirs, and what each does in its place. Their
 * states are pure functions of a branch; so whether a block is good is one, too.
 */

import type { Json } from "../../core/types.ts";
import type { ChainRecord } from "./record.ts";

/** What one app makes of the records of its kinds. */
export interface OrderRule<State = unknown> {
  /** The name of the app. */
  readonly name: string;
  /** The values of `k` in its records. */
  readonly kinds: readonly string[];
  readonly initial: State;
  /** What is wrong with a record's form, wherever it stood, or null. */
  readonly fault: (item: Json) => string | null;
  /** The key of the record that has done what this item would do, or null. */
  readonly done?: (state: State, item: Json) => string | null;
  /**
   * The state behind a record, or why the record has no place here. `index` is that of the block. The
   * state that came in stays as it is.
   */
  readonly apply: (state: State, record: ChainRecord, index: number) => Taken<State>;
}

/** What became of a record. */
export type Taken<State> = { readonly state: State } | { readonly refused: string };

/** The states of all apps behind a block, by their names. */
export type States = ReadonlyMap<string, unknown>;

/** A rule as others handle it: what its state is, only it knows. */
export function asRule<State>(rule: OrderRule<State>): OrderRule {
  return rule as unknown as OrderRule;
}

/** Before anything was ordered. */
export function initialStates(rules: readonly OrderRule[]): States {
  return new Map(rules.map(({ name, initial }) => [name, initial]));
}

/** The states behind a record, or why it has no place there. */
export function applyRecord(
  rules: readonly OrderRule[],
  states: States,
  record: ChainRecord,
  index: number,
): States | string {
  const rule = ruleOf(rules, record.item);
  if (rule === undefined) return "nobody knows this kind of record";
  const before = states.get(rule.name), taken = rule.apply(before, record, index);
  if ("refused" in taken) return taken.refused;
  return taken.state === before ? states : new Map(states).set(rule.name, taken.state);
}

/** What is wrong with an item as a record, wherever it stood in a chain, or null. */
export function recordFault(rules: readonly OrderRule[], item: Json): string | null {
  const rule = ruleOf(rules, item);
  return rule === undefined ? "nobody knows this kind of record" : rule.fault(item);
}

/** The key of the record in a branch that has done what an item would do, or null. */
export function doneBy(rules: readonly OrderRule[], states: States, item: Json): string | null {
  const rule = ruleOf(rules, item);
  return rule?.done?.(states.get(rule.name), item) ?? null;
}

function ruleOf(rules: readonly OrderRule[], item: Json): OrderRule | undefined {
  const kind = kindOf(item);
  return kind === null ? undefined : rules.find(({ kinds }) => kinds.includes(kind));
}

function kindOf(item: Json): string | null {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
  const kind = Object.hasOwn(item, "k") ? (item as { readonly k?: Json }).k : null;
  return typeof kind === "string" ? kind : null;
}
