/** How blocks and records look on stdout. */

import type { Json } from "../../../core/types.ts";
import { type Block, hashOf, toJson } from "../blockchain.ts";
import { readData } from "../data.ts";
import { type ChainRecord, recordsIn } from "../record.ts";
import { clean, type Format, jsonLine } from "../../../cli/output/line.ts";
import { sha256 } from "../../../shell/crypto/crypto.ts";

/** Characters of a hash that tell blocks apart for people. */
const HASH_START_CHARS = 16;

/** What a text needs of a chain's rules. */
const RULES = { network: "", block_time_ms: 1, sha256 };

/** A whole chain as a file has it. */
export function chainText(blocks: readonly Block[]): string {
  // In the order of the description, whatever the one in which they came.
  const bare = blocks.map(({ index, prev_hash, data, nonce, time, target }): Block => {
    return { index, prev_hash, data, nonce, time, target };
  });
  return toJson({ rules: RULES, blocks: bare });
}

/** `INDEX HASH RECORDS`, or an object. */
export function blockLine(block: Block, format: Format): string {
  const hash = hashOf(RULES, block);
  if (format.json) return jsonLine({ ...block, hash }, format);
  return `${block.index} ${hash.slice(0, HASH_START_CHARS)} ${recordsOf(block).length}\n`;
}

/** The texts of a block, a line each, or objects. */
export function dataLines(block: Block, format: Format): string {
  return recordsOf(block).map(({ origin: from, item }) => {
    const data = readData(item);
    if (format.json) return jsonLine({ index: block.index, from, record: item }, format);
    if (typeof data === "string") return "";
    return `${clean(format, data.text.replaceAll("\n", "\\x0a"))}\n`;
  }).join("");
}

/** The records of a block that was checked by the node it is from. */
function recordsOf({ data }: Block): readonly ChainRecord[] {
  const records = recordsIn(data as Json, { sha256, verify: () => true });
  return typeof records === "string" ? [] : records;
}
