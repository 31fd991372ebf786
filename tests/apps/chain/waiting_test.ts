import { assert, assertEquals } from "@std/assert";
import type { AppOut } from "../../../src/core/host/app.ts";
import type { Block } from "../../../src/apps/chain/blockchain.ts";
import {
  AHEAD_MS,
  EARLY_MAX,
  ORPHANS_MAX,
  WAITING_BYTES_MAX,
} from "../../../src/apps/chain/limits.ts";
import { placeBlock, type Seen, type Tree } from "../../../src/apps/chain/tree.ts";
import { excessOf, waitingOf } from "../../../src/apps/chain/waiting.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { Follower } from "./follower.ts";
import { blockOn, emptyTree, RULES } from "./stage.ts";

const [ann, bob, cyd] = ORIGINS;
const NOW_MS = 1_700_000_000_000;

/** A block behind another one, with a time and some data. */
function at(parent: Seen, time: number, data: unknown = []): Block {
  return { ...blockOn(parent, []), time, data } as Block;
}

/** A tree that goes on with a block. */
function placedIn(tree: Tree, block: Block): Tree {
  const placing = placeBlock(tree, block);
  assert(placing.kind === "placed");
  return placing.tree;
}

/** A branch of good blocks, which a node has then, too. */
function grown(node: Follower, length: number): Tree {
  let tree = emptyTree([]);
  for (let i = 1; i <= length; i++) tree = placedIn(tree, blockOn(tree.best, []));
  const blocks: Block[] = [];
  for (let one = tree.best; one.parent !== null; one = one.parent) blocks.unshift(one.block);
  node.blocks(blocks);
  assertEquals(node.state.tree!.best.hash, tree.best.hash);
  return tree;
}

/** Blocks of the same index without parents here, each with so many bytes of data. */
function orphans(tree: Tree, count: number, bytes = 2, first = 0): Block[] {
  return Array.from({ length: count }, (_, i) => {
    const prev_hash = (first + i).toString(16).padStart(64, "0");
    return { ...at(tree.best, NOW_MS, "x".repeat(bytes - 2)), prev_hash };
  });
}

function orphanBlocks({ state }: Follower): Block[] {
  return [...state.orphans.values()].flatMap(({ blocks }) => blocks.map(({ block }) => block));
}

function ignored(outs: readonly AppOut[]): string[] {
  return outs.flatMap((out) => out.kind === "ignored" ? [out.origin] : []);
}

Deno.test("`excessOf()` takes from whoever has most, and then from who has most then", () => {
  const { best } = emptyTree([]);
  const waiting = [ann, ann, ann, bob, bob].map((from, i) =>
    waitingOf(RULES, { block: at(best, NOW_MS + i), from })
  );
  const left = (max: number) => {
    const excess = excessOf(waiting, max);
    return waiting.filter((one) => !excess.has(one)).map(({ block }) => block.time - NOW_MS);
  };
  assertEquals(left(5), [0, 1, 2, 3, 4]);
  assertEquals(left(4), [1, 2, 3, 4]);
  assertEquals(left(2), [2, 4]);
});

Deno.test("`takeEarly()` knows who sent a block that turns out bad when its time comes", () => {
  const node = new Follower(NOW_MS), tree = emptyTree([]), time = NOW_MS + AHEAD_MS + 1;
  const bad = at(tree.best, time, "no records");
  assertEquals(ignored(node.blocks([bad, bad], bob)), []);
  assertEquals(node.state.early.length, 1);
  node.now_ms++;
  assertEquals(ignored(node.tell({ kind: "woken" })), [bob]);
  assertEquals(node.state.early, []);
});

Deno.test("`takeEarly()` knows whose child is bad that waited for an early block", () => {
  const node = new Follower(NOW_MS), time = NOW_MS + AHEAD_MS + 1;
  const tree = placedIn(emptyTree([]), at(emptyTree([]).best, time));
  node.blocks([tree.best.block], ann);
  node.blocks([at(tree.best, time + 1, "no records")], bob);
  node.now_ms += 2;
  assertEquals(ignored(node.tell({ kind: "woken" })), [bob]);
  assertEquals(node.state.tree!.best.hash, tree.best.hash);
});

Deno.test("early blocks of little work push out none of more", () => {
  const node = new Follower(NOW_MS), tree = grown(node, 3);
  const honest = at(tree.best, NOW_MS + AHEAD_MS + 50_000);
  node.blocks([honest], cyd);
  // They are nearer, and of many origins.
  const { best } = emptyTree([]);
  for (let i = 0; i < 2 * EARLY_MAX; i++) {
    node.blocks([at(best, NOW_MS + AHEAD_MS + 1 + i)], i % 2 === 0 ? ann : bob);
  }
  assertEquals(node.state.early.length, EARLY_MAX);
  assertEquals(node.state.early.at(-1)!.block, honest);
});

Deno.test("who sends more early blocks than there is room for loses the latest of his own", () => {
  const node = new Follower(NOW_MS), { best } = emptyTree([]);
  const honest = at(best, NOW_MS + AHEAD_MS + 50_000);
  node.blocks([honest], bob);
  const flood = Array.from(
    { length: EARLY_MAX + 7 },
    (_, i) => at(best, NOW_MS + AHEAD_MS + 1 + i),
  );
  node.blocks(flood, ann);
  const times = node.state.early.map(({ block }) => block.time);
  assertEquals(times, [...flood.slice(0, EARLY_MAX - 1), honest].map(({ time }) => time));
});

Deno.test("who sends more orphans than there is room for loses the oldest of his own", () => {
  const node = new Follower(NOW_MS), tree = grown(node, 1);
  const [honest, ...flood] = orphans(tree, ORPHANS_MAX + 10);
  node.blocks([honest], bob);
  node.blocks(flood, ann);
  assertEquals(orphanBlocks(node), [honest, ...flood.slice(10)]);
});

Deno.test("orphans of little work push out none of more, and all of them take so many bytes at most", () => {
  const node = new Follower(NOW_MS), low = grown(node, 1), high = grown(node, 3);
  const honest = orphans(high, 3, 60_000);
  node.blocks(honest, ann);
  const count = Math.ceil(WAITING_BYTES_MAX / 90_000) + 5;
  for (const [i, block] of orphans(low, count, 90_000, 1_000).entries()) {
    node.blocks([block], ORIGINS[i % ORIGINS.length]);
  }
  const left = orphanBlocks(node);
  assertEquals(left.slice(0, 3), honest);
  const bytes = left.reduce((sum, { data }) => sum + JSON.stringify(data).length, 0);
  assert(bytes <= WAITING_BYTES_MAX && bytes > WAITING_BYTES_MAX - 200_000, `${bytes}`);
});

Deno.test("two orphans of one parent are told apart by their hashes, and each is kept once", () => {
  const node = new Follower(NOW_MS), tree = grown(node, 1), [one] = orphans(tree, 1);
  const other = { ...one, data: "other" };
  node.blocks([one, other, one, other], ann);
  assertEquals(orphanBlocks(node), [one, other]);
});
