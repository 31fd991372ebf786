/** How votes look on stdout. */

import { visible } from "../../../cli/output/escape.ts";
import { type Format, jsonLine } from "../../../cli/output/line.ts";

/**
 * A word as one field of a line: white space and the backslash are escaped, too, so that a script
 * finds as many fields as there are.
 */
export function fieldText(word: string): string {
  return visible(word.replace(/[\s\\]/g, (character) => {
    const hex = character.charCodeAt(0).toString(16);
    return hex.length > 2 ? `\\u${hex.padStart(4, "0")}` : `\\x${hex.padStart(2, "0")}`;
  }));
}

/** A choice and its votes. */
export type Count = { readonly choice: string; readonly count: number };

/** What a node answers to the question `votes`, or null where that makes no sense. */
export function readTally(rows: readonly (readonly string[])[]): readonly Count[] | null {
  const counts = rows.map(([choice = "", count = ""]) => ({
    choice,
    count: /^[0-9]{1,15}$/.test(count) ? Number(count) : -1,
  }));
  return counts.every(({ choice, count }) => choice !== "" && count >= 0) ? counts : null;
}

/** CHOICE COUNT, a line each; or objects. */
export function tallyText(counts: readonly Count[], format: Format): string {
  const line = ({ choice, count }: Count) => `${fieldText(choice)} ${count}\n`;
  return counts.map((count) => format.json ? jsonLine(count, format) : line(count)).join("");
}
