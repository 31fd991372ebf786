/** Transactions as people write them. */

import type { Json } from "../core/types.ts";
import { readTransaction } from "../core/apps/ledger.ts";

/** The textbook's names, and ours. */
const FIELDS: Readonly<Record<string, string>> = {
  ID: "id",
  From: "from",
  To: "to",
  Amount: "amount",
  id: "id",
  from: "from",
  to: "to",
  amount: "amount",
};

/** Reads `FROM TO AMOUNT [ID]` or a JSON object. */
export function parseTransaction(text: string): Json | { readonly fault: string } {
  const trimmed = text.trim();
  const item = trimmed.startsWith("{") ? parseObject(trimmed) : parseWords(trimmed);
  if ("fault" in item) return item as { fault: string };
  const transaction = readTransaction(item, "");
  return typeof transaction === "string" ? { fault: transaction } : item;
}

/** Reads the words of `FROM TO AMOUNT [ID]`. */
function parseWords(text: string): { readonly [key: string]: Json } {
  const words = text === "" ? [] : text.split(/\s+/);
  if (words.length < 3 || words.length > 4) {
    return { fault: `FROM TO AMOUNT [ID] is expected, not ${words.length} words` };
  }
  const [from, to, amount, id] = words;
  // Number() would also take 1e3, 0x10 and 5.0.
  if (!/^[0-9]+$/.test(amount)) {
    return {
      fault: `AMOUNT must be an integer from 1 to ${Number.MAX_SAFE_INTEGER}, not ${amount}`,
    };
  }
  const item = { from, to, amount: Number(amount) };
  return id === undefined ? item : { id, ...item };
}

function parseObject(text: string): { readonly [key: string]: Json } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: "this is not valid JSON" };
  }
  const item: Record<string, Json> = {};
  for (const [key, part] of Object.entries(value as Record<string, Json>)) {
    const name = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
    if (name === undefined) {
      return { fault: `${key} is not a field; allowed are id, from, to, amount` };
    }
    if (Object.hasOwn(item, name)) return { fault: `${name} is given twice` };
    // An integer past 2^53 was rounded when it was read: it is not what was written.
    item[name] = part;
  }
  return item;
}
