/**
 * The users of the ledger in simulations, and its rule: the balances are those of the payments that
 * count, each once. The rule has a ledger of its own that owes the app nothing.
 */

import type { Json } from "../../core/types.ts";
import { type AppRules, asRules, type User, type Watch } from "../../sim/campaign/app_rules.ts";
import type { Dice } from "../../sim/dice.ts";
import type { Step } from "../../sim/campaign/step.ts";
import { must } from "../../sim/campaign/violation.ts";
import { LEDGER, ledger } from "./app.ts";
import type { Applied, Ledger, Transaction } from "./ledger.ts";

/** What the ledger of a node must hold. */
interface LedgerView {
  /** The payments that count, by id. */
  readonly payments: Map<string, Transaction>;
  readonly balances: Map<string, bigint>;
}

const RULE = "ledger_sums_to_zero_and_ids_once";
const ACCOUNTS = ["ann", "bob", "cyd", "dan", "eve"];
/** Ids of payments that several nodes use at once. */
const CLASHING_IDS = 6;

export const ledgerRules: AppRules = asRules<LedgerView>({
  app: ledger,
  operations: [["pay", 20], ["clash", 8]],
  act: pay,
  front: { app: LEDGER, topic: LEDGER },
  lie: (dice) => [LEDGER, junk(dice)],
  effects: ["clashing_payments_taken_back"],
  counted: [["ignored:transaction", "junk_refused"]],
  newView: () => ({ payments: new Map(), balances: new Map() }),
  seeDelivered: ({ view }, { origin, first, items }) => {
    for (const [index, item] of items.entries()) {
      const payment = readPayment(item, `${origin.slice(0, 16)}:${first + index}`);
      if (payment !== null) applyPayment(view, payment);
    }
  },
  seeState: (watch, state) => sumsToZero(watch, state as Ledger),
  seeRecord: ({ count }, record) => {
    const { replaced } = record as unknown as Applied;
    if (replaced !== null) count("clashing_payments_taken_back", 1);
  },
  difference: (one, other) => {
    const a = one.state as Ledger, b = other.state as Ledger;
    for (const [account, amount] of a.balances.entries()) {
      if (b.balances.get(account) === amount) continue;
      const there = b.balances.get(account);
      return `${one.name} has ${amount} for ${account}, ${other.name} ${there}`;
    }
    if (a.by_id.size === b.by_id.size) return null;
    return `${one.name} counts ${a.by_id.size} payments, ${other.name} ${b.by_id.size}`;
  },
});

/** Somebody pays, perhaps under an id that others use, too. */
function pay({ machine, count }: User, { what, choice, for_ms }: Step): void {
  const from = for_ms % ACCOUNTS.length, to = (from + 1 + for_ms % 4) % ACCOUNTS.length;
  const payment: Record<string, string> = {};
  if (what === "clash") payment.id = `pay${Math.floor(choice * CLASHING_IDS)}`;
  else if (choice < 0.3) payment.id = `p${count()}`;
  const amount = 1 + Math.floor(choice * 97) % 7;
  machine.node.publish(LEDGER, [{ ...payment, from: ACCOUNTS[from], to: ACCOUNTS[to], amount }]);
}

/** What every node must leave out, and a payment that takes the id of others. */
function junk(dice: Dice): Json[] {
  return [
    { from: "a", to: "b", amount: -5 },
    { from: "a", to: "a", amount: 1 },
    { from: "a", to: "b", amount: 1.5 },
    { from: "a", to: "b" },
    { id: `pay${dice.below(CLASHING_IDS)}`, from: "a", to: "c", amount: dice.between(1, 9) },
    null,
  ];
}

/** The balances are those of the payments that count, each once, and their sum is 0. */
function sumsToZero({ machine, view }: Watch<LedgerView>, { balances, by_id }: Ledger): void {
  const { name } = machine;
  let sum = 0n;
  for (const [account, amount] of balances.entries()) {
    sum += amount;
    must(
      view.balances.get(account) === amount,
      RULE,
      () => `${name} has ${amount} for ${account}, and should ${view.balances.get(account)}`,
    );
  }
  const { size } = view.payments;
  must(
    sum === 0n && by_id.size === size,
    RULE,
    () => `the ledger of ${name} sums to ${sum} with ${by_id.size} of ${size} payments`,
  );
}

/** The independent ledger: of two payments with one id counts the smaller amount, FROM, TO. */
function applyPayment({ payments, balances }: LedgerView, one: Transaction): void {
  const known = payments.get(one.id);
  if (known !== undefined && !isBefore(one, known)) return;
  const change = (account: string, amount: number) =>
    balances.set(account, (balances.get(account) ?? 0n) + BigInt(amount));
  if (known !== undefined) {
    change(known.from, known.amount);
    change(known.to, -known.amount);
  }
  change(one.from, -one.amount);
  change(one.to, one.amount);
  payments.set(one.id, one);
}

/** A payment as docs/protocol.md says it; null where every node must leave it out. */
function readPayment(item: Json, made_id: string): Transaction | null {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
  const { id, from, to, amount } = item as Record<string, unknown>;
  const isName = (text: unknown) => typeof text === "string" && /^[a-z0-9]+$/.test(text);
  if (!isName(from) || !isName(to) || from === to) return null;
  if (!Number.isSafeInteger(amount) || (amount as number) < 1) return null;
  if (id !== undefined && !isName(id)) return null;
  return {
    id: (id ?? made_id) as string,
    from: from as string,
    to: to as string,
    amount: amount as number,
  };
}

function isBefore(a: Transaction, b: Transaction): boolean {
  if (a.amount !== b.amount) return a.amount < b.amount;
  if (a.from !== b.from) return a.from < b.from;
  return a.to < b.to;
}
