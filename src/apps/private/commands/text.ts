/** How private messages look on stdout. */

import { labelOf, plainLines } from "../../../cli/output/format.ts";
import { contentOf } from "../../../cli/input/items.ts";
import { clean, type Format, jsonLine } from "../../../cli/output/line.ts";
import type { PrivateRecord } from "../app.ts";

/** `[pm from NAME] TEXT`, or objects. */
export function showMessages(
  { from, name, time_ms, items }: PrivateRecord,
  format: Format,
): (string | Uint8Array)[] {
  if (!format.json) {
    const label = clean(format, labelOf(from, name));
    return plainLines(items, format, `[pm from ${label}] `);
  }
  const object = { private: true, from, name, time: new Date(time_ms).toISOString() };
  return items.map((item) => jsonLine({ ...object, ...contentOf(item) }, format));
}
