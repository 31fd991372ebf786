/** Records that have no place for good, and are forgotten. */

import { assert, assertEquals } from "@std/assert";
import { DATA } from "../../../src/apps/chain/data.ts";
import { SWEEP_BLOCKS } from "../../../src/apps/chain/limits.ts";
import { CHAIN } from "../../../src/apps/chain/options.ts";
import { asRule, type OrderRule } from "../../../src/apps/chain/order.ts";
import type { ChainRecord } from "../../../src/apps/chain/record.ts";
import { branchFrom, placeBlock, type Tree } from "../../../src/apps/chain/tree.ts";
import type { Block } from "../../../src/apps/chain/blockchain.ts";
import type { Json } from "../../../src/core/types.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { tinyApp } from "../../helpers/tiny_app.ts";
import { Follower } from "./follower.ts";
import { blockOn, emptyTree, recordsOfItems, RULES } from "./stage.ts";
import { step, STEPS } from "./steps.ts";

/** A record that may count once, as its id says. */
function withId(id: string, text = id): Json {
  return { k: "data", text, id };
}

/** A branch of so many blocks, of which the first has these records. */
function grown(
  length: number,
  records: readonly ChainRecord[] = [],
  order: readonly OrderRule[] = [DATA],
  solve_ms = RULES.block_time_ms,
): Tree {
  let tree = emptyTree(order);
  for (let at = 1; at <= length; at++) {
    const placing = placeBlock(tree, blockOn(tree.best, at === 1 ? records : [], solve_ms));
    assert(placing.kind === "placed");
    tree = placing.tree;
  }
  return tree;
}

function blocksOf({ best }: Tree): Block[] {
  return branchFrom(best, 1).map(({ block }) => block);
}

/** The ids of what waits. */
function waiting({ state }: Follower): unknown[] {
  return [...state.pool.values()].map(({ item }) => (item as { id?: string }).id ?? "none");
}

const USED = recordsOfItems([withId("used")]);

Deno.test("`sweepPool()` forgets records whose place is taken for good, and no others", () => {
  const tree = grown(2 * SWEEP_BLOCKS, USED), blocks = blocksOf(tree);
  const node = new Follower(tree.best.block.time, {}, [STEPS]);
  node.records([withId("used", "again"), withId("free"), step(2)], ORIGINS[1]);
  node.blocks(blocks.slice(0, -1));
  assertEquals(waiting(node), ["used", "free", "none"]);
  node.blocks(blocks.slice(-1));
  assertEquals(node.state.tree!.best.hash, tree.best.hash);
  // What may have a place later waits on.
  assertEquals(waiting(node), ["free", "none"]);
});

Deno.test("`sweepPool()` forgets nothing while the chain is only coming", () => {
  const tree = grown(2 * SWEEP_BLOCKS, USED), [last, ...before] = blocksOf(tree).reverse();
  const node = new Follower(last.time + SWEEP_BLOCKS * RULES.block_time_ms + 1);
  node.records([withId("used", "again")], ORIGINS[1]);
  node.blocks(before.reverse());
  node.blocks([last]);
  assertEquals(waiting(node), ["used"]);
});

Deno.test("`sweepPool()` looks, too, where a whole branch of blocks comes at once", () => {
  const short = grown(SWEEP_BLOCKS + 1, USED), long = grown(SWEEP_BLOCKS + 2, USED, [DATA], 5_001);
  const node = new Follower(long.best.block.time);
  node.records([withId("used", "again")], ORIGINS[1]);
  node.blocks(blocksOf(short));
  assertEquals(node.state.doubtful.size, 1);
  node.blocks(blocksOf(long));
  assertEquals([node.state.tree!.best.hash, waiting(node)], [long.best.hash, []]);
});

Deno.test("`sweepPool()` forgets what had no place twice in a row, not now and then", () => {
  // It has a place behind every second of those blocks.
  const rule: OrderRule = asRule<null>({
    name: "seldom",
    kinds: ["seldom"],
    initial: null,
    fault: () => null,
    apply: (state, _, index) =>
      (index - 1) % (2 * SWEEP_BLOCKS) === 0 ? { state } : { refused: "not here" },
    label: () => "a record",
  });
  const seldom = tinyApp("seldom", undefined, { builds_on: [CHAIN], order: rule });
  const tree = grown(4 * SWEEP_BLOCKS, [], [DATA, rule]);
  const node = new Follower(RULES.block_time_ms, {}, [seldom]);
  node.records([{ k: "seldom" }], ORIGINS[1]);
  for (const block of blocksOf(tree)) {
    node.now_ms = block.time;
    node.blocks([block]);
  }
  assertEquals([node.state.tree!.best.hash, waiting(node)], [tree.best.hash, ["none"]]);
});
