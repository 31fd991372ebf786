/** Chains without work for tests: a hash that every target takes, records, and blocks of them. */

import type { Json } from "../../../src/core/types.ts";
import { type Block, type ChainRules, draftBlock } from "../../../src/apps/chain/blockchain.ts";
import { asRule, type OrderRule } from "../../../src/apps/chain/order.ts";
import {
  type ChainRecord,
  linesOf,
  readRecords,
  type RecordEnv,
  RECORDS,
} from "../../../src/apps/chain/record.ts";
import { branchFrom, newTree, type Seen, type Tree } from "../../../src/apps/chain/tree.ts";
import { crypto, makeLine, ORIGINS } from "../../helpers/history.ts";

const decoder = new TextDecoder();

/** SHA-256, but that it begins with 48 bits of 0, which every target near the floor takes. */
function easySha256(bytes: Uint8Array): string {
  return `AAAAAAAA${crypto.sha256(bytes).slice(8)}`;
}

export const RULES: ChainRules = { network: "test", block_time_ms: 5_000, sha256: easySha256 };
export const CRYPTO: RecordEnv = { sha256: crypto.sha256, verify: crypto.verify };

/** An app that keeps words, each once, and refuses `bad`. */
export const WORDS: OrderRule = asRule<readonly string[]>({
  name: "words",
  kinds: ["word"],
  initial: [],
  fault: () => null,
  apply: (state, { item }) => {
    const { word } = item as { word: string };
    if (word === "bad" || state.includes(word)) return { refused: `${word} has no place here` };
    return { state: [...state, word] };
  },
  label: () => "a word",
});

/** The first block alone. */
export function emptyTree(order: readonly OrderRule[] = [WORDS]): Tree {
  return newTree(RULES, order, CRYPTO);
}

/** Records of one entry that holds these items. */
export function recordsOfItems(items: readonly Json[], seq = 1, who = 0): ChainRecord[] {
  const line = decoder.decode(makeLine({
    origin: ORIGINS[who],
    topic: RECORDS,
    seq,
    previous: seq === 1 ? "" : "h".repeat(43),
    items: JSON.stringify(items),
  }));
  const records = readRecords(line, CRYPTO);
  if (typeof records === "string") throw new Error(records);
  return records;
}

/** A record with a word. */
export function wordRecord(word: string, seq = 1, who = 0): ChainRecord {
  return recordsOfItems([{ k: "word", word }], seq, who)[0];
}

/** A block behind another one. */
export function blockOn(
  last: Seen,
  records: readonly ChainRecord[],
  solve_ms = 5_000,
): Block {
  const chain = { rules: RULES, blocks: branchFrom(last, 0).map(({ block }) => block) };
  return draftBlock(chain, linesOf(records) as Json, last.block.time + solve_ms);
}
