/** What holds of the strict ledger behind every block, on every branch. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Json } from "../../../src/core/types.ts";
import type { ChainRecord } from "../../../src/apps/chain/record.ts";
import { placeBlock, type Placed, type Tree } from "../../../src/apps/chain/tree.ts";
import { STRICT, type Strict, STRICT_RULE } from "../../../src/apps/strict/strict.ts";
import { check } from "../../helpers/check.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { blockOn, emptyTree, recordsOfItems } from "../chain/stage.ts";

const [ann, bob] = ORIGINS;
const LAST = Number.MAX_SAFE_INTEGER;

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
      assertEquals(one.balances.toJSON(), other.balances.toJSON());
      assertEquals([one.issuer, one.issued], [other.issuer, other.issued]);
      assertEquals(one.ids.toJSON().map(([id]) => id), other.ids.toJSON().map(([id]) => id));
    }),
    60,
    30,
  );
});
