/** The reducers that the laws judge: dedup, log, ledger. The node is in node_subject.ts. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Dedup, emptyDedup, reduceDedup } from "../../src/core/output/dedup.ts";
import {
  balanceOf,
  emptyLedger,
  type Ledger,
  type LedgerItem,
  reduceLedger,
  sortedAccounts,
} from "../../src/apps/ledger/ledger.ts";
import type { Entry } from "../../src/core/log/entry.ts";
import { insertEntries } from "../../src/core/log/log.ts";
import { emptyLog, type LogState } from "../../src/core/log/slice.ts";
import type { Json } from "../../src/core/types.ts";
import {
  histories,
  makeEntry,
  ORIGINS,
  textItem,
  transactionItem,
  type Written,
} from "./history.ts";
import { check } from "./check.ts";
import type { Subject } from "./laws.ts";
import { ENV } from "./node_subject.ts";

/** The set of texts; the bound is low, so that forgetting is met. */
export function dedupSubject(reduce = reduceDedup, texts_max = 1_000): Subject<Dedup, string> {
  const max = { texts: texts_max, bytes: texts_max * 8 };
  return {
    empty: emptyDedup,
    reduce: (state, texts) => {
      const [after, fresh] = reduce(state, texts, max);
      return [after, { fresh }];
    },
    inputs: fc.array(fc.oneof(fc.constantFrom("ok", "", "__proto__", "a", "b"), fc.string())),
    meaning: ({ seen, bytes }) => ({ seen, bytes }),
    news: ["fresh"],
  };
}

/** The log, of entries in an order in which they can be delivered. */
export function logSubject(
  insert = insertEntries,
  written: fc.Arbitrary<readonly Written[]> = histories(),
): Subject<LogState, Entry> {
  return {
    empty: () => emptyLog(ORIGINS[0]),
    reduce: (state, entries) => {
      const [after, { delivered, rejected, forks }] = insert(state, entries, 1, ENV);
      return [after, { delivered, rejected, forks }];
    },
    inputs: written.map((all) => all.map(({ entry }) => entry)),
    meaning: ({ keys, clock, heads, pending, totals }) => ({
      logs: heads.map(({ origin, topic, hash, next_item, entries }, index) => ({
        name: `${origin}/${topic}`,
        clock: clock[index],
        hash,
        next_item,
        lines: [...entries.from()].map(({ line }) => line),
      })).sort((a, b) => (a.name < b.name ? -1 : 1)),
      known: keys.length,
      waiting: [pending.entries, pending.bytes, pending.waits.size],
      kept_bytes: totals.kept_bytes,
    }),
    news: ["delivered"],
  };
}

/** The log, of entries that come in any order, with gaps, forks, wrong counts and wrong hashes. */
export function misdirected(insert = insertEntries): Subject<LogState, Entry> {
  const faulty = fc.record({
    origin: fc.constantFrom(...ORIGINS.slice(0, 2)),
    seq: fc.integer({ min: 1, max: 4 }),
    first: fc.integer({ min: 1, max: 2 }),
    items: fc.constantFrom('["a"]', '["b"]', "[]"),
    deps: fc.constantFrom({}, { [ORIGINS[2]]: 1 }, { [ORIGINS[3]]: 2 }),
  }).map((fields) => makeEntry({ ...fields, previous: fields.seq === 1 ? "" : "A".repeat(43) }));
  const good = histories(textItem, "chat", 10).map((all) => all.map(({ entry }) => entry));
  const inputs = fc.tuple(good, fc.array(faulty, { maxLength: 6 })).chain(([one, other]) =>
    fc.shuffledSubarray([...one, ...other])
  );
  return { ...logSubject(insert), inputs };
}

/** Items of the ledger, as several origins may publish them. */
export const ledgerItems: fc.Arbitrary<LedgerItem[]> = fc.array(
  fc.tuple(fc.constantFrom(...ORIGINS), transactionItem),
  { maxLength: 20 },
).map((pairs) => {
  const counts = new Map<string, number>();
  return pairs.map(([origin, text]) => {
    const number = (counts.get(origin) ?? 0) + 1;
    counts.set(origin, number);
    return { origin, number, item: JSON.parse(text) as Json, time_ms: number };
  });
});

/** The ledger, of items that may be anything, with ids that clash. */
export function ledgerSubject(reduce = reduceLedger): Subject<Ledger, LedgerItem> {
  return {
    empty: emptyLedger,
    reduce: (state, items) => {
      const before = state.applied.end;
      const [after, ignored, booked] = reduce(state, items);
      return [after, { ignored, booked, applied: [...after.applied.from(before)] }];
    },
    inputs: ledgerItems,
    meaning: (ledger) => ({
      by_id: ledger.by_id,
      // Accounts at 0 are left out: see the ignored test in tests/apps/ledger/laws_test.ts.
      balances: balancesOf(ledger).filter(([, amount]) => amount !== 0n),
      sum: balancesOf(ledger).reduce((sum, [, amount]) => sum + amount, 0n),
    }),
    news: ["applied", "booked"],
  };
}

/** All accounts of a ledger with their balances, sorted by name. */
export function balancesOf(ledger: Ledger): [string, bigint][] {
  return sortedAccounts(ledger).map((name) => [name, balanceOf(ledger, name)]);
}

/** Whatever is applied, the sum of all balances stays 0. */
export function sumStaysZero({ empty, inputs, reduce }: Subject<Ledger, LedgerItem>): void {
  check(
    fc.property(inputs, (items) => {
      const rows = balancesOf(reduce(empty(), items)[0]);
      assertEquals(rows.reduce((sum, [, amount]) => sum + amount, 0n), 0n);
    }),
  );
}

/** The name of an entry in its topic. */
export function keyOf({ origin, seq }: { readonly origin: string; readonly seq: number }): string {
  return `${origin}#${seq}`;
}

/** An entry of a history with its causes by name; older causes are causes of these. */
export function causesOf({ entry, past }: Written): { key: string; causes: string[] } {
  return { key: keyOf(entry), causes: [...past].map(([origin, seq]) => keyOf({ origin, seq })) };
}

/** The names of what a log delivers, in order. */
export function deliverAll(
  batches: readonly (readonly Written[])[],
  insert = insertEntries,
): string[] {
  let log = emptyLog(ORIGINS[0]);
  return batches.flatMap((batch) => {
    const [after, output] = insert(log, batch.map(({ entry }) => entry), 1, ENV);
    log = after;
    return output.delivered.map(({ entry }) => keyOf(entry));
  });
}
