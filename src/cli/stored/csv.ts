/** CSV, as `rumor export` writes it. */

import { visible } from "../output/escape.ts";

/** A row of CSV by RFC 4180, but that it ends in a newline alone. */
export function csvRow(fields: readonly (string | number)[], shown: boolean): string {
  const cells = fields.map((field) => {
    const text = typeof field === "string" && shown ? visible(field) : String(field);
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${cells.join(",")}\n`;
}
