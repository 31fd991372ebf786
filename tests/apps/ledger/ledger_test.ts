import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  balanceOf,
  emptyLedger,
  type LedgerItem,
  madeId,
  readTransaction,
  reduceLedger,
  refuseTransaction,
  sortedAccounts,
  type Transaction,
} from "../../../src/apps/ledger/ledger.ts";
import type { Json } from "../../../src/core/types.ts";
import { check } from "../../helpers/check.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { balancesOf, ledgerItems } from "../../helpers/subjects.ts";

const [ann] = ORIGINS;

function pay(from: string, to: string, amount: number, id?: string): LedgerItem {
  const item: Json = id === undefined ? { from, to, amount } : { from, to, amount, id };
  return { origin: ann, number: 1, item, time_ms: 1 };
}

/** Balances that are not 0, by a plain fold: for each id the smallest payment counts. */
function expected(items: readonly LedgerItem[]): [string, bigint][] {
  const byId = new Map<string, Transaction>(), balances = new Map<string, bigint>();
  for (const { origin, number, item } of items) {
    const transaction = readTransaction(item, madeId(origin, number));
    if (typeof transaction === "string") continue;
    const known = byId.get(transaction.id);
    if (known === undefined || isLess(transaction, known)) byId.set(transaction.id, transaction);
  }
  for (const { from, to, amount } of byId.values()) {
    balances.set(from, (balances.get(from) ?? 0n) - BigInt(amount));
    balances.set(to, (balances.get(to) ?? 0n) + BigInt(amount));
  }
  return [...balances].filter(([, sum]) => sum !== 0n).sort(([a], [b]) => (a < b ? -1 : 1));
}

function isLess(a: Transaction, b: Transaction): boolean {
  if (a.amount !== b.amount) return a.amount < b.amount;
  return a.from !== b.from ? a.from < b.from : a.to < b.to;
}

Deno.test("`reduceLedger()` ends with what a plain fold of all payments gives", () => {
  check(
    fc.property(ledgerItems, (items) => {
      const [ledger] = reduceLedger(emptyLedger(), items);
      const balances = balancesOf(ledger).filter(([, sum]) => sum !== 0n);
      assertEquals(balances, expected(items));
    }),
    500,
  );
});

Deno.test("`reduceLedger()` applies an id once, and says so where the content differs", () => {
  const [ledger, ignored] = reduceLedger(emptyLedger(), [
    pay("a", "b", 5, "x"),
    pay("a", "b", 5, "x"),
    pay("a", "c", 4, "x"),
    pay("a", "b", 9, "x"),
  ]);
  const sums = ["a", "b", "c"].map((account) => balanceOf(ledger, account));
  assertEquals(sums, [-4n, 0n, 4n]);
  assertEquals(ignored.map(({ why }) => why), [
    "id x was used twice at the same time; a b 5 does not count",
    "id x was used twice at the same time; a b 9 does not count",
  ]);
  const applied = [...ledger.applied.from()].map(({ transaction, replaced }) => [
    transaction.to,
    replaced?.to ?? null,
  ]);
  assertEquals(applied, [["b", null], ["c", "b"]]);
});

Deno.test("`reduceLedger()` makes ids of origin and number, which nobody else may use", () => {
  const made = madeId(ann, 7);
  const items: LedgerItem[] = [
    { origin: ann, number: 7, item: { from: "a", to: "b", amount: 1 }, time_ms: 1 },
    { origin: ann, number: 8, item: { id: made, from: "a", to: "b", amount: 1 }, time_ms: 1 },
    {
      origin: ann,
      number: 9,
      item: { id: madeId(ann, 9), from: "a", to: "b", amount: 1 },
      time_ms: 1,
    },
  ];
  const [ledger, ignored] = reduceLedger(emptyLedger(), items);
  assertEquals(ledger.by_id.toJSON().map(([id]) => id), [made, madeId(ann, 9)]);
  assertEquals(ignored.map(({ why }) => why), [
    "an ID of 16 characters, a colon and a number is reserved",
  ]);
});

Deno.test("`reduceLedger()` is exact beyond 2^53", () => {
  const most = 2 ** 53 - 1;
  const items = Array.from({ length: 100 }, (_, index) => pay("a", "b", most, `t${index}`));
  const [ledger] = reduceLedger(emptyLedger(), items);
  assertEquals(balanceOf(ledger, "b"), 100n * (2n ** 53n - 1n));
});

Deno.test("`readTransaction()` says what is wrong", () => {
  const good = { from: "a", to: "b", amount: 1 };
  const wrong: [Json, RegExp][] = [
    [null, /must be an object/],
    [[], /must be an object/],
    ["a b 1", /must be an object/],
    [{ ...good, amount: 0 }, /AMOUNT must be an integer from 1/],
    [{ ...good, amount: -1 }, /AMOUNT/],
    [{ ...good, amount: 0.5 }, /AMOUNT/],
    [{ ...good, amount: 2 ** 53 }, /AMOUNT/],
    [{ ...good, amount: "1" }, /AMOUNT/],
    [{ from: "a", to: "b" }, /AMOUNT/],
    [{ ...good, to: "a" }, /two accounts/],
    [{ ...good, from: "" }, /FROM must not be empty/],
    [{ ...good, to: 5 }, /TO must/],
    [{ ...good, from: "a b" }, /FROM must not hold spaces/],
    [{ ...good, from: "a\u0000" }, /control characters/],
    [{ ...good, from: "a\u0085" }, /control characters|spaces/],
    [{ ...good, from: "x".repeat(257) }, /FROM must be at most 256 bytes/],
    [{ ...good, from: "\u20ac".repeat(86) }, /at most 256 bytes/],
    [{ ...good, id: "" }, /ID must not be empty/],
    [{ ...good, id: null }, /ID must/],
  ];
  for (const [item, why] of wrong) {
    const fault = readTransaction(item, "made");
    assert(typeof fault === "string" && why.test(fault), `${JSON.stringify(item)}: ${fault}`);
  }
  for (
    const name of ["__proto__", "constructor", "x".repeat(256), "\u20ac".repeat(85), "\u{1f600}"]
  ) {
    assertEquals(readTransaction({ ...good, from: name }, "made"), {
      ...good,
      from: name,
      id: "made",
    });
  }
});

Deno.test("`refuseTransaction()` keeps honest clashes out of the log", () => {
  const known = (id: string) => id === "x" ? { id, from: "a", to: "b", amount: 1 } : undefined;
  assertEquals(refuseTransaction(known, { id: "x", from: "a", to: "b", amount: 1 }), null);
  assertEquals(refuseTransaction(known, { id: "y", from: "a", to: "b", amount: 2 }), null);
  assertEquals(refuseTransaction(known, { from: "a", to: "b", amount: 2 }), null);
  assertEquals(
    refuseTransaction(known, { id: "x", from: "a", to: "b", amount: 2 }),
    "id x was already used for a b 1",
  );
});

Deno.test("`sortedAccounts()` gives all accounts, and the same list until there is another", () => {
  const [ledger] = reduceLedger(emptyLedger(), [pay("b", "__proto__", 1), pay("B", "a", 2, "x")]);
  const accounts = sortedAccounts(ledger);
  assertEquals(accounts, ["B", "__proto__", "a", "b"]);
  const [same] = reduceLedger(ledger, [pay("a", "b", 7, "y")]);
  assertStrictEquals(sortedAccounts(same), accounts);
  const [other] = reduceLedger(same, [pay("c", "a", 7, "z")]);
  assertEquals(sortedAccounts(other), ["B", "__proto__", "a", "b", "c"]);
  assertEquals(sortedAccounts(ledger), accounts);
});
