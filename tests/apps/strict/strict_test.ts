/** The rule of the strict ledger, record by record. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Json } from "../../../src/core/types.ts";
import {
  applyStrict,
  balanceOf,
  emptyStrict,
  LAPSE_BLOCKS,
  type Strict,
  STRICT_RULE,
} from "../../../src/apps/strict/strict.ts";
import { deepFreeze } from "../../helpers/deep_freeze.ts";
import { ORIGINS } from "../../helpers/history.ts";

const [ann, bob, cyd] = ORIGINS;
const LAST = Number.MAX_SAFE_INTEGER;

interface Made {
  readonly origin: string;
  readonly key: string;
  readonly item: Json;
}

let made = 0;

function issue(origin: string, to: string, amount: number, more: object = {}): Made {
  const id = `i${++made}`;
  return { origin, key: `key ${id}`, item: { k: "issue", to, amount, at: 0, id, ...more } };
}

function pay(from: string, to: string, amount: number, more: object = {}): Made {
  const id = `p${++made}`, origin = from.split("/")[0];
  return { origin, key: `key ${id}`, item: { k: "pay", from, to, amount, at: 0, id, ...more } };
}

/** The state behind records that all have their place in one block. */
function after(...records: readonly Made[]): Strict {
  return records.reduce((state, record) => {
    const taken = applyStrict(deepFreeze(state), record, 1);
    assert("state" in taken, "refused" in taken ? taken.refused : "");
    return taken.state;
  }, emptyStrict());
}

/** Why a record has no place, and whether it may have one later. */
function refusal(state: Strict, record: Made, index = 1) {
  const taken = applyStrict(deepFreeze(state), record, index);
  assert("refused" in taken, "it has a place");
  return taken;
}

function balances({ balances }: Strict): Record<string, bigint> {
  return Object.fromEntries(balances.toJSON());
}

Deno.test("`applyStrict()` lets money in, and moves it", () => {
  const state = after(issue(ann, ann, 10), pay(ann, bob, 3), pay(bob, `${bob}/rent`, 1));
  assertEquals(balances(state), { [ann]: 7n, [bob]: 2n, [`${bob}/rent`]: 1n });
  assertEquals([state.issuer, state.issued], [ann, 10n]);
  // What goes back to where it came from must have been there.
  assertEquals(balances(after(issue(ann, ann, 2), pay(ann, ann, 2))), { [ann]: 2n });
  assertEquals(refusal(after(issue(ann, ann, 2)), pay(ann, ann, 3)).later, true);
});

Deno.test("`applyStrict()` refuses what would bring a payer below 0, for now", () => {
  const state = after(issue(ann, ann, 10), pay(ann, `${ann}/a`, 4));
  const why = { later: true, until: LAPSE_BLOCKS };
  assertEquals(refusal(state, pay(ann, bob, 7)), { refused: `${ann} has 6, not 7`, ...why });
  const name = `${ann}/a`;
  assertEquals(refusal(state, pay(name, bob, 5)), { refused: `${name} has 4, not 5`, ...why });
  assertEquals(refusal(state, pay(bob, ann, 1)), { refused: `${bob} has 0, not 1`, ...why });
  assertEquals(balances(after(issue(ann, ann, 10), pay(ann, bob, 10)))[ann], 0n);
});

Deno.test("`applyStrict()` lets nobody spend but the owner, and nobody issue but the first", () => {
  const state = after(issue(ann, ann, 10), issue(ann, bob, 5));
  const stolen = { ...pay(ann, bob, 1), origin: bob };
  assertEquals(refusal(state, stolen), { refused: `only its owner can spend what ${ann} has` });
  const named = { ...pay(`${ann}/a`, bob, 1), origin: bob };
  assertEquals(refusal(state, named).later, undefined);
  assertEquals(refusal(state, issue(bob, bob, 1)), { refused: "all money is issued", by: ann });
});

Deno.test("`applyStrict()` counts an id once among those of its signer", () => {
  const mine = pay(ann, bob, 1, { id: "x" });
  const state = after(issue(ann, ann, 10), issue(ann, bob, 5), mine);
  const used = { refused: `the id x is used already for ${ann} ${bob} 1` };
  assertEquals(refusal(state, mine), used);
  assertEquals(refusal(state, pay(ann, cyd, 2, { id: "x" })), used);
  assertEquals(refusal(state, issue(ann, cyd, 2, { id: "x" })), used);
  // Nobody uses up the ids of another.
  const other = pay(bob, ann, 1, { id: "x" });
  assert("state" in applyStrict(state, other, 1));
  const { done } = STRICT_RULE;
  assertEquals(done!(state, mine.item), mine.key);
  assertEquals([done!(state, other.item), done!(state, pay(ann, bob, 1).item)], [null, null]);
  assertEquals(
    done!(after(issue(ann, ann, 1, { id: "i" })), issue(ann, ann, 9, { id: "i" }).item)
      ?.startsWith("key"),
    true,
  );
});

Deno.test("`applyStrict()` lets a payment lapse, and takes none that claims to know more", () => {
  const state = after(issue(ann, ann, 1)), late = { at: 5 };
  const place = (record: Made, index: number) => {
    const taken = applyStrict(state, record, index);
    return "state" in taken ? "taken" : taken.later ? "later" : "never";
  };
  const at = [1, 5, 6, 5 + LAPSE_BLOCKS, 6 + LAPSE_BLOCKS];
  assertEquals(at.map((index) => place(pay(ann, bob, 1, late), index)), [
    ...["later", "later", "taken", "taken", "never"],
  ]);
  assertEquals(at.map((index) => place(pay(ann, bob, 2, late), index)), [
    ...["later", "later", "later", "later", "never"],
  ]);
  assertEquals(place(issue(ann, ann, 1, late), 6 + LAPSE_BLOCKS), "never");
  assertEquals(refusal(state, pay(ann, bob, 2, late), 70), {
    refused: "it lapsed 64 blocks after it was made",
  });
  assertEquals(refusal(state, pay(ann, bob, 1, late), 3).until, 5 + LAPSE_BLOCKS);
});

Deno.test("`applyStrict()` adds up exactly what no number holds", () => {
  const state = after(...Array.from({ length: 5 }, () => issue(ann, bob, LAST)));
  assertEquals(balanceOf(state, bob), 5n * BigInt(LAST));
  assertEquals(balances(after(issue(ann, bob, LAST), pay(bob, ann, LAST))), {
    [ann]: BigInt(LAST),
    [bob]: 0n,
  });
});

Deno.test("`STRICT_RULE` takes names that mean something elsewhere for names", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const state = names.reduce(
    (state, name) => {
      const id = { id: name };
      const taken = applyStrict(state, pay(ann, `${ann}/${name}`, 1, id), 1);
      assert("state" in taken);
      return taken.state;
    },
    after(issue(ann, ann, 9)),
  );
  assertEquals(names.map((name) => balanceOf(state, `${ann}/${name}`)), [1n, 1n, 1n, 1n]);
  assertEquals(balanceOf(emptyStrict(), "__proto__"), 0n);
  const forged = JSON.parse(`{"k":"pay","to":"${bob}","amount":1,"at":0,"id":"x",
    "__proto__":{"from":"${ann}"}}`);
  assertEquals(STRICT_RULE.fault(forged), "a payment has other fields");
});

Deno.test("`STRICT_RULE` takes records in one form only", () => {
  const good = pay(`${ann}/petty-cash`, `${bob}/\u00e4`, 5).item as {
    readonly [key: string]: Json;
  };
  assertEquals(STRICT_RULE.fault(good), null);
  assertEquals(STRICT_RULE.fault(issue(ann, ann, LAST).item), null);
  const bad: readonly [object, RegExp][] = [
    [{ k: "other" }, /no payment/],
    [{ more: 1 }, /other fields/],
    [{ at: undefined }, /other fields|index/],
    ...[0, -1, -0, 1.5, 2 ** 53, "5", null, NaN].map((amount) =>
      [{ amount }, /from 1 to 9007199254740991/] as [object, RegExp]
    ),
    ...[-1, 0.5, "1", null].map((at) => [{ at }, /index of a block/] as [object, RegExp]),
    ...["me", "me/x", "anna", "", `${ann}x`, `${ann}/`, `${ann}//`, `${ann}/a/b`, 7, null, [ann]]
      .flatMap((account) =>
        [[{ from: account }, /account/], [{ to: account }, /account/]] as [object, RegExp][]
      ),
    ...["", "a b", "a\n", "\u0007", "\u0085", "a\u0308", "\u00a0", "\u2028", "\ud800", "a/b", 7]
      .map((id) => [{ id }, /id of a payment/] as [object, RegExp]),
    ...["a b", "\u001b[2J", "a\u0308", "x".repeat(256), "\u00e4".repeat(128)]
      .map((name) => [{ to: `${ann}/${name}` }, /name of an account/] as [object, RegExp]),
    [{ id: "x".repeat(256) }, /255 bytes/],
  ];
  for (const [parts, why] of bad) {
    const item = JSON.parse(JSON.stringify({ ...good, ...parts }));
    const fault = STRICT_RULE.fault(item);
    assert(fault !== null && why.test(fault), `${JSON.stringify(parts)}: ${fault}`);
    assertEquals(applyStrict(emptyStrict(), { origin: ann, key: "k", item }, 1), {
      refused: fault,
    });
  }
  for (const junk of [null, 7, "pay", [], {}, { k: "pay" }, { k: "issue" }]) {
    assert(STRICT_RULE.fault(junk as Json) !== null);
  }
  assertEquals(
    STRICT_RULE.label(good),
    `the payment ${good.id} (${ann}/petty-cash ${bob}/\u00e4 5)`,
  );
  assertEquals(STRICT_RULE.label(null), "a payment");
});

Deno.test("`applyStrict()` leaves the state that came in as it was", () => {
  const before = after(issue(ann, ann, 10)), picture = balances(before);
  const taken = applyStrict(before, pay(ann, bob, 4), 1);
  assert("state" in taken);
  assertEquals(balances(before), picture);
  assertStrictEquals(before.ids.has(`${ann} p${made}`), false);
  assertEquals(balances(taken.state), { [ann]: 6n, [bob]: 4n });
});
