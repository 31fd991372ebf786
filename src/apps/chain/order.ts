/**
 * What the apps on a chain say of records: which are theirs, and what each does in its place. Their
 * states are pure functions of a branch; so whether a block is good is one, too.
 */

import type { Id, Json } from "../../core/types.ts";
import type { ChainRecord } from "./record.ts";

/** An item of the branch, as those who build on the chain are told of it. */
export type OrderedItem = {
  /** The index of its block. */
  readonly index: number;
  readonly key: string;
  readonly origin: Id;
  readonly item: Json;
};

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
  /** What a record is called where its signer is told that it does not count. */
  readonly label: (item: Json) => string;
  /** Whether only its app hands over such records, because it asks guests for a right of its own. */
  readonly guarded?: boolean;
}

/** What became of a record. */
export type Taken<State> = { readonly state: State } | Refused;

/** Why a record has no place behind a block. */
export interface Refused {
  readonly refused: string;
  /** Who signed what stands in its way; it is named behind the reason. */
  readonly by?: Id;
  /** Whether blocks behind that one may still take it. */
  readonly later?: boolean;
  /** The last block that may: nodes mine on until then, so that whoever waits learns how it ended. */
  readonly until?: number;
}

/** The states of all apps behind a block, by their names. */
export type States = ReadonlyMap<string, unknown>;

const NO_RULE = "nobody knows this kind of record";

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
): States | Refused {
  const rule = ruleOf(rules, record.item);
  if (rule === undefined) return { refused: NO_RULE };
  const before = states.get(rule.name), taken = rule.apply(before, record, index);
  if ("refused" in taken) return taken;
  return taken.state === before ? states : new Map(states).set(rule.name, taken.state);
}

/** Whether a record has no place. */
export function isRefused(taken: States | Refused): taken is Refused {
  return "refused" in taken;
}

/** What is wrong with an item as a record, wherever it stood in a chain, or null. */
export function recordFault(rules: readonly OrderRule[], item: Json): string | null {
  const rule = ruleOf(rules, item);
  return rule === undefined ? NO_RULE : rule.fault(item);
}

/** The key of the record in a branch that has done what an item would do, or null. */
export function doneBy(rules: readonly OrderRule[], states: States, item: Json): string | null {
  const rule = ruleOf(rules, item);
  return rule?.done?.(states.get(rule.name), item) ?? null;
}

/** The rule for an item; undefined where no app knows its kind. */
export function ruleOf(rules: readonly OrderRule[], item: Json): OrderRule | undefined {
  const kind = kindOf(item);
  return kind === null ? undefined : rules.find(({ kinds }) => kinds.includes(kind));
}

function kindOf(item: Json): string | null {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
  const kind = Object.hasOwn(item, "k") ? (item as { readonly k?: Json }).k : null;
  return typeof kind === "string" ? kind : null;
}
