/** The rule of the strict ledger, and what holds of it on every branch. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Json } from "../../../src/core/types.ts";
import type { ChainRecord } from "../../../src/apps/chain/record.ts";
import { placeBlock, type Placed, type Tree } from "../../../src/apps/chain/tree.ts";
import {
  applyStrict,
  balanceOf,
  emptyStrict,
  LAPSE_BLOCKS,
  STRICT,
  type Strict,
  STRICT_RULE,
} from "../../../src/apps/strict/strict.ts";
import { check } from "../../helpers/check.ts";
import { deepFreeze } from "../../helpers/deep_freeze.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { blockOn, emptyTree, recordsOfItems } from "../chain/stage.ts";

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

/** What somebody may try, in a block of some index; mostly with money that is not there. */
const attempt = fc.record({
  who: fc.nat(1),
  k: fc.constantFrom("issue", "pay", "pay", "pay", "pay", "steal"),
  from: fc.constantFrom("", "", "/a", "/__proto__"),
  to: fc.constantFrom(ann, bob, `${bob}/a`, `${ann}/__proto__`),
  amount: fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, LAST),
  id: fc.oneof(fc.nat(30).map(String), fc.constant("__proto__")),
  at: fc.constantFrom(0, 0, 0, 0, 1, 5),
  fork: fc.constantFrom(0, 0, 0, 1, 2, 3),
});
const ATTEMPTS = fc.array(attempt, { minLength: 20, maxLength: 50, size: "max" });
type Attempt = typeof attempt extends fc.Arbitrary<infer T> ? T : never;

function recordOf({ who, k, from, to, amount, id, at }: Attempt, seq: number): ChainRecord {
  const account = `${ORIGINS[k === "steal" ? 1 - who : who]}${from}`;
  const common = { to, amount, at, id };
  const item: Json = k === "issue" ? { k, ...common } : { k: "pay", from: account, ...common };
  return recordsOfItems([item], seq, who)[0];
}

/** Makes a tree of blocks with one record each, every one somewhere among the last; those that are good. */
function grow(attempts: readonly Attempt[]): { tree: Tree; placed: readonly Placed[] } {
  let tree = emptyTree([STRICT_RULE]);
  const placed: Placed[] = [tree.best];
  // In the tree of its branch alone, each block is carried out.
  const alone = new Map([[tree.best, tree]]);
  // Somebody has money; in another branch somebody else brings it in.
  const more = { to: ORIGINS[0], amount: 20, id: "first", at: 0, fork: 0, from: "" } as const;
  for (const [at, one] of [{ ...more, who: 0, k: "issue" } as const, ...attempts].entries()) {
    const parent = placed[Math.max(0, placed.length - 1 - one.fork)];
    const block = blockOn(parent, [recordOf(one, at + 1)], 5_000 + at);
    const placing = placeBlock(alone.get(parent)!, block);
    if (placing.kind !== "placed") continue;
    alone.set(placing.tree.best, placing.tree);
    placed.push(placing.tree.best);
    const among = placeBlock(tree, block);
    if (among.kind === "placed") tree = among.tree;
  }
  return { tree, placed };
}

function stateOf({ states }: Placed): Strict {
  return states.get(STRICT) as Strict;
}

Deno.test("no block of any tree brings an account below 0, makes money, or counts an id twice", () => {
  let payments = 0;
  check(
    fc.property(ATTEMPTS, (attempts) => {
      const { placed } = grow(attempts);
      for (const one of placed) {
        const state = stateOf(one), all = [...state.balances.values()];
        assert(all.every((amount) => amount >= 0n));
        assertEquals(all.reduce((sum, amount) => sum + amount, 0n), state.issued);
        const seen = new Set<string>();
        for (let at: Placed | null = one; at !== null; at = at.parent) {
          for (const { origin, item } of at.records) {
            const { id, k, from = "" } = item as { id: string; k: string; from?: string };
            assert(!seen.has(`${origin} ${id}`), "an id counts twice");
            seen.add(`${origin} ${id}`);
            assert(k === "pay" ? from.startsWith(origin) : origin === state.issuer);
            payments += k === "pay" ? 1 : 0;
          }
        }
      }
    }),
    60,
    30,
  );
  assert(payments > 100, `${payments} payments`);
});

Deno.test("the state behind a block is a function of its branch alone", () => {
  check(
    fc.property(ATTEMPTS, (attempts) => {
      const { placed } = grow(attempts), last = placed.at(-1)!;
      const branch: Placed[] = [];
      for (let at: Placed | null = last; at?.parent; at = at.parent) branch.unshift(at);
      let alone = emptyTree([STRICT_RULE]);
      for (const { block } of branch) {
        const placing = placeBlock(alone, block);
        assert(placing.kind === "placed");
        alone = placing.tree;
      }
      const [one, other] = [stateOf(last), stateOf(alone.best)];
      assertEquals(balances(one), balances(other));
      assertEquals([one.issuer, one.issued], [other.issuer, other.issued]);
      assertEquals(one.ids.toJSON().map(([id]) => id), other.ids.toJSON().map(([id]) => id));
    }),
    60,
    30,
  );
});

Deno.test("`applyStrict()` leaves the state that came in as it was", () => {
  const before = after(issue(ann, ann, 10)), picture = balances(before);
  const taken = applyStrict(before, pay(ann, bob, 4), 1);
  assert("state" in taken);
  assertEquals(balances(before), picture);
  assertStrictEquals(before.ids.has(`${ann} p${made}`), false);
  assertEquals(balances(taken.state), { [ann]: 6n, [bob]: 4n });
});
