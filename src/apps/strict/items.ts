/** What stands in the records of the strict ledger. */

import type { Json } from "../../core/types.ts";
import { isCount } from "../../core/log/entry.ts";
import { accountFault, wordFault } from "./account.ts";

/** Money enters. Only whoever did so first may. */
export type Issue = {
  readonly k: "issue";
  readonly to: string;
  /** From 1 to 2^53 - 1. */
  readonly amount: number;
  /** Index of the last block that its signer knew. */
  readonly at: number;
  /** Counts once among those of its signer. */
  readonly id: string;
};

/** Money goes from one account to another. */
export type Pay = Omit<Issue, "k"> & { readonly k: "pay"; readonly from: string };

export type StrictItem = Issue | Pay;

export const KINDS = ["issue", "pay"] as const;
const FIELDS = { issue: "amount,at,id,k,to", pay: "amount,at,from,id,k,to" } as const;
const AMOUNT_FAULT = `the amount must be an integer from 1 to ${Number.MAX_SAFE_INTEGER}`;

/** An item of the ledger, or what is wrong with it. */
export function readItem(value: Json): StrictItem | string {
  if (!isStrict(value)) return "this is no payment";
  const item = value as StrictItem;
  if (Object.keys(item).sort().join() !== FIELDS[item.k]) return "a payment has other fields";
  const fault = accountFault(item.to) ?? (item.k === "pay" ? accountFault(item.from) : null) ??
    wordFault("the id of a payment", item.id);
  if (fault !== null) return fault;
  if (!isCount(item.amount, 1)) return AMOUNT_FAULT;
  return isCount(item.at, 0) ? item : "at must be the index of a block";
}

/** Whether an item is one of the ledger's, if perhaps a bad one. */
export function isStrict(value: Json): boolean {
  const is_object = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!is_object || !Object.hasOwn(value, "k")) return false;
  return KINDS.some((kind) => kind === (value as { readonly k: Json }).k);
}

/** An amount as people write it, or what is wrong with it. */
export function readAmount(text: string): number | string {
  // Number() would also take 1e3, 0x10 and 5.0.
  const amount = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  return isCount(amount, 1) ? amount : `${AMOUNT_FAULT}, not ${text}`;
}

/** Whether two items pay the same: when they were made does not matter. */
export function paySame(one: StrictItem, other: StrictItem): boolean {
  return one.k === other.k && one.id === other.id && contentOf(one) === contentOf(other);
}

/** `FROM TO AMOUNT`; what is issued comes from nobody. */
export function contentOf(item: StrictItem): string {
  return `${item.k === "pay" ? item.from : ISSUED} ${item.to} ${item.amount}`;
}

/** What stands where the payer would, of money that enters: no account is called so. */
export const ISSUED = "issued";
