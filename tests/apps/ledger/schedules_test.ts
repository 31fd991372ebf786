import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { emptyLedger } from "../../../src/apps/ledger/ledger.ts";
import {
  balancesText,
  BANK,
  ordersOf,
  type Payment,
  rejectOverdrafts,
  replay,
  type Rule,
  searchSchedules,
  takeAll,
} from "../../../src/apps/ledger/schedules.ts";
import { check } from "../../helpers/check.ts";

function pay(from: string, to: string, amount: number, knows: readonly number[] = []): Payment {
  return { transaction: { id: "", from, to, amount }, node: 0, knows };
}

/** With ids by their places. */
function listed(payments: readonly Payment[]): Payment[] {
  return payments.map((one, at) => ({
    ...one,
    transaction: { ...one.transaction, id: `p${at + 1}` },
  }));
}

/** All ends of payments in all causal orders. */
function endsOf(rule: Rule, payments: readonly Payment[]): string[] {
  const ends = ordersOf(payments).map((order) => replay(rule, payments, order).ledger);
  return [...new Set(ends.map(balancesText))];
}

/** Whether each maker could have had what it knew in an order in which it would not reject its own. */
function isHonest(payments: readonly Payment[]): boolean {
  return payments.every(({ knows }, own) =>
    ordersOf(payments).some((order) => {
      const known = order.slice(0, order.indexOf(own));
      const exact = known.length === knows.length && knows.every((one) => known.includes(one));
      return exact && !replay(rejectOverdrafts, payments, [...known, own]).rejected.includes(own);
    })
  );
}

/** Payments among few accounts; each maker knows any of the earlier ones, and what those know. */
function payments(count: number): fc.Arbitrary<Payment[]> {
  const account = fc.constantFrom(BANK, "anna", "ben", "cleo");
  const one = fc.tuple(account, account, fc.integer({ min: 1, max: 4 }), fc.nat());
  return fc.array(one, { minLength: count, maxLength: count }).map((list) => {
    const made: Payment[] = [];
    for (const [from, to, amount, bits] of list) {
      const direct = [...made.keys()].filter((place) => (bits >> place) & 1);
      const knows = new Set(direct.flatMap((place) => [place, ...made[place].knows]));
      made.push(pay(from, to === from ? "dora" : to, amount, [...knows].sort()));
    }
    return listed(made);
  });
}

Deno.test("`rejectOverdrafts()` takes what is covered as the ledger does, and nothing else", () => {
  const [fund, covered, over, debt] = listed([
    pay(BANK, "anna", 5),
    pay("anna", "ben", 5),
    pay("anna", "ben", 1),
    pay("cleo", "ben", 1),
  ]).map(({ transaction }) => transaction);
  let ledger = rejectOverdrafts(emptyLedger(), fund);
  assertEquals(balancesText(ledger), "anna 5,bank -5");
  ledger = rejectOverdrafts(ledger, covered);
  assertEquals(balancesText(ledger), "bank -5,ben 5");
  assert(rejectOverdrafts(ledger, over) === ledger);
  assert(rejectOverdrafts(ledger, debt) === ledger);
  assertEquals(balancesText(takeAll(ledger, over)), "anna -1,bank -5,ben 6");
});

Deno.test("`ordersOf()` gives all orders that respect what was known, each once", () => {
  const free = [pay("a", "b", 1), pay("a", "b", 1), pay("a", "b", 1)];
  assertEquals(ordersOf(free).length, 6);
  const chain = free.map((one, at) => ({ ...one, knows: [...Array(at).keys()] }));
  assertEquals(ordersOf(chain), [[0, 1, 2]]);
  assertEquals(ordersOf([free[0], free[1], { ...free[2], knows: [0] }]), [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
  ]);
});

Deno.test("`searchSchedules()` finds that rejecting overdrafts ends different", () => {
  const { found, searched } = searchSchedules(rejectOverdrafts, {
    nodes: 2,
    payments: 4,
    amount: 2,
  });
  assert(found !== null);
  assertEquals([searched.length, found.payments.length], [3, 3]);
  const { payments, orders, ledgers } = found;
  assert(isHonest(payments));
  // Everything arrived everywhere, in an order that causality allows, and led to what is shown.
  const allowed = ordersOf(payments).map(String);
  for (const [node, order] of orders.entries()) {
    assert(allowed.includes(String(order)));
    const { ledger } = replay(rejectOverdrafts, payments, order);
    assertEquals(balancesText(ledger), balancesText(ledgers[node]));
  }
  assert(new Set(ledgers.map(balancesText)).size === 2);
  // What a maker knew is what it had.
  for (const [place, { node, knows }] of payments.entries()) {
    assertEquals(orders[node].slice(0, orders[node].indexOf(place)), knows);
  }
  // The ledger as it is ends the same.
  assertEquals(endsOf(takeAll, payments).length, 1);
});

Deno.test("`searchSchedules()` finds nothing smaller, with more nodes and amounts either", () => {
  for (
    const bounds of [{ nodes: 2, amount: 4 }, { nodes: 3, amount: 3 }, { nodes: 4, amount: 1 }]
  ) {
    const { found, searched } = searchSchedules(rejectOverdrafts, { ...bounds, payments: 2 });
    assertEquals(found, null);
    assert(searched.every((count) => count > 0));
  }
});

Deno.test("`rejectOverdrafts()` ends the same in all orders of one or two honest payments", () => {
  for (const count of [1, 2]) {
    let honest = 0;
    check(
      fc.property(payments(count), (list) => {
        if (!isHonest(list)) return;
        honest++;
        assertEquals(endsOf(rejectOverdrafts, list).length, 1);
      }),
      2_000,
    );
    assert(honest > 100, `${honest} of ${count}`);
  }
  // A maker that overdraws breaks it with two already.
  const list = listed([pay(BANK, "anna", 1), pay("anna", "ben", 1)]);
  assert(!isHonest(list));
  assertEquals(endsOf(rejectOverdrafts, list).length, 2);
});

Deno.test("`takeAll()`, the ledger as it is, ends the same in all orders of any payments", () => {
  for (const bounds of [{ nodes: 2, amount: 2 }, { nodes: 3, amount: 1 }]) {
    assertEquals(searchSchedules(takeAll, { ...bounds, payments: 2 }).found, null);
  }
  check(fc.property(payments(5), (list) => assertEquals(endsOf(takeAll, list).length, 1)));
});

Deno.test("`searchSchedules()` finds two payments where two are enough", () => {
  // Whoever comes first counts, and nobody else.
  const firstOnly: Rule = (ledger, one) =>
    ledger.applied.length > 0 ? ledger : takeAll(ledger, one);
  const { found, searched } = searchSchedules(firstOnly, { nodes: 2, payments: 3, amount: 1 });
  assertEquals([found?.payments.length, searched.length], [2, 2]);
  assertEquals(found?.payments.map(({ knows }) => knows), [[], []]);
});
