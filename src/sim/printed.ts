/** What simulated nodes printed, as texts for tests and traces. */

import type { Json, Printed } from "../core/types.ts";

/** The texts of a record of an app; `nameOf` gives the name of the node with an id. */
export type ShowRecord = (app: string, record: Json, nameOf: (id: string) => string) => string[];

/** Records of apps as JSON. */
export function showJson(_app: string, record: Json): string[] {
  return [JSON.stringify(record)];
}

/** One text for each item or gap, and what `show` says of records. */
export function printedTexts(
  printed: Printed,
  show: ShowRecord,
  nameOf: (id: string) => string,
): string[] {
  switch (printed.kind) {
    case "items":
      return printed.items.map(textOf);
    case "record":
      return show(printed.app, printed.record, nameOf);
    case "gap": {
      const { topic, origin, from, to } = printed.gap;
      return [`(gap ${nameOf(origin)}/${topic} ${from}-${to})`];
    }
  }
}

function textOf(item: Json): string {
  return typeof item === "string" ? item : JSON.stringify(item);
}
