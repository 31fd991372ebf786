/**
 * Nodes that mine together, without hashing: who finds the next block, and when, the dice say, each node
 * by its power and the target that is due for it. What counts, what a block needs, and what switches is
 * decided by the functions of a running node.
 */

import { assert } from "@std/assert/assert";
import { Clock } from "../../../sim/clock.ts";
import { fakeCrypto } from "../../../sim/crypto.ts";
import { Dice } from "../../../sim/dice.ts";
import { draftOn } from "../blockchain.ts";
import { lookPause } from "../mining.ts";
import { counts, newTree, placeBlock, type Seen, switchOf, type Tree } from "../tree.ts";
import { hashNumber, workOf } from "../work.ts";

/** So many blocks, and how it is until the last of them. */
export interface Phase {
  readonly blocks: number;
  /** The power of all nodes together. */
  readonly hashes_per_s: number;
  /** How long a block is on its way to another node: from half of it to half as long again. */
  readonly delay_ms: number;
}

/** Who mines. */
export interface MinersOptions {
  readonly nodes: number;
  readonly block_time_ms: number;
  /**
   * One after the other. The first power is that of the nodes, in equal parts. Where a later phase has
   * more, as many newcomers bring it; where it has less, the nodes have less.
   */
  readonly phases: readonly Phase[];
  readonly seed: number;
}

/** A node found that another branch counts, and left blocks of its own. */
export interface Rewind {
  /** How many blocks it left, and the index of the first of them. */
  readonly blocks: number;
  readonly index: number;
}

/** What they made. */
export interface MinedTree {
  /** The last block of the branch that counts for all in the end. */
  readonly best: Seen;
  /** Every block but the first of all, in the order in which they were found. */
  readonly blocks: readonly Seen[];
  /** Of the nodes that mine from beginning to end. */
  readonly rewinds: readonly Rewind[];
}

/** One who mines. */
interface Miner {
  readonly newcomer: boolean;
  best: Seen;
  /** When it saw that block. */
  seen_ms: number;
  hashes_per_ms: number;
  /** How many blocks it finds on average in a millisecond. */
  rate: number;
}

/** A hash has 43 characters in base64url; with so many of 0, each target takes it. */
const ZERO_CHARS = 21;

/** Mines all phases, and lets everybody hear of everything. Same seed, same blocks. */
export function mineTogether(options: MinersOptions): MinedTree {
  return new Miners(options).run();
}

class Miners {
  readonly #options: MinersOptions;
  readonly #dice: Dice;
  readonly #clock = new Clock(null, 0);
  readonly #miners: readonly Miner[];
  readonly #blocks: Seen[] = [];
  readonly #rewinds: Rewind[] = [];
  /** When blocks reach each miner. */
  readonly #reaches_ms = new Map<string, readonly number[]>();
  /** How many hashes it takes on average to find the block behind one. */
  readonly #hashes = new Map<string, number>();
  readonly #pause_ms: number;
  #tree: Tree;
  #delay_ms = 0;
  #now_ms = 0;
  /** Of all miners together. */
  #rate = 0;

  constructor(options: MinersOptions) {
    const { nodes, phases, block_time_ms, seed } = options, { sha256 } = fakeCrypto();
    this.#options = options;
    this.#dice = Dice.of(seed, "miners");
    this.#pause_ms = lookPause(options);
    // Who found a block, the dice say. So each hash is good, and no two are the same.
    const good = (bytes: Uint8Array) => "A".repeat(ZERO_CHARS) + sha256(bytes).slice(ZERO_CHARS);
    const rules = { network: "sim", block_time_ms, sha256: good };
    this.#tree = newTree(rules, [], { sha256: good, verify: () => false });
    const grows = phases.some(({ hashes_per_s }) => hashes_per_s > phases[0].hashes_per_s);
    this.#miners = Array.from({ length: grows ? 2 * nodes : nodes }, (_, at) => ({
      newcomer: at >= nodes,
      best: this.#tree.best,
      seen_ms: 0,
      hashes_per_ms: 0,
      rate: 0,
    }));
  }

  run(): MinedTree {
    let last = 0;
    for (const { blocks, hashes_per_s, delay_ms } of this.#options.phases) {
      this.#share(hashes_per_s);
      this.#delay_ms = delay_ms;
      last += blocks;
      this.#mineUpTo(last);
    }
    while (this.#clock.next_ms < Infinity) this.#clock.step();
    const { best } = this.#tree;
    for (const miner of this.#miners) {
      assert(miner.best.hash === best.hash, "two nodes do not agree");
    }
    return { best, blocks: this.#blocks, rewinds: this.#rewinds };
  }

  #share(hashes_per_s: number): void {
    const { nodes, phases: [first] } = this.#options;
    const old = Math.min(hashes_per_s, first.hashes_per_s), added = hashes_per_s - old;
    for (const miner of this.#miners) {
      miner.hashes_per_ms = (miner.newcomer ? added : old) / nodes / 1_000;
    }
  }

  /** Lets time pass until some branch has a block of this index. */
  #mineUpTo(index: number): void {
    this.#sumRates();
    // Blocks come as a Poisson process: an exponential wait, which passes faster the more they mine.
    let wait = this.#drawWait();
    while (this.#tree.best.block.index < index) {
      const found_ms = this.#now_ms + wait / this.#rate, next_ms = this.#clock.next_ms;
      if (found_ms < next_ms) {
        this.#now_ms = found_ms;
        this.#find(this.#pick());
        this.#sumRates();
        wait = this.#drawWait();
      } else {
        wait -= (next_ms - this.#now_ms) * this.#rate;
        this.#now_ms = next_ms;
        this.#clock.step();
      }
    }
  }

  /** Anew with each block, so that no errors of rounding gather. */
  #sumRates(): void {
    this.#rate = 0;
    for (const miner of this.#miners) {
      miner.rate = miner.hashes_per_ms / this.#hashesBehind(miner.best);
      this.#rate += miner.rate;
    }
  }

  #drawWait(): number {
    return -Math.log(1 - this.#dice.next());
  }

  /** One of the miners, by its part of all blocks that are found now. */
  #pick(): Miner {
    let left = this.#dice.next() * this.#rate;
    // Rounding may leave a crumb behind the last one.
    return this.#miners.find(({ rate }) => (left -= rate) < 0) ?? this.#miners[0];
  }

  #find(miner: Miner): void {
    const { rules } = this.#tree, { best, seen_ms } = miner, pause_ms = this.#pause_ms;
    // A block has the time at which it was put together, as in `steer()`.
    const looks = Math.floor((this.#now_ms - seen_ms) / pause_ms);
    const time = Math.floor(seen_ms + looks * pause_ms);
    const draft = draftOn(rules, best, best.parent?.block, [], time);
    // Two nodes may put together the same block; their nonces tell them apart.
    const placing = placeBlock(this.#tree, { ...draft, nonce: this.#blocks.length });
    assert(placing.kind === "placed", "a block that was drawn is not good");
    this.#tree = placing.tree;
    const placed = placing.tree.by_hash.get(placing.hash)!;
    this.#blocks.push(placed);
    this.#spread(placed, miner);
  }

  /** Each gets a block after its delay, and never before the block's parent: delivery is causal. */
  #spread(placed: Seen, from: Miner): void {
    const before_ms = this.#reaches_ms.get(placed.parent!.hash);
    const reaches_ms = this.#miners.map((miner, at) => {
      if (miner === from) return this.#now_ms;
      const delay_ms = this.#delay_ms * (0.5 + this.#dice.next());
      return Math.max(this.#now_ms + delay_ms, before_ms?.[at] ?? 0);
    });
    this.#reaches_ms.set(placed.hash, reaches_ms);
    this.#take(from, placed);
    for (const [at, miner] of this.#miners.entries()) {
      if (miner === from) continue;
      this.#clock.at(reaches_ms[at], "work", () => this.#take(miner, placed));
    }
    // From then on all have it, whenever a block comes behind it.
    const all_ms = reaches_ms.reduce((last, one) => Math.max(last, one), 0);
    this.#clock.at(all_ms, "work", () => this.#reaches_ms.delete(placed.hash));
  }

  #take(miner: Miner, placed: Seen): void {
    if (!counts(placed, miner.best)) return;
    const { removed } = switchOf(miner.best, placed);
    const [newest] = removed;
    if (newest !== undefined && !miner.newcomer) {
      const index = newest.block.index - removed.length + 1;
      this.#rewinds.push({ blocks: removed.length, index });
    }
    miner.best = placed;
    miner.seen_ms = this.#now_ms;
    this.#rate -= miner.rate;
    miner.rate = miner.hashes_per_ms / this.#hashesBehind(placed);
    this.#rate += miner.rate;
  }

  #hashesBehind(placed: Seen): number {
    const known = this.#hashes.get(placed.hash);
    if (known !== undefined) return known;
    const { target } = draftOn(this.#tree.rules, placed, placed.parent?.block, [], 0);
    const hashes = Number(workOf(hashNumber(target)));
    this.#hashes.set(placed.hash, hashes);
    return hashes;
  }
}
