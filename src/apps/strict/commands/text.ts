/** How payments and balances look on stdout. Pure. */

import type { StrictRecord } from "../app.ts";
import { contentOf } from "../items.ts";
import { clean, cleanJson, type Format, jsonLine } from "../../../cli/output/line.ts";

/** `ID FROM TO AMOUNT`, behind `taken back` where it no longer counts; or an object. */
export function recordLine({ index, item, is_taken_back }: StrictRecord, format: Format): string {
  if (!format.json) {
    const text = `${item.id} ${contentOf(item)}`;
    return `${clean(format, is_taken_back ? `taken back ${text}` : text)}\n`;
  }
  const { id, to, amount } = item, from = item.k === "pay" ? item.from : null;
  const object = { index, id, from, to, amount };
  return jsonLine(is_taken_back ? { ...object, taken_back: true } : object, format);
}

/** Balances as `ACCOUNT AMOUNT`, or as JSON. */
export function balanceLines(
  rows: readonly (readonly [account: string, amount: string])[],
  format: Format,
): string {
  return rows.map(([account, amount]) => {
    if (!format.json) return `${clean(format, account)} ${amount}\n`;
    // Amounts can pass 2^53: they are written as they are, not as a rounded number.
    const json = `{"account":${JSON.stringify(account)},"amount":${amount}}`;
    return `${cleanJson(format, json)}\n`;
  }).join("");
}
