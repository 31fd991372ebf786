import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Block, hashOf } from "../../../src/apps/chain/blockchain.ts";
import type { OrderRule } from "../../../src/apps/chain/order.ts";
import type { ChainRecord } from "../../../src/apps/chain/record.ts";
import {
  branchFrom,
  depthOf,
  lonelyFault,
  placeBlock,
  type Seen,
  type Switch,
  type Tree,
} from "../../../src/apps/chain/tree.ts";
import { hashNumber, workOf } from "../../../src/apps/chain/work.ts";
import type { Json } from "../../../src/core/types.ts";
import { check } from "../../helpers/check.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { blockOn, emptyTree, recordsOfItems, RULES, wordRecord, WORDS } from "./stage.ts";

/** Places a block that is good. */
function place(tree: Tree, block: Block): { tree: Tree; placed: Seen; switched: Switch } {
  const placing = placeBlock(tree, block);
  assert(placing.kind === "placed", placing.kind === "bad" ? placing.why : placing.kind);
  const placed = [...placing.tree.by_hash.values()].find((one) => one.block === block)!;
  return { ...placing, placed };
}

function wordsOf({ best }: Tree): unknown {
  return best.states.get("words");
}

function fault(tree: Tree, records: readonly ChainRecord[]): string {
  const placing = placeBlock(tree, blockOn(tree.best, records));
  assert(placing.kind === "bad", JSON.stringify(placing.kind));
  return placing.why;
}

Deno.test("`placeBlock()` folds the records of a branch, in their order", () => {
  const start = emptyTree();
  const records = recordsOfItems([{ k: "word", word: "a" }, { k: "word", word: "b" }]);
  const first = place(start, blockOn(start.best, records));
  assertEquals(wordsOf(first.tree), ["a", "b"]);
  const second = place(first.tree, blockOn(first.placed, [wordRecord("c", 2)]));
  assertEquals(wordsOf(second.tree), ["a", "b", "c"]);
  assertEquals(wordsOf(start), []);
  assertEquals(
    [records[0], wordRecord("c", 2), wordRecord("d", 3)].map(({ key }) =>
      depthOf(second.tree, key)
    ),
    [2, 1, 0],
  );
});

Deno.test("`placeBlock()` refuses a block as a whole for one record that has no place in it", () => {
  const start = emptyTree(), word = wordRecord("a");
  const { tree } = place(start, blockOn(start.best, [word]));
  assertEquals(fault(tree, [wordRecord("c", 3), word]), "it holds a record twice");
  assertEquals(fault(tree, [wordRecord("b", 2), wordRecord("b", 2)]), "it holds a record twice");
  assertEquals(fault(tree, [wordRecord("a", 2)]), "a has no place here");
  assertEquals(fault(tree, [wordRecord("b", 2), wordRecord("bad", 3)]), "bad has no place here");
  const items: Json[] = [{ k: "other" }, { k: 7 }, {}, null, "word", [{ k: "word" }]];
  for (const item of items) {
    const [record] = recordsOfItems([item], 9);
    assertEquals(fault(tree, [record]), "nobody knows this kind of record");
  }
  // What was refused left nothing behind.
  assertEquals(wordsOf(place(tree, blockOn(tree.best, [wordRecord("b", 2)])).tree), ["a", "b"]);
});

Deno.test("`placeBlock()` checks the lines that a block carries", () => {
  const tree = emptyTree(), { line } = wordRecord("a");
  const withData = (data: unknown) => {
    const block = { ...blockOn(tree.best, []), data } as Block;
    const placing = placeBlock(tree, block);
    return placing.kind === "bad" ? placing.why : placing.kind;
  };
  const forged = line.replace('"a"', '"b"');
  assertEquals(withData([[forged, [0]]]), "a record's signature is wrong");
  assertEquals(withData([[line, [1]]]), "a record's entry has fewer items");
  assertEquals(withData([["{}", [0]]]), "a record's entry is none: bad-entry");
  assertEquals(withData([[line.padEnd(20_000), [0]]]), "a record's entry is too long");
  const chat = line.replace('"t":"records"', '"t":"chat"');
  assertEquals(withData([[chat, [0]]]), "a record's entry is of another topic than records");
  const no_lists = [{}, "x", null, [line], [[line]], [[line, []]], [[line, [-1]]], [[line, [0.5]]]];
  for (const data of [...no_lists, [[line, ["0"]]], [[7, [0]]], [[line, [0], 7]]]) {
    assertEquals(withData(data), "its data is no list of records", JSON.stringify(data));
  }
});

Deno.test("`placeBlock()` says what is here already, and what has no parent here", () => {
  const start = emptyTree(), first = place(start, blockOn(start.best, []));
  assertEquals(placeBlock(first.tree, first.placed.block).kind, "known");
  const second = blockOn(first.placed, []);
  assertEquals(placeBlock(start, second).kind, "orphan");
  assertEquals(placeBlock(first.tree, second).kind, "placed");
});

Deno.test("`placeBlock()` changes to the branch of more work, and says what left and what came", () => {
  const start = emptyTree();
  const a = place(start, blockOn(start.best, [wordRecord("a")], 5_000));
  const b = place(a.tree, blockOn(start.best, [wordRecord("b", 1, 1)], 6_000));
  // As much work, but later.
  assertEquals([b.tree.best, b.switched], [a.placed, { removed: [], added: [] }]);
  const c = place(b.tree, blockOn(b.placed, [wordRecord("a")]));
  assertEquals(c.tree.best, c.placed);
  assertEquals<readonly Seen[]>(c.switched.removed, [a.placed]);
  // Only now is it known what `b` orders, and that it is good.
  const { states: _states, taken: _taken, ...seen } = c.switched.added[0];
  assertEquals([seen, c.switched.added.slice(1)], [b.placed, [c.placed]]);
  assertEquals(wordsOf(c.tree), ["b", "a"]);
  assertEquals(depthOf(c.tree, wordRecord("a").key), 1);
});

Deno.test("`placeBlock()` carries out what a branch orders when it is the best, and not before", () => {
  let folds = 0;
  const COUNTED: OrderRule = {
    ...WORDS,
    apply: (state, record, index) => {
      folds++;
      return WORDS.apply(state, record, index);
    },
  };
  const start = emptyTree([COUNTED]);
  let tip = place(start, blockOn(start.best, [wordRecord("a")]));
  for (const word of ["b", "c", "d"]) {
    tip = place(tip.tree, blockOn(tip.placed, [wordRecord(word, folds + 1)]));
  }
  // Another branch, which is later, and bad from its second block on.
  const low = place(tip.tree, blockOn(start.best, [wordRecord("e", 9)], 6_000));
  const wrong = place(low.tree, blockOn(low.placed, [wordRecord("e", 10)]));
  let other = place(wrong.tree, blockOn(wrong.placed, []));
  other = place(other.tree, blockOn(other.placed, []));
  const { best } = other.tree;
  assertEquals([folds, best], [4, tip.placed]);
  const last = blockOn(other.placed, []);
  const placing = placeBlock(other.tree, last);
  assert(placing.kind === "bad");
  assertEquals([placing.why, placing.tree.best], ["e has no place here", best]);
  assertEquals(folds, 6);
  // Now all know it, and whatever stands behind it.
  for (const block of [last, wrong.placed.block]) {
    assertEquals(placeBlock(placing.tree, block).kind, "known");
  }
  const behind = placeBlock(placing.tree, blockOn(wrong.placed, [], 7_000));
  assert(behind.kind === "bad");
  assertEquals([behind.why, folds], ["the block before it is bad", 6]);
});

Deno.test("`placeBlock()` ends with the same branch, whatever the order of the blocks", () => {
  const steps = fc.array(
    fc.tuple(fc.nat(), fc.integer({ min: 1, max: 40_000 }), fc.boolean()),
    { minLength: 1, maxLength: 12 },
  );
  check(
    fc.property(steps, fc.infiniteStream(fc.nat()), (made, picks) => {
      let tree = emptyTree();
      const blocks: Block[] = [], placed: Seen[] = [tree.best];
      for (const [at, [on, solve_ms, has_word]] of made.entries()) {
        const parent = placed[on % placed.length];
        const records = has_word ? [wordRecord(`w${at}`, at + 1, at % ORIGINS.length)] : [];
        const one = place(tree, blockOn(parent, records, solve_ms));
        tree = one.tree;
        placed.push(one.placed);
        blocks.push(one.placed.block);
      }
      let other = emptyTree(), words = wordsOf(other) as string[];
      const left = [...blocks];
      while (left.length > 0) {
        const [block] = left.splice(picks.next().value % left.length, 1);
        const placing = placeBlock(other, block);
        if (placing.kind === "orphan") left.push(block);
        if (placing.kind !== "placed") continue;
        other = placing.tree;
        // Whoever only hears what left and what came ends with the same.
        const { removed, added } = placing.switched;
        const count = removed.reduce((sum, { records }) => sum + records.length, 0);
        const came = added.flatMap(({ records }) =>
          records.map(({ item }) => (item as { word: string }).word)
        );
        words = [...words.slice(0, words.length - count), ...came];
      }
      assertEquals(other.best.hash, tree.best.hash);
      assertEquals([wordsOf(other), words], [wordsOf(tree), wordsOf(tree)]);
    }),
    60,
  );
});

Deno.test("`placeBlock()` finds the same blocks bad, whatever the order of the blocks", () => {
  const step = fc.tuple(
    fc.nat(),
    fc.integer({ min: 1, max: 9_000 }),
    fc.constantFrom("a", "b", "c"),
  );
  check(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.infiniteStream(fc.nat()),
      (made, picks) => {
        const start = emptyTree(), all: Seen[] = [start.best], good = new Set<Seen>(all);
        for (const [at, [on, solve_ms, word]] of made.entries()) {
          const parent = all[on % all.length], records = [wordRecord(word, at + 1)];
          const block = blockOn(parent, records, solve_ms), hash = hashOf(RULES, block);
          const work = parent.work + workOf(hashNumber(block.target));
          const seen: Seen = { block, hash, parent, work, records };
          const words = branchFrom(seen, 1).map(({ records: [{ item }] }) => JSON.stringify(item));
          if (new Set(words).size === words.length) good.add(seen);
          all.push(seen);
        }
        let tree = start;
        const left = all.slice(1);
        while (left.length > 0) {
          const [seen] = left.splice(picks.next().value % left.length, 1);
          const placing = placeBlock(tree, seen.block);
          if (placing.kind === "orphan") left.push(seen);
          else if (placing.kind !== "known") tree = placing.tree;
        }
        const [best] = [...good].sort((a, b) =>
          a.work !== b.work
            ? (a.work < b.work ? 1 : -1)
            : a.block.time - b.block.time || (a.hash < b.hash ? -1 : 1)
        );
        assertEquals(tree.best.hash, best.hash);
        assertEquals((wordsOf(tree) as string[]).length, best.block.index);
        // Nothing good is left out, and nothing is in both places.
        for (const seen of good) assert(tree.by_hash.has(seen.hash) && !tree.bad.has(seen.hash));
        for (const { hash } of all) assert(tree.by_hash.has(hash) !== tree.bad.has(hash));
      },
    ),
    100,
  );
});

Deno.test("`lonelyFault()` stops blocks that nobody worked for, and what is none", () => {
  const tree = emptyTree(), block = blockOn(tree.best, []);
  assertEquals(lonelyFault(RULES, block), null);
  assertEquals(lonelyFault(RULES, tree.best.block), "this is no block");
  assertEquals(lonelyFault(RULES, { ...block, target: "f".repeat(64) }), "its target is too easy");
  assertEquals(
    lonelyFault(RULES, { ...block, target: "0".repeat(64) }),
    "it shows too little work",
  );
  for (const value of [null, 7, [], {}, { ...block, index: -1 }]) {
    assertEquals(lonelyFault(RULES, value), "this is no block");
  }
});
