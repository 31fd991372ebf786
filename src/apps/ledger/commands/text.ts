/** How payments and balances look on stdout. Pure. */

import type { Applied, Transaction } from "../ledger.ts";
import { clean, cleanJson, type Format, jsonLine } from "../../../cli/output/line.ts";

/** The line of an applied transaction: `ID FROM TO AMOUNT`, or an object. */
export function appliedLine(
  { transaction, replaced }: Applied,
  format: Format,
): string {
  if (!format.json) return `${clean(format, transactionText(transaction))}\n`;
  const { id, from, to, amount } = transaction;
  const object = { id, from, to, amount };
  return jsonLine(replaced === null ? object : { ...object, replaces: replaced }, format);
}

/** Balances as `ACCOUNT AMOUNT`: aligned for a terminal, plain otherwise, or as JSON. */
export function formatBalances(
  rows: readonly (readonly [string, string])[],
  format: Format & { readonly align: boolean },
): string {
  if (format.json) {
    // Amounts can pass 2^53: they are written as they are, not as a rounded number.
    return rows.map(([account, amount]) =>
      `${cleanJson(format, `{"account":${JSON.stringify(account)},"amount":${amount}}`)}\n`
    ).join("");
  }
  const names = rows.map(([account]) => clean(format, account));
  const amounts = rows.map(([, amount]) => amount);
  const name_width = format.align ? Math.max(0, ...names.map((name) => name.length)) : 0;
  const amount_width = format.align ? Math.max(0, ...amounts.map((text) => text.length)) : 0;
  return names.map((name, row) =>
    `${name.padEnd(name_width)} ${amounts[row].padStart(amount_width)}\n`
  ).join("");
}

function transactionText({ id, from, to, amount }: Transaction): string {
  return `${id} ${from} ${to} ${amount}`;
}
