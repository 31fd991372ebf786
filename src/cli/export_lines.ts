/** What `rumor export` reads of the stored entries. */

import type { Entry } from "../core/log/entry.ts";
import { decodeEntry, hashedBytes } from "../core/log/entry.ts";
import { emptyLedger, type Ledger, reduceLedger } from "../core/apps/ledger.ts";
import type { StoredRow } from "../core/types.ts";
import { env } from "../shell/crypto/crypto.ts";
import type { Message, Payment } from "./export_text.ts";
import { contentOf } from "./items.ts";

/** Entries as they were stored; what is damaged is counted and left out. */
export class EntryReader {
  damaged = 0;

  /** The good entries of some rows. */
  read(rows: readonly StoredRow[]): Entry[] {
    const entries: Entry[] = [];
    for (const { line, hash } of rows) {
      const bytes = hashedBytes(line);
      const entry = env.sha256(bytes) === hash ? decodeEntry(bytes) : "bad-hash";
      if (typeof entry === "string") this.damaged++;
      else entries.push(entry);
    }
    return entries;
  }
}

/** The lines of an entry. */
export function messagesOf({ topic, origin, time_ms, first, items }: Entry): Message[] {
  return items.map((item, index) => {
    return { topic, origin, time_ms, seq: first + index, content: contentOf(item) };
  });
}

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
