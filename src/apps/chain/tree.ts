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

/** A block whose branch is here down to the first one; whatever can be seen of it alone is good. */
export interface Seen {
  readonly block: Block;
  readonly hash: string;
  readonly parent: Seen | null;
  /** How many hashes it took on average to make the branch up to here. */
  readonly work: bigint;
  /** What it orders. */
  readonly records: readonly ChainRecord[];
}

/** The same where all that it orders has a place there: a block that counts, or did. */
export interface Placed extends Seen {
  readonly parent: Placed | null;
  /** What the apps have made of the branch up to here. */
  readonly states: States;
  /** The keys of all records in the branch, with the index of their blocks. */
  readonly taken: SharedMap<string, number>;
}

/** What says which of two branches counts: of the last block of each. */
export interface BranchEnd extends Pick<Seen, "work" | "hash"> {
  readonly block: Pick<Block, "time">;
}

/**
 * All blocks that are known. What a block orders is only carried out when its branch would be the best:
 * a branch that is worth little costs little, however deep below it begins. Whether it is good does not
 * depend on when that is found out, so all nodes end with the same branch.
 */
export interface Tree {
  readonly rules: ChainRules;
  readonly order: readonly OrderRule[];
  readonly env: RecordEnv;
  readonly by_hash: SharedMap<string, Seen>;
  /** Blocks that were worked for and are bad, or stand behind one that is; nobody looks at them twice. */
  readonly bad: SharedMap<string, true>;
  /** The last block of the branch that counts. */
  readonly best: Placed;
}

/** How the branch that counts became another one. */
export interface Switch<B = Placed> {
  /** Blocks that no longer count, the last one first. */
  readonly removed: readonly B[];
  /** Blocks that count now, the first one first. */
  readonly added: readonly B[];
}

/** A block of a branch, as far as only their order matters. */
type Linked<B> = Pick<Seen, "block" | "hash"> & { readonly parent: B | null };

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
  | { readonly kind: "bad"; readonly tree: Tree; readonly hash: string; readonly why: string };

const BAD_PARENT = "the block before it is bad";
const TWICE: Refused = { refused: "it holds a record twice" };

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
  const by_hash = SharedMap.of<string, Seen>([[hash, best]]);
  return { rules, order, env, by_hash, bad: SharedMap.of(), best };
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
  const { by_hash, bad, best } = tree, hash = hashOf(tree.rules, block);
  if (by_hash.has(hash) || bad.has(hash)) return { kind: "known" };
  const parent = by_hash.get(block.prev_hash);
  if (parent === undefined && !bad.has(block.prev_hash)) return { kind: "orphan" };
  const seen = parent === undefined ? BAD_PARENT : look(tree, parent, block, hash);
  if (typeof seen === "string") {
    return { kind: "bad", tree: leaveOut(tree, [{ hash }]), hash, why: seen };
  }
  if (!counts(seen, best)) {
    const after = { ...tree, by_hash: by_hash.set(hash, seen) };
    return { kind: "placed", tree: after, hash, switched: { removed: [], added: [] } };
  }
  return carryOut(tree, seen);
}

/** What can be seen of a block without carrying out what it orders, or what is wrong with that. */
function look({ rules, env }: Tree, parent: Seen, block: Block, hash: string): Seen | string {
  const why = blockFault(rules, block, parent, parent.parent?.block, hash);
  if (why !== null) return why;
  if (JSON.stringify(block.data).length > BLOCK_DATA_BYTES_MAX) return "it holds too much";
  const records = recordsIn(block.data, env);
  if (typeof records === "string") return records;
  return { block, hash, parent, work: parent.work + workOf(hashNumber(block.target)), records };
}

/** Carries out what a branch orders that would be the best, which it is then, or it is bad. */
function carryOut(tree: Tree, last: Seen): Placing {
  const { by_hash, bad } = tree, { hash } = last, branch: Seen[] = [];
  let at: Seen = last;
  for (; !isPlaced(at); at = by_hash.get(at.parent!.hash) ?? at.parent!) {
    branch.push(at);
    if (bad.has(at.hash)) {
      return { kind: "bad", tree: leaveOut(tree, branch), hash, why: BAD_PARENT };
    }
  }
  let best: Placed = at;
  const edit = by_hash.edit();
  while (branch.length > 0) {
    const next = branch.at(-1)!, placed = orderRecords(tree, best, next);
    if (typeof placed === "string") {
      const after = { ...tree, by_hash: edit.finish() };
      return { kind: "bad", tree: leaveOut(after, branch), hash, why: placed };
    }
    edit.set(next.hash, best = placed);
    branch.pop();
  }
  const after = { ...tree, by_hash: edit.finish(), best };
  return { kind: "placed", tree: after, hash, switched: switchOf(tree.best, best) };
}

/** The tree where these are bad. */
function leaveOut(tree: Tree, blocks: readonly Pick<Seen, "hash">[]): Tree {
  const by_hash = tree.by_hash.edit(), bad = tree.bad.edit();
  for (const { hash } of blocks) {
    by_hash.delete(hash);
    bad.set(hash, true);
  }
  return { ...tree, by_hash: by_hash.finish(), bad: bad.finish() };
}

function isPlaced(seen: Seen): seen is Placed {
  return "states" in seen;
}

/** What a block's records make of the branch, or why one of them has no place in it. */
function orderRecords({ order }: Tree, parent: Placed, seen: Seen): Placed | string {
  const { index } = seen.block;
  let { states } = parent;
  const taken = parent.taken.edit();
  for (const record of seen.records) {
    const next = taken.has(record.key) ? TWICE : applyRecord(order, states, record, index);
    if (isRefused(next)) {
      // Nobody reads this version; the one before it is read again as it was.
      taken.finish();
      return next.refused;
    }
    taken.add(record.key, index);
    states = next;
  }
  return { ...seen, parent, states, taken: taken.finish() };
}

/** Whether a branch counts instead of another. */
export function counts(one: BranchEnd, other: BranchEnd): boolean {
  if (one.work !== other.work) return one.work > other.work;
  if (one.block.time !== other.block.time) return one.block.time < other.block.time;
  return one.hash < other.hash;
}

/** What leaves and what comes between two last blocks. */
export function switchOf<B extends Linked<B>>(from: B, to: B): Switch<B> {
  const removed: B[] = [], added: B[] = [];
  let a = from, b = to;
  while (a.hash !== b.hash) {
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
export function branchFrom<B extends Linked<B>>(last: B, index: number): B[] {
  const blocks: B[] = [];
  for (let at: B | null = last; at !== null && at.block.index >= index; at = at.parent) {
    blocks.push(at);
  }
  return blocks.reverse();
}

/** How deep a record lies: 1 in the last block; 0 where it is not in the branch. */
export function depthOf({ best }: Tree, key: string): number {
  const index = best.taken.get(key);
  return index === undefined ? 0 : best.block.index - index + 1;
}
