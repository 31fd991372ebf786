/** Transactions as people write them. */

import type { Json } from "../../../core/types.ts";
import { readTransaction } from "../ledger.ts";
import { countKeys, scanJson } from "../../../core/data/json_scan.ts";

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

/** A transaction to publish, or what is wrong with it. */
export type Parsed = Json | { readonly fault: string };
type Item = { readonly [key: string]: Json };

const AMOUNT_FAULT = `AMOUNT must be an integer from 1 to ${Number.MAX_SAFE_INTEGER}`;
const encoder = new TextEncoder();

/** Reads `FROM TO AMOUNT [ID]` or a JSON object. */
export function parseTransaction(text: string): Parsed {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) return check(parseObject(trimmed));
  return transactionOf(trimmed === "" ? [] : trimmed.split(/\s+/));
}

/** Makes a transaction of the words FROM, TO, AMOUNT and perhaps ID. */
export function transactionOf(words: readonly string[]): Parsed {
  if (words.length < 3 || words.length > 4) {
    return {
      fault: `FROM TO AMOUNT [ID] is expected, not ${words.length} word${
        words.length === 1 ? "" : "s"
      }`,
    };
  }
  const [from, to, amount, id] = words;
  // Number() would also take 1e3, 0x10 and 5.0.
  if (!/^[0-9]+$/.test(amount)) return { fault: `${AMOUNT_FAULT}, not ${amount}` };
  const item = { from, to, amount: Number(amount) };
  return check(id === undefined ? item : { id, ...item });
}

function check(item: Item): Parsed {
  if ("fault" in item) return item;
  const transaction = readTransaction(item, "");
  return typeof transaction === "string" ? { fault: transaction } : item;
}

function parseObject(text: string): Item {
  let value: Record<string, Json>;
  let is_integer = true;
  // What is parsed may be rounded already: only the text tells what was written.
  const look = (_key: string, part: unknown, context: { source?: string }) => {
    if (typeof part === "number" && !/^[0-9]+$/.test(context.source ?? "")) is_integer = false;
    return part;
  };
  try {
    value = JSON.parse(text, look as Parameters<typeof JSON.parse>[1]);
  } catch {
    return { fault: "this is not valid JSON" };
  }
  if (!is_integer) return { fault: AMOUNT_FAULT };
  if (scanJson(encoder.encode(text)).keys !== countKeys(value)) {
    return { fault: "a field is given twice" };
  }
  const item: Record<string, Json> = {};
  for (const [key, part] of Object.entries(value)) {
    const name = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
    if (name === undefined) {
      return { fault: `${key} is not a field; allowed are id, from, to, amount` };
    }
    if (Object.hasOwn(item, name)) return { fault: `${name} is given twice` };
    item[name] = part;
  }
  return item;
}
