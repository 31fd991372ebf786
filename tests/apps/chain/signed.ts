/** Real chains for tests: signed records, and blocks that were worked for. */

import type { Json } from "../../../src/core/types.ts";
import { encodeUnsigned, sealEntry } from "../../../src/core/log/entry.ts";
import {
  addBlock,
  type Block,
  type Chain,
  type ChainRules,
  draftBlock,
  headerOf,
  lastHash,
  mineBlock,
  newChain,
} from "../../../src/apps/chain/blockchain.ts";
import { searchNonce } from "../../../src/apps/chain/miner/search.ts";
import { type ChainRecord, linesOf, RECORDS, recordsOf } from "../../../src/apps/chain/record.ts";
import { makeIdentity, sha256 } from "../../../src/shell/crypto/crypto.ts";

/** When the first block behind the genesis was made; the others follow in the block time. */
export const BEGAN_MS = 1_700_000_000_000;

const identity = makeIdentity();
const decoder = new TextDecoder();

/** The rules of a network. */
export function rulesOf(network = "rumor", block_time_ms = 5_000): ChainRules {
  return { network, block_time_ms, sha256 };
}

/** The records of one signed entry. */
export function signedRecords(
  items: readonly Json[],
  { seq = 1, topic = RECORDS }: { readonly seq?: number; readonly topic?: string } = {},
): ChainRecord[] {
  const fields = {
    origin: identity.id,
    topic,
    seq,
    previous: seq === 1 ? "" : "A".repeat(43),
    time_ms: BEGAN_MS,
    first: seq,
    deps: [],
    items,
  };
  const unsigned = encodeUnsigned(fields);
  const { line } = sealEntry(fields, unsigned, identity.sign(unsigned));
  const bytes = line.subarray(0, line.length - 1);
  return recordsOf(fields, decoder.decode(bytes), sha256(bytes));
}

/** The data of a block that orders a text. */
export function textData(text: string, seq: number, id?: string): Json {
  const item = { k: "data", text, ...(id !== undefined && { id }) };
  return linesOf(signedRecords([item], { seq })) as Json;
}

/** A chain with one more block, worked for. */
export function mined(chain: Chain, data: Json): Chain {
  const time = BEGAN_MS + chain.blocks.length * chain.rules.block_time_ms;
  return addBlock(chain, mineBlock(chain, data, lastHash(chain), { time }));
}

/** A chain of blocks with a text each. */
export function textChain(rules: ChainRules, texts: readonly string[]): Chain {
  return texts.reduce(
    (chain, text, index) => mined(chain, textData(text, index + 1)),
    newChain(rules),
  );
}

/** The next block of a chain with some parts replaced, worked for as these say. */
export function workedWith(chain: Chain, data: Json, parts: Partial<Block>): Block {
  const time = BEGAN_MS + chain.blocks.length * chain.rules.block_time_ms;
  const block = { ...draftBlock(chain, data, time), ...parts };
  const nonce = searchNonce(headerOf(chain.rules, block), 0, Number.MAX_SAFE_INTEGER);
  return { ...block, nonce: nonce! };
}
