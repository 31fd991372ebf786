/** The stored numbers, as text, and checked. */

import type { Entry } from "../../../src/core/log/entry.ts";
import { jsonLine } from "../../../src/cli/output/line.ts";
import { csvRow } from "../../../src/cli/stored/csv.ts";
import type { StoredReader } from "../../../src/apps/app.ts";
import { readItem } from "./counter.ts";

const stored: StoredReader = {
  *export(entries, form, shown) {
    if (form === "csv") yield "origin,add\n";
    for (const some of entries) {
      for (const [origin, add] of some.flatMap(numbersOf)) {
        yield form === "csv"
          ? csvRow([origin, add], shown)
          : jsonLine({ from: origin, add }, { json: true, shown });
      }
    }
  },
  check: () => {
    let total = 0;
    return {
      take: (entries) => {
        for (const [, add] of entries.flatMap(numbersOf)) total += add;
      },
      end: () => ({
        fault: null,
        summary: `the counter stands at ${total}`,
        fields: [["counter", String(total)]],
      }),
    };
  },
};

export default stored;

function numbersOf({ origin, items }: Entry): [string, number][] {
  return items.flatMap((item): [string, number][] => {
    const add = readItem(item);
    return typeof add === "string" ? [] : [[origin, add]];
  });
}
