/**
 * The ledger: a pure fold over transactions. Its state is a function of the set of transactions that
 * were delivered, whatever their order, so that all nodes end with the same balances.
 *
 * Two transactions with one id and other content can only reach the log when two nodes accepted them
 * at the same time. Then every node keeps the same one of the two: that with the smaller amount, then
 * the smaller FROM, then the smaller TO. A node that had applied the other takes it back.
 */

import type { Id, Json } from "../../core/types.ts";
import { AppendLog } from "../../core/data/append_log.ts";
import { isCount } from "../../core/log/entry.ts";
import { NAME_BYTES_MAX } from "../../core/data/limits.ts";
import { SharedMap } from "../../core/data/shared_map.ts";

/** A payment. Amounts are integers from 1 to 2^53 - 1. */
export interface Transaction {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

/** A transaction that was applied, and the one that it replaced. */
export interface Applied {
  readonly transaction: Transaction;
  readonly replaced: Transaction | null;
}

export interface Ledger {
  readonly by_id: SharedMap<string, Transaction>;
  /** Exact at any size: a sum of amounts may pass 2^53. */
  readonly balances: SharedMap<string, bigint>;
  /** How many transactions that count name an account; without any it is forgotten. */
  readonly uses: SharedMap<string, number>;
  /** Another object whenever an account appeared or was forgotten. */
  readonly accounts: object;
  /** In the order in which this node applied them. */
  readonly applied: AppendLog<Applied>;
}

/** One delivered item of the ledger's topic. */
export interface LedgerItem {
  readonly origin: Id;
  /** Its number in its log; makes the id where it has none. */
  readonly number: number;
  readonly item: Json;
  /** When its origin said it, by its own clock. */
  readonly time_ms: number;
}

/** A payment that counts from now on, instead of any of the same id. */
export interface Booked {
  readonly transaction: Transaction;
  readonly time_ms: number;
}

/** An item that every node leaves out. */
export interface Ignored {
  readonly origin: Id;
  readonly why: string;
}

/** Characters of the origin in an id that was made: 96 bits, which nobody meets by chance. */
const MADE_ID_CHARS = 16;
const MADE_ID = /^[A-Za-z0-9_-]{16}:[0-9]+$/;
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const UNFIT = /[\s\u0000-\u001f\u007f-\u009f]/u;
const encoder = new TextEncoder();

/** A ledger in which nothing happened. */
export function emptyLedger(): Ledger {
  return {
    by_id: SharedMap.of(),
    balances: SharedMap.of(),
    uses: SharedMap.of(),
    accounts: {},
    applied: AppendLog.empty(),
  };
}

/**
 * Applies delivered items, each id once. The sum of all balances stays 0. Also gives what is left out,
 * and what was booked, in order.
 */
export function reduceLedger(
  ledger: Ledger,
  items: readonly LedgerItem[],
): [Ledger, Ignored[], Booked[]] {
  const ignored: Ignored[] = [], booked: Booked[] = [];
  const applied: Applied[] = [];
  let { accounts } = ledger;
  const by_id = ledger.by_id.edit(), balances = ledger.balances.edit(), uses = ledger.uses.edit();
  const change = (account: string, amount: bigint, use: 1 | -1) => {
    const used = (uses.get(account) ?? 0) + use;
    if (used === 0) {
      uses.delete(account);
      balances.delete(account);
      accounts = {};
    } else {
      if (!uses.has(account)) accounts = {};
      uses.set(account, used);
      balances.set(account, (balances.get(account) ?? 0n) + amount);
    }
  };
  for (const { origin, number, item, time_ms } of items) {
    const transaction = readTransaction(item, madeId(origin, number));
    if (typeof transaction === "string") {
      ignored.push({ origin, why: transaction });
      continue;
    }
    const { id, from, to, amount } = transaction;
    const known = by_id.get(id) ?? null;
    if (known !== null) {
      const order = compareContent(transaction, known);
      if (order === 0) continue;
      const loser = order < 0 ? known : transaction;
      ignored.push({ origin, why: conflictText(loser) });
      if (order > 0) continue;
      change(known.from, BigInt(known.amount), -1);
      change(known.to, -BigInt(known.amount), -1);
    }
    if (known === null) by_id.add(id, transaction);
    else by_id.set(id, transaction);
    change(from, -BigInt(amount), 1);
    change(to, BigInt(amount), 1);
    applied.push({ transaction, replaced: known });
    booked.push({ transaction, time_ms });
  }
  if (applied.length === 0) return [ledger, ignored, booked];
  const next: Ledger = {
    by_id: by_id.finish(),
    balances: balances.finish(),
    uses: uses.finish(),
    accounts,
    applied: ledger.applied.append(applied),
  };
  return [next, ignored, booked];
}

/**
 * Why a transaction may not be published here, or null. Unlike `reduceLedger()` this looks at what
 * is known now; it keeps honest conflicts out of the log.
 */
export function refuseTransaction(
  known: (id: string) => Transaction | undefined,
  item: Json,
): string | null {
  const transaction = readTransaction(item, "");
  if (typeof transaction === "string") return transaction;
  if (transaction.id === "") return null;
  const applied = known(transaction.id);
  if (applied === undefined || compareContent(transaction, applied) === 0) return null;
  return `id ${transaction.id} was already used for ${contentText(applied)}`;
}

/**
 * Tells of one item after the other why it may not be published here, or null. `drafted` are those
 * that are not applied yet; each that passes counts for those behind it.
 */
export function refuser(ledger: Ledger, drafted: readonly Json[]): (item: Json) => string | null {
  const ahead = new Map<string, Transaction>();
  const remember = (item: Json) => {
    const transaction = item as unknown as Partial<Transaction>;
    if (transaction.id !== undefined) ahead.set(transaction.id, transaction as Transaction);
  };
  drafted.forEach(remember);
  return (item) => {
    const why = refuseTransaction((id) => ledger.by_id.get(id) ?? ahead.get(id), item);
    if (why === null) remember(item);
    return why;
  };
}

/** The id of a transaction that was given none. */
export function madeId(origin: Id, number: number): string {
  return `${origin.slice(0, MADE_ID_CHARS)}:${number}`;
}

/** A transaction from the wire or from a user, or what is wrong with it. */
export function readTransaction(item: Json, made_id: string): Transaction | string {
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    return "a transaction must be an object with from, to and amount";
  }
  const { id, from, to, amount } = item as { readonly [key: string]: Json };
  const fault = nameFault("FROM", from) ?? nameFault("TO", to) ??
    (id === undefined ? null : nameFault("ID", id));
  if (fault !== null) return fault;
  if (!isCount(amount, 1)) return "AMOUNT must be an integer from 1 to 9007199254740991";
  if (from === to) return "FROM and TO must be two accounts";
  if (id !== undefined && MADE_ID.test(id as string) && id !== made_id) {
    return "an ID of 16 characters, a colon and a number is reserved";
  }
  return { id: (id ?? made_id) as string, from: from as string, to: to as string, amount };
}

/** The balance of an account; 0 where nobody ever named it. */
export function balanceOf({ balances }: Ledger, account: string): bigint {
  return balances.get(account) ?? 0n;
}

/** All accounts, sorted by name: a long list that is asked for again and again, and seldom changes. */
export function sortedAccounts({ accounts, balances }: Ledger): readonly string[] {
  const known = SORTED.get(accounts);
  if (known !== undefined) return known;
  const names = [...balances.keys()].sort();
  SORTED.set(accounts, names);
  return names;
}

const SORTED = new WeakMap<object, readonly string[]>();

/** What is wrong with the name of an account, or an id, or null. */
export function nameFault(what: string, name: Json | undefined): string | null {
  if (typeof name !== "string") return `${what} must be text`;
  if (name === "") return `${what} must not be empty`;
  // A character takes at most three bytes a UTF-16 unit, so most names need no encoding here.
  if (name.length * 3 > NAME_BYTES_MAX && encoder.encode(name).length > NAME_BYTES_MAX) {
    return `${what} must be at most ${NAME_BYTES_MAX} bytes`;
  }
  return UNFIT.test(name) ? `${what} must not hold spaces or control characters` : null;
}

/** A total order of content; negative where `a` is kept. */
function compareContent(a: Transaction, b: Transaction): number {
  return a.amount - b.amount || compareText(a.from, b.from) || compareText(a.to, b.to);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function contentText({ from, to, amount }: Transaction): string {
  return `${from} ${to} ${amount}`;
}

function conflictText(loser: Transaction): string {
  return `id ${loser.id} was used twice at the same time; ${contentText(loser)} does not count`;
}
