/** The stored payments, as CSV, as a journal of hledger, and checked. */

import type { Entry } from "../../../core/log/entry.ts";
import { visible } from "../../../cli/output/escape.ts";
import { csvRow } from "../../../cli/stored/csv.ts";
import type { StoredReader } from "../../app.ts";
import { type Booked, emptyLedger, type Ledger, reduceLedger } from "../ledger.ts";
import { appliedLine } from "./text.ts";

const HEADER = "id,from,to,amount\n";

/** All payments, of which each id counts once, in the order in which this node applied them. */
class PaymentReader {
  #ledger: Ledger = emptyLedger();
  readonly #booked: Booked[] = [];

  take(entries: readonly Entry[]): void {
    for (const { origin, first, items, time_ms } of entries) {
      const found = items.map((item, index) => ({ origin, number: first + index, item, time_ms }));
      const [ledger, , booked] = reduceLedger(this.#ledger, found);
      this.#ledger = ledger;
      for (const one of booked) this.#booked.push(one);
    }
  }

  /** Those that count in the end: what was taken back is not among them. */
  *payments(): Generator<Booked> {
    const { by_id } = this.#ledger;
    for (const one of this.#booked) {
      if (by_id.get(one.transaction.id) === one.transaction) yield one;
    }
  }

  /** The sum of all balances: 0. */
  get sum(): bigint {
    let sum = 0n;
    for (const amount of this.#ledger.balances.values()) sum += amount;
    return sum;
  }
}

const stored: StoredReader = {
  *export(entries, form, shown) {
    const reader = new PaymentReader();
    for (const some of entries) reader.take(some);
    if (form === "csv") yield HEADER;
    for (const payment of reader.payments()) {
      if (form === "csv") yield paymentRow(payment, shown);
      else if (form === "hledger") yield journalEntry(payment, shown);
      else {
        const { transaction } = payment;
        yield appliedLine({ transaction, replaced: null }, { json: true, shown });
      }
    }
  },
  check: () => {
    const reader = new PaymentReader();
    return {
      take: (entries) => reader.take(entries),
      end: () => {
        const { sum } = reader;
        return {
          fault: sum === 0n ? null : `the ledger sums to ${sum} instead of 0`,
          summary: `the ledger sums to ${sum}`,
          // As it is, also where it passes 2^53.
          fields: [["sum", String(sum)]],
        };
      },
    };
  },
};

export default stored;

/** The row of a payment. */
export function paymentRow({ transaction }: Booked, shown: boolean): string {
  const { id, from, to, amount } = transaction;
  return csvRow([id, from, to, amount], shown);
}

/**
 * A transaction in hledger's journal: the date in UTC, the id as description, and what each account
 * gets. Amounts have no commodity.
 */
export function journalEntry({ transaction, time_ms }: Booked, shown: boolean): string {
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
