/** The stored payments, and their forms as CSV and as a journal of hledger. */

import {
  emptyLedger,
  type Ledger,
  reduceLedger,
  type Transaction,
} from "../../core/apps/ledger.ts";
import type { Entry } from "../../core/log/entry.ts";
import { visible } from "../output/escape.ts";
import { csvRow } from "./csv.ts";

/** A payment that counts, and when it was made. */
export interface Payment {
  readonly transaction: Transaction;
  readonly time_ms: number;
}

export const PAYMENTS_HEADER = "id,from,to,amount\n";

/** All payments, of which each id counts once, in the order in which this node applied them. */
export class PaymentReader {
  #ledger: Ledger = emptyLedger();
  readonly #times: number[] = [];

  take(entries: readonly Entry[]): void {
    for (const { origin, first, items, time_ms } of entries) {
      const found = items.map((item, index) => ({ origin, number: first + index, item }));
      [this.#ledger] = reduceLedger(this.#ledger, found);
      while (this.#times.length < this.#ledger.applied.length) this.#times.push(time_ms);
    }
  }

  /** Those that count in the end: what was taken back is not among them. */
  *payments(): Generator<Payment> {
    const { applied, by_id } = this.#ledger;
    for (const [index, time_ms] of this.#times.entries()) {
      const { transaction } = applied.get(index)!;
      if (by_id.get(transaction.id) === transaction) yield { transaction, time_ms };
    }
  }

  /** The sum of all balances: 0. */
  get sum(): bigint {
    let sum = 0n;
    for (const [, amount] of this.#ledger.balances.entries()) sum += amount;
    return sum;
  }
}

/** The row of a payment. */
export function paymentRow({ transaction }: Payment, shown: boolean): string {
  const { id, from, to, amount } = transaction;
  return csvRow([id, from, to, amount], shown);
}

/**
 * A transaction in hledger's journal: the date in UTC, the id as description, and what each account
 * gets. Amounts have no commodity.
 */
export function journalEntry({ transaction, time_ms }: Payment, shown: boolean): string {
  const { id, from, to, amount } = transaction;
  const day = new Date(time_ms).toISOString().slice(0, 10);
  const text = `${day} ${description(id)}\n${posting(to, amount)}${posting(from, -amount)}\n`;
  return shown ? text.split("\n").map(visible).join("\n") : text;
}

function posting(account: string, amount: number): string {
  // hledger would take the first character for a mark or a comment; behind a mark it does not.
  const mark = /^[*!;]/.test(account) ? "* " : "";
  return `    ${mark}${accountName(account)}  ${amount}\n`;
}

/**
 * An account as hledger takes it. It means something else by a name in brackets, whatever stands
 * around it; so the first bracket is spelled `%28` or `%5B`, and a name that begins so has `%25`.
 */
function accountName(name: string): string {
  return /^(\(.*\)|\[.*\]|%(28|5B|25).*)$/s.test(name) ? percent(name[0]) + name.slice(1) : name;
}

/** A `;` would begin a comment, in which a tag can change the date; a bracket, a code. */
function description(id: string): string {
  return id.replace(/^[(*!]|[;%]/g, percent);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
