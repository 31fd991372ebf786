/**
 * The blockchain of the textbook, usable alone: a list of blocks, each of which names the hash of the
 * one before it and shows work. Pure: the hash function comes in with the rules, and so does the time.
 *
 *     const chain = newChain({ network: "demo", block_time_ms: 5_000, sha256 });
 *     const block = mineBlock(chain, "hello", lastHash(chain), { time: Date.now() });
 *     verifyBlock(chain, block);            // null, or what is wrong
 *     const longer = addBlock(chain, block);
 */

import type { Json } from "../../core/types.ts";
import { isCount } from "../../core/log/entry.ts";
import { JSON_DEPTH_MAX, TIME_MS_MAX } from "../../core/data/limits.ts";
import { FLOOR_HASHES, floorTarget, nextTarget, type Pace } from "./difficulty.ts";
import { encodeHeader, INDEX_MAX } from "./header.ts";
import { searchNonce } from "./miner/search.ts";
import { HASH_CHARS, hashNumber, hashText, isHashText, workOf } from "./work.ts";

/** What makes a network's chain another than every other one. */
export interface ChainRules {
  readonly network: string;
  /** How long a block should take, in milliseconds. */
  readonly block_time_ms: number;
  /** Hashes that the first block takes at least; 2^16 but in simulations. */
  readonly floor_hashes?: number;
  /** SHA-256, in base64url. */
  readonly sha256: (bytes: Uint8Array) => string;
}

/** A block, as it stands in a file and travels. */
export interface Block {
  readonly index: number;
  /** The hash of the header before it, in hexadecimal. */
  readonly prev_hash: string;
  /** What it orders. */
  readonly data: Json;
  readonly nonce: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** What its hash is at most, in hexadecimal. */
  readonly target: string;
}

/** A chain: at least its first block, which every node of a network makes alike. */
export interface Chain {
  readonly rules: ChainRules;
  readonly blocks: readonly Block[];
}

/** What is wrong with a chain, and with which block; null where no block is to blame. */
export interface ChainFault {
  readonly index: number | null;
  readonly why: string;
}

/** Nobody made the first block. */
const NO_HASH = "0".repeat(HASH_CHARS);
const BLOCK_KEYS = "data,index,nonce,prev_hash,target,time";
const NONCES = Number.MAX_SAFE_INTEGER;
const encoder = new TextEncoder();

/** A chain with nothing but its first block. */
export function newChain(rules: ChainRules): Chain {
  return { rules, blocks: [genesisOf(rules)] };
}

/**
 * The first block: the network's name and the rules, so that networks which differ never mix. A floor
 * other than the usual one is told, too; a chain that has one is never read from a file.
 */
export function genesisOf(
  { network, block_time_ms, floor_hashes = FLOOR_HASHES }: ChainRules,
): Block {
  const floor: { [key: string]: Json } = floor_hashes === FLOOR_HASHES ? {} : { floor_hashes };
  return {
    index: 0,
    prev_hash: NO_HASH,
    data: { network, block_time_ms, ...floor },
    nonce: 0,
    time: 0,
    target: hashText(floorTarget(0, floor_hashes)),
  };
}

/** The hash of a block: SHA-256 of its header, in hexadecimal. */
export function hashOf({ sha256 }: ChainRules, block: Block): string {
  return hexOf(sha256(headerOf({ sha256 }, block)));
}

/** The header of a block; a miner fills in the nonce. */
export function headerOf(
  { sha256 }: Pick<ChainRules, "sha256">,
  { index, prev_hash, data, nonce, time, target }: Block,
): Uint8Array<ArrayBuffer> {
  const data_hash = hexOf(sha256(encoder.encode(JSON.stringify(data))));
  return encodeHeader({ index, prev_hash, data_hash, target: hashNumber(target), time, nonce });
}

/** The hash that the next block has to name. */
export function lastHash({ rules, blocks }: Chain): string {
  return hashOf(rules, blocks.at(-1)!);
}

/** How many blocks there are, with the first. */
export function lengthOf({ blocks }: Chain): number {
  return blocks.length;
}

/** What the blocks behind the first order. */
export function dataOf({ blocks }: Chain): Json[] {
  return blocks.slice(1).map(({ data }) => data);
}

/**
 * Makes the next block of a chain: looks for its nonce until it is found. A time that is not behind
 * the last block's becomes the first that is. Throws where `prev_hash` is not the last hash.
 */
export function mineBlock(
  chain: Chain,
  data: Json,
  prev_hash: string,
  { time }: { readonly time: number },
): Block {
  if (prev_hash !== lastHash(chain)) throw new Error("the block before it is not the last one");
  const block = draftBlock(chain, data, time);
  const nonce = searchNonce(headerOf(chain.rules, block), 0, NONCES);
  if (nonce === null) throw new Error("no nonce makes this block good");
  return { ...block, nonce };
}

/** The next block of a chain, but for its nonce. */
export function draftBlock(chain: Chain, data: Json, time: number): Block {
  const { rules, blocks } = chain, block = blocks.at(-1)!;
  return draftOn(rules, { block, hash: lastHash(chain) }, blocks.at(-2), data, time);
}

/** The block behind another one, but for its nonce. */
export function draftOn(
  { block_time_ms, floor_hashes }: ChainRules,
  { block: last, hash }: { readonly block: Block; readonly hash: string },
  grandparent: Pick<Block, "time"> | undefined,
  data: Json,
  time: number,
): Block {
  return {
    index: last.index + 1,
    prev_hash: hash,
    data,
    nonce: 0,
    time: Math.max(time, last.time + 1),
    target: hashText(nextTarget(paceOf(last, grandparent), block_time_ms, floor_hashes)),
  };
}

/** What is wrong with a block behind the last one of a chain, or null. What it orders is not looked at. */
export function verifyBlock({ rules, blocks }: Chain, block: unknown): string | null {
  const last = blocks.at(-1)!;
  return blockFault(rules, block, { block: last, hash: hashOf(rules, last) }, blocks.at(-2));
}

/** The same where the hash of the block before it is known, and maybe its own. */
export function blockFault(
  rules: ChainRules,
  block: unknown,
  before: { readonly block: Block; readonly hash: string },
  grandparent: Pick<Block, "time"> | undefined,
  hash?: string,
): string | null {
  if (!isBlock(block)) return "this is no block";
  const last = before.block;
  if (block.index !== last.index + 1) return `its index is not ${last.index + 1}`;
  if (block.prev_hash !== before.hash) {
    return "its prev_hash is not the hash of the block before it";
  }
  if (block.time <= last.time) return "its time is not behind that of the block before it";
  const { block_time_ms, floor_hashes } = rules;
  const target = nextTarget(paceOf(last, grandparent), block_time_ms, floor_hashes);
  if (block.target !== hashText(target)) return "its target is not the one that is due";
  return hashNumber(hash ?? hashOf(rules, block)) <= target ? null : "it shows too little work";
}

/** What is wrong with a chain, or null: its first fault. */
export function verifyChain({ rules, blocks }: Chain): ChainFault | null {
  const genesis = genesisOf(rules);
  if (JSON.stringify(sorted(blocks[0])) !== JSON.stringify(sorted(genesis))) {
    return { index: 0, why: "it is not the first block of this network" };
  }
  let hash = hashOf(rules, genesis);
  for (let index = 1; index < blocks.length; index++) {
    const before = { block: blocks[index - 1], hash };
    const why = blockFault(rules, blocks[index], before, blocks[index - 2]);
    if (why !== null) return { index, why };
    hash = hashOf(rules, blocks[index]);
  }
  return null;
}

/** A chain with another block at its end. Nothing is verified here. */
export function addBlock({ rules, blocks }: Chain, block: Block): Chain {
  return { rules, blocks: [...blocks, block] };
}

/** A chain as JSON: `{"length", "difficulty", "chain": [...]}`. */
export function toJson(chain: Chain): string {
  const { blocks } = chain;
  return JSON.stringify({ length: blocks.length, difficulty: difficultyOf(chain), chain: blocks });
}

/** How many hashes the last block took on average. */
export function difficultyOf({ blocks }: Chain): number {
  return Number(workOf(hashNumber(blocks.at(-1)!.target)));
}

/**
 * The chain in a JSON text of `toJson()`; what is wrong with the text, where it is no such thing. What
 * it claims (its length, difficulty and indices) must be so; whether the blocks are good is for
 * `verifyChain()` to say. Whatever rules the first block names are those that it is read by.
 */
export function fromJson(text: string, sha256: ChainRules["sha256"]): Chain | ChainFault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { index: null, why: "this is no JSON" };
  }
  const { length, difficulty, chain: blocks } = (value ?? {}) as Record<string, unknown>;
  if (!Array.isArray(blocks) || blocks.length === 0) {
    return { index: null, why: "there is no chain" };
  }
  for (const [index, block] of blocks.entries()) {
    if (!isBlock(block)) return { index, why: "this is no block" };
    if (isDeeper(block.data, JSON_DEPTH_MAX)) {
      return { index, why: "its data is nested too deeply" };
    }
    if (block.index !== index) return { index, why: `its index is not ${index}` };
  }
  const rules = rulesOf(blocks[0], sha256);
  if (rules === null) return { index: 0, why: "the first block names no rules" };
  const chain = { rules, blocks };
  if (length !== blocks.length) return { index: null, why: `the length is not ${blocks.length}` };
  const real = difficultyOf(chain);
  return difficulty === real ? chain : { index: null, why: `the difficulty is not ${real}` };
}

/** Whether a value has more levels than these: to write it again as JSON may take the whole stack. */
function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1));
}

/** The rules that a first block names, or null. */
function rulesOf({ data }: Block, sha256: ChainRules["sha256"]): ChainRules | null {
  const { network, block_time_ms } = (data ?? {}) as Record<string, unknown>;
  return typeof network === "string" && isCount(block_time_ms, 1)
    ? { network, block_time_ms, sha256 }
    : null;
}

/** Whether a value has the form of a block. */
export function isBlock(value: unknown): value is Block {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  if (Object.keys(value).sort().join() !== BLOCK_KEYS) return false;
  const { index, prev_hash, data, nonce, time, target } = value as Record<string, unknown>;
  if (isDeeper(data as Json, JSON_DEPTH_MAX)) return false;
  return isCount(index, 0) && index <= INDEX_MAX && isHashText(prev_hash) && isHashText(target) &&
    isCount(nonce, 0) && isCount(time, 0) && time <= TIME_MS_MAX;
}

function paceOf(block: Block, parent: Pick<Block, "time"> | undefined): Pace {
  const { index, target, time } = block;
  // How long the first block after the genesis took nobody knows.
  const solve_ms = parent === undefined ? null : time - parent.time;
  return { index, target: hashNumber(target), solve_ms };
}

function sorted(value: Block): Block {
  const { index, prev_hash, data, nonce, time, target } = value;
  return { index, prev_hash, data, nonce, time, target };
}

function hexOf(base64url: string): string {
  return Uint8Array.fromBase64(base64url, { alphabet: "base64url" }).toHex();
}
