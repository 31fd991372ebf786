/** What a node answers about names, and how it looks on stdout. */

import { isIdText } from "../../../core/data/public_key.ts";
import type { Rows } from "../../../cli/guest/inquiry.ts";
import { clean, type Format, jsonLine } from "../../../cli/output/line.ts";
import { linkFault, nameFault } from "../texts.ts";

/** A name, and who has it. */
export interface Named {
  readonly name: string;
  readonly link: string;
  readonly owner: string;
  /** What the owner calls itself, "" for nothing. */
  readonly owner_name: string;
  readonly index: number;
}

/** The names in an answer; null where it makes no sense. */
export function readRows(rows: Rows): readonly Named[] | null {
  const all: Named[] = [];
  for (const row of rows) {
    // Nobody has it any more.
    if (row.length === 1) continue;
    const [name, link, owner, owner_name, index] = row;
    const is_named = nameFault(name) === null && linkFault(link) === null && isIdText(owner);
    if (!is_named || !/^[0-9]{1,10}$/.test(index)) return null;
    all.push({ name, link, owner, owner_name, index: Number(index) });
  }
  return all;
}

/** The line of a name: `NAME LINK OWNER`, or an object. */
export function namedLine(named: Named, format: Format): string {
  if (format.json) return jsonLine(named, format);
  const { name, link, owner } = named;
  return `${clean(format, oneWord(name))} ${clean(format, link)} ${owner}\n`;
}

/** A name as one word, which means one name: `\x20` is its space, `\x5c` its backslash. */
function oneWord(name: string): string {
  return name.replaceAll("\\", "\\x5c").replaceAll(" ", "\\x20");
}
