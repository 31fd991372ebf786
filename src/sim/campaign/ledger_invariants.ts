/** The rule of the ledger, with a ledger of its own that owes the core nothing. */

import type { Transaction } from "../../apps/ledger/ledger.ts";
import type { Machine } from "./machine.ts";
import { must } from "./violation.ts";

/** The balances are those of the payments that count, each once, and their sum is 0. */
export function ledgerSumsToZero(machine: Machine): void {
  const { ledger } = machine.node.state, { payments, balances } = machine.view;
  let sum = 0n;
  for (const [account, amount] of ledger.balances.entries()) {
    sum += amount;
    must(
      balances.get(account) === amount,
      "ledger_sums_to_zero_and_ids_once",
      () => `${machine.name} has ${amount} for ${account}, and should ${balances.get(account)}`,
    );
  }
  must(
    sum === 0n && ledger.by_id.size === payments.size,
    "ledger_sums_to_zero_and_ids_once",
    () =>
      `the ledger of ${machine.name} sums to ${sum} with ${ledger.by_id.size} of ` +
      `${payments.size} payments`,
  );
}

/** The independent ledger: of two payments with one id counts the smaller amount, FROM, TO. */
export function applyPayment(machine: Machine, one: Transaction): void {
  const { payments, balances } = machine.view;
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
export function readPayment(item: unknown, made_id: string): Transaction | null {
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
