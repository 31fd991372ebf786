/**
 * All small schedules of payments: who makes which, and in which order they arrive where. A search
 * goes through them, from few payments to many, until two nodes to which everything was delivered
 * have different balances. Delivery is causal, as in the real network: a payment arrives after those
 * that its maker had.
 *
 * A node makes only payments that it would not reject itself; so nobody is to blame for what follows.
 */

import {
  balanceOf,
  emptyLedger,
  type Ledger,
  reduceLedger,
  sortedAccounts,
  type Transaction,
} from "./ledger.ts";

/** What a node does with a payment that arrives: the ledger after it; the same one, rejected. */
export type Rule = (ledger: Ledger, transaction: Transaction) => Ledger;

/** A payment, the node that made it, and the payments that had arrived there before. */
export interface Payment {
  readonly transaction: Transaction;
  readonly node: number;
  /** Places in the list of payments. */
  readonly knows: readonly number[];
}

/** What has happened so far: who made what, and in which order each node has it. */
export interface Schedule {
  readonly payments: readonly Payment[];
  /** For each node, places in the list of payments. */
  readonly orders: readonly (readonly number[])[];
  readonly ledgers: readonly Ledger[];
}

/** What a search goes through: everything up to these numbers. */
export interface Bounds {
  readonly nodes: number;
  readonly payments: number;
  readonly amount: number;
}

export interface Search {
  /** The smallest schedule in which two nodes end different, if there is one. */
  readonly found: Schedule | null;
  /** Complete schedules that were looked at, by the number of payments: of one, of two, ... */
  readonly searched: readonly number[];
}

/** The one account that may owe: all money comes from it. */
export const BANK = "bank";
/** More payments than there are names would need more names. */
const NAMES = ["anna", "ben", "cleo", "dora", "emil", "fay", "gus", "hana", "ivan", "jana"];

/** The ledger as it is: a payment counts, whatever the balance. */
export function takeAll(ledger: Ledger, transaction: Transaction): Ledger {
  return reduceLedger(ledger, [{ origin: "", number: 1, item: { ...transaction }, time_ms: 0 }])[0];
}

/** The same, but who has not enough cannot pay: this looks only at what has arrived so far. */
export function rejectOverdrafts(ledger: Ledger, transaction: Transaction): Ledger {
  const { from, amount } = transaction;
  const has = ledger.balances.get(from) ?? 0n;
  return from !== BANK && has < BigInt(amount) ? ledger : takeAll(ledger, transaction);
}

/** Balances that are not 0: an account that nobody has used has as much as one that is even. */
export function balancesText(ledger: Ledger): string {
  const rows = sortedAccounts(ledger).map((name) => [name, balanceOf(ledger, name)] as const);
  return rows.filter(([, sum]) => sum !== 0n).map((row) => row.join(" ")).join();
}

/** Goes through all schedules within the bounds until two nodes end different. */
export function searchSchedules(rule: Rule, bounds: Bounds): Search {
  const searched: number[] = [];
  for (let payments = 1; payments <= bounds.payments; payments++) {
    searched.push(0);
    const empty = Array.from({ length: bounds.nodes }, () => emptyLedger());
    let level: Schedule[] = [{ payments: [], orders: empty.map(() => []), ledgers: empty }];
    // One step is one payment that is made, or one that arrives.
    for (let step = 0; step < payments * bounds.nodes; step++) {
      level = distinct(level.flatMap((state) => nextOf(state, rule, { ...bounds, payments })));
    }
    // After so many steps everything has arrived everywhere.
    for (const state of level) {
      searched[payments - 1]++;
      const ends = new Set(state.ledgers.map(balancesText));
      if (ends.size > 1) return { found: state, searched };
    }
  }
  return { found: null, searched };
}

/** All orders of payments in which each stands behind those that its maker knew. */
export function ordersOf(payments: readonly Payment[]): number[][] {
  const grow = (order: number[]): number[][] => {
    if (order.length === payments.length) return [order];
    return payments.flatMap(({ knows }, next) => {
      const fits = !order.includes(next) && knows.every((one) => order.includes(one));
      return fits ? grow([...order, next]) : [];
    });
  };
  return grow([]);
}

/** The ledger after payments in an order, and which of them were rejected. */
export function replay(
  rule: Rule,
  payments: readonly Payment[],
  order: readonly number[],
): { ledger: Ledger; rejected: number[] } {
  let ledger = emptyLedger();
  const rejected: number[] = [];
  for (const place of order) {
    const next = rule(ledger, payments[place].transaction);
    if (next === ledger) rejected.push(place);
    ledger = next;
  }
  return { ledger, rejected };
}

/** Every state that is one step on. */
function nextOf(state: Schedule, rule: Rule, bounds: Bounds): Schedule[] {
  const { payments, orders, ledgers } = state;
  const next: Schedule[] = [];
  const add = (node: number, place: number, all: readonly Payment[], ledger: Ledger) =>
    next.push({
      payments: all,
      orders: orders.with(node, [...orders[node], place]),
      ledgers: ledgers.with(node, ledger),
    });
  for (const [node, order] of orders.entries()) {
    for (const [place, { knows, transaction }] of payments.entries()) {
      if (order.includes(place) || !knows.every((one) => order.includes(one))) continue;
      add(node, place, payments, rule(ledgers[node], transaction));
    }
    if (payments.length === bounds.payments) continue;
    // Nodes without a payment of their own are all the same; so are names that nobody has used.
    const makers = new Set(payments.map((one) => one.node)).size;
    if (node > makers) continue;
    for (const transaction of transactionsAfter(payments, bounds.amount)) {
      const ledger = rule(ledgers[node], transaction);
      if (ledger === ledgers[node]) continue;
      const all = [...payments, { transaction, node, knows: order }];
      add(node, payments.length, all, ledger);
    }
  }
  return next;
}

/** Every payment that may come next. */
function transactionsAfter(payments: readonly Payment[], amount_max: number): Transaction[] {
  const used = new Set(payments.flatMap(({ transaction: { from, to } }) => [from, to]));
  const known = NAMES.filter((name) => used.has(name));
  const [first, second] = NAMES.filter((name) => !used.has(name));
  const id = `p${payments.length + 1}`;
  const list: Transaction[] = [];
  for (let amount = 1; amount <= amount_max; amount++) {
    for (const from of [BANK, ...known, first]) {
      for (const to of [from === first ? second : first, ...known, BANK]) {
        if (from !== to) list.push({ id, from, to, amount });
      }
    }
  }
  return list;
}

/** Without those that are the same but for the order of the steps that led there. */
function distinct(states: readonly Schedule[]): Schedule[] {
  const text = ({ payments, orders }: Schedule) => JSON.stringify([payments, orders]);
  return [...new Map(states.map((state) => [text(state), state])).values()];
}
