/** How the counter looks on stdout. */

import type { Json } from "../../../src/core/types.ts";
import { labelOf } from "../../../src/cli/output/format.ts";
import { clean, type Format, jsonLine } from "../../../src/cli/output/line.ts";

type Fields = Readonly<Record<string, Json>>;

/** A record that the app prints. */
export function recordLine(record: Json, format: Format): string {
  if (format.json) return jsonLine(record, format);
  const { from, of, add, taken_back, resumed, kept, total, ...more } = record as Fields;
  if (resumed !== undefined) {
    return `resumed ${resumed} kept ${kept === null ? "nothing" : (kept as Fields).total}\n`;
  }
  if (add !== undefined) return `${label(from)} ${signed(add as number)} = ${total}\n`;
  if (taken_back !== undefined) return `${label(from)} took back ${taken_back} = ${total}\n`;
  const head = of === undefined ? [] : [label(of)];
  const rest = Object.entries(total === undefined ? more : { ...more, total });
  const words = rest.map(([name, value]) => `${name} ${String(value).replaceAll(",", " ")}`);
  return clean(format, `${[...head, ...words].join(" ")}\n`.trimEnd()) + "\n";
}

function label(id: Json): string {
  return labelOf(id as string, "");
}

function signed(add: number): string {
  return add < 0 ? String(add) : `+${add}`;
}
