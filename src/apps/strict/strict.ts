/**
 * The strict ledger: a pure fold over the records of a branch, in their order. Where that order is the
 * same, every node refuses the same payments; so no account is ever below 0. Only the owner's
 * signature spends what an account has.
 */

import type { Id, Json } from "../../core/types.ts";
import { SharedMap } from "../../core/data/shared_map.ts";
import { ownerOf } from "./account.ts";
import { asRule, type ChainRecord, type OrderRule, type Taken } from "./builds_on.ts";
import { contentOf, KINDS, readItem, type StrictItem } from "./items.ts";

/** The name of the app. */
export const STRICT = "strict";
/** A payment that no block took within so many blocks never is. */
export const LAPSE_BLOCKS = 64;

/** What the payments of a branch make. */
export interface Strict {
  /** Who brought in the first money, and so all. */
  readonly issuer: Id | null;
  /** How much there is: the sum of all balances. */
  readonly issued: bigint;
  /** Exact at any size: a sum of amounts may pass 2^53. None is below 0. */
  readonly balances: SharedMap<string, bigint>;
  /** What counts, by signer and id. */
  readonly ids: SharedMap<string, Counted>;
}

/** A record that counts. */
export interface Counted {
  readonly key: string;
  readonly item: StrictItem;
}

/** A ledger in which nothing happened. */
export function emptyStrict(): Strict {
  return { issuer: null, issued: 0n, balances: SharedMap.of(), ids: SharedMap.of() };
}

/** What an account has. */
export function balanceOf({ balances }: Strict, account: string): bigint {
  return balances.get(account) ?? 0n;
}

/** What counts of a signer under an id. */
export function countedAs({ ids }: Strict, signer: Id, id: string): Counted | undefined {
  return ids.get(`${signer} ${id}`);
}

/** The state behind a record in a block, or why it has no place there. */
export function applyStrict(
  state: Strict,
  { origin, key, item: value }: Pick<ChainRecord, "origin" | "key" | "item">,
  index: number,
): Taken<Strict> {
  const item = readItem(value);
  if (typeof item === "string") return { refused: item };
  const used = countedAs(state, origin, item.id);
  if (used !== undefined) return { refused: usedText(used.item) };
  const { issuer } = state, until = item.at + LAPSE_BLOCKS;
  if (item.k === "pay" && ownerOf(item.from) !== origin) {
    return { refused: `only its owner can spend what ${item.from} has` };
  }
  if (item.k === "issue" && issuer !== null && issuer !== origin) {
    return { refused: "all money is issued", by: issuer };
  }
  if (index > until) return { refused: `it lapsed ${LAPSE_BLOCKS} blocks after it was made` };
  if (item.at >= index) {
    return { refused: `it was made behind block ${item.at}`, later: true, until };
  }
  if (item.k === "pay" && balanceOf(state, item.from) < item.amount) {
    const has = balanceOf(state, item.from);
    return { refused: `${item.from} has ${has}, not ${item.amount}`, later: true, until };
  }
  return { state: book(state, item, origin, key) };
}

function book(state: Strict, item: StrictItem, origin: Id, key: string): Strict {
  const amount = BigInt(item.amount), balances = state.balances.edit();
  if (item.k === "pay") balances.set(item.from, (balances.get(item.from) ?? 0n) - amount);
  balances.set(item.to, (balances.get(item.to) ?? 0n) + amount);
  return {
    issuer: item.k === "issue" ? origin : state.issuer,
    issued: state.issued + (item.k === "issue" ? amount : 0n),
    balances: balances.finish(),
    ids: state.ids.set(`${origin} ${item.id}`, { key, item }),
  };
}

/** Why an id cannot be used again. */
export function usedText(item: StrictItem): string {
  return `the id ${item.id} is used already for ${contentOf(item)}`;
}

/** What the ledger says of records. */
export const STRICT_RULE: OrderRule = asRule<Strict>({
  name: STRICT,
  kinds: KINDS,
  initial: emptyStrict(),
  guarded: true,
  fault: (value) => {
    const item = readItem(value);
    return typeof item === "string" ? item : null;
  },
  done: (state, value) => {
    const item = readItem(value);
    if (typeof item === "string") return null;
    const signer = item.k === "pay" ? ownerOf(item.from) : state.issuer;
    return signer === null ? null : countedAs(state, signer, item.id)?.key ?? null;
  },
  apply: applyStrict,
  label: (value) => labelOf(value),
});

function labelOf(value: Json): string {
  const item = readItem(value);
  return typeof item === "string" ? "a payment" : `the payment ${item.id} (${contentOf(item)})`;
}
