/**
 * The blocks that a node knows, and which branch of them counts: the one of most work; of two with as
 * much, the one whose last block is earlier, then whose hash is smaller. That is a pure function of the
 * set of blocks, so nodes that have the same blocks agree (Nakamoto 2008, section 5, but that the
 * first one seen counts there).
 */

import { assert } from "@std/assert/assert";
import { SharedMap } from "../../core/data/shared_map.ts";
import {
  type Block,
  blockFault,
  type ChainRules,
  genesisOf,
  hashOf,
  isBlock,
} from "./blockchain.ts";
import { floorTarget } from "./difficulty.ts";
import { BLOCK_DATA_BYTES_MAX } from "./limits.ts";
import {
  applyRecord,
  initialStates,
  isRefused,
  type OrderRule,
  type Refused,
  type States,
} from "./order.ts";
import { type ChainRecord, type RecordEnv, recordsIn } from "./record.ts";
import { hashNumber, workOf } from "./work.ts";

/** A block whose branch is here down to the first one, and good. */
export interface Placed {
  readonly block: Block;
  readonly hash: string;
  readonly parent: Placed | null;
  /** How many hashes it took on average to make the branch up to here. */
  readonly work: bigint;
  /** What it orders. */
  readonly records: readonly ChainRecord[];
  /** What the apps have made of the branch up to here. */
  readonly states: States;
  /** The keys of all records in the branch, with the index of their blocks. */
  readonly taken: SharedMap<string, number>;
}

/** What says which of two branches counts: of the last block of each. */
export interface BranchEnd extends Pick<Placed, "work" | "hash"> {
  readonly block: Pick<Block, "time">;
}

/** All blocks that are placed. */
export interface Tree {
  readonly rules: ChainRules;
  readonly order: readonly OrderRule[];
  readonly env: RecordEnv;
  readonly by_hash: SharedMap<string, Placed>;
  /** The last block of the branch that counts. */
  readonly best: Placed;
}

/** How the branch that counts became another one. */
export interface Switch {
  /** Blocks that no longer count, the last one first. */
  readonly removed: readonly Placed[];
  /** Blocks that count now, the first one first. */
  readonly added: readonly Placed[];
}

/** What became of a block. */
export type Placing =
  | {
    readonly kind: "placed";
    readonly tree: Tree;
    readonly hash: string;
    readonly switched: Switch;
  }
  | { readonly kind: "known" }
  /** The block before it is not here. */
  | { readonly kind: "orphan" }
  | { readonly kind: "bad"; readonly why: string };

/** A tree with nothing but the first block. */
export function newTree(
  rules: ChainRules,
  order: readonly OrderRule[],
  env: RecordEnv,
): Tree {
  const block = genesisOf(rules), hash = hashOf(rules, block);
  const states = initialStates(order);
  const best: Placed = {
    block,
    hash,
    parent: null,
    work: workOf(hashNumber(block.target)),
    records: [],
    states,
    taken: SharedMap.of(),
  };
  return { rules, order, env, by_hash: SharedMap.of([[hash, best]]), best };
}

/**
 * What is wrong with a block that can be seen without the blocks before it, or null. It shows the
 * least work that its index could ever have; so a flood of blocks that nobody worked for stops here.
 */
export function lonelyFault(rules: ChainRules, block: unknown): string | null {
  if (!isBlock(block) || block.index === 0) return "this is no block";
  const target = hashNumber(block.target);
  if (target > floorTarget(block.index, rules.floor_hashes)) return "its target is too easy";
  return hashNumber(hashOf(rules, block)) <= target ? null : "it shows too little work";
}

/** Puts a block behind the one that it names, if it is good there. */
export function placeBlock(tree: Tree, block: Block): Placing {
  const { rules, by_hash } = tree, hash = hashOf(rules, block);
  if (by_hash.has(hash)) return { kind: "known" };
  const parent = by_hash.get(block.prev_hash);
  if (parent === undefined) return { kind: "orphan" };
  const why = blockFault(rules, block, parent, parent.parent?.block);
  if (why !== null) return { kind: "bad", why };
  const behind = orderRecords(tree, parent, block);
  if (typeof behind === "string") return { kind: "bad", why: behind };
  const work = parent.work + workOf(hashNumber(block.target));
  const placed: Placed = { block, hash, parent, work, ...behind };
  const best = counts(placed, tree.best) ? placed : tree.best;
  const after = { ...tree, by_hash: by_hash.set(hash, placed), best };
  return { kind: "placed", tree: after, hash, switched: switchOf(tree.best, best) };
}

const TWICE: Refused = { refused: "it holds a record twice" };

/** What a block's records make of the branch, or why one of them has no place in it. */
function orderRecords(
  { order, env }: Tree,
  parent: Placed,
  { data, index }: Block,
): Pick<Placed, "records" | "states" | "taken"> | string {
  if (JSON.stringify(data).length > BLOCK_DATA_BYTES_MAX) return "it holds too much";
  const records = recordsIn(data, env);
  if (typeof records === "string") return records;
  let { states } = parent;
  const taken = parent.taken.edit();
  for (const record of records) {
    const next = taken.has(record.key) ? TWICE : applyRecord(order, states, record, index);
    if (isRefused(next)) {
      // Nobody reads this version; the one before it is read again as it was.
      taken.finish();
      return next.refused;
    }
    taken.add(record.key, index);
    states = next;
  }
  return { records, states, taken: taken.finish() };
}

/** Whether a branch counts instead of another. */
export function counts(one: BranchEnd, other: BranchEnd): boolean {
  if (one.work !== other.work) return one.work > other.work;
  if (one.block.time !== other.block.time) return one.block.time < other.block.time;
  return one.hash < other.hash;
}

/** What leaves and what comes between two last blocks. */
export function switchOf(from: Placed, to: Placed): Switch {
  const removed: Placed[] = [], added: Placed[] = [];
  let a = from, b = to;
  while (a !== b) {
    // The deeper one goes first; both meet at the first block at the latest.
    if (a.block.index >= b.block.index) {
      removed.push(a);
      assert(a.parent !== null, "Two branches have no block in common");
      a = a.parent;
    } else {
      added.push(b);
      b = b.parent!;
    }
  }
  return { removed, added: added.reverse() };
}

/** The blocks of a branch from an index on, the first one first. */
export function branchFrom(last: Placed, index: number): Placed[] {
  const blocks: Placed[] = [];
  for (let at: Placed | null = last; at !== null && at.block.index >= index; at = at.parent) {
    blocks.push(at);
  }
  return blocks.reverse();
}

/** How deep a record lies: 1 in the last block; 0 where it is not in the branch. */
export function depthOf({ best }: Tree, key: string): number {
  const index = best.taken.get(key);
  return index === undefined ? 0 : best.block.index - index + 1;
}
