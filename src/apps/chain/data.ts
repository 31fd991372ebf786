/** Data: records of text that a chain holds for whoever adds them. */

import type { Json } from "../../core/types.ts";
import { SharedMap } from "../../core/data/shared_map.ts";
import { asRule, type OrderRule } from "./order.ts";

/** The longest text, and the longest id. */
export const DATA_BYTES_MAX = 8_192;
const ID_CHARS_MAX = 255;
const encoder = new TextEncoder();

/** A record of text; one id counts once in a branch. */
export type DataItem = {
  readonly k: "data";
  readonly text: string;
  readonly id?: string;
};

/** The keys of the records of a branch that have ids, by these. */
type Ids = SharedMap<string, string>;

export const DATA: OrderRule = asRule<Ids>({
  name: "data",
  kinds: ["data"],
  initial: SharedMap.of(),
  fault: (item) => {
    const read = readData(item);
    return typeof read === "string" ? read : null;
  },
  done: (ids, item) => {
    const read = readData(item);
    return typeof read === "string" || read.id === undefined ? null : ids.get(read.id) ?? null;
  },
  apply: (ids, { item, key }) => {
    const read = readData(item);
    if (typeof read === "string") return { refused: read };
    if (read.id === undefined) return { state: ids };
    if (ids.has(read.id)) return { refused: `the id ${read.id} is used already` };
    return { state: ids.set(read.id, key) };
  },
  label: (item) => {
    const read = readData(item);
    return typeof read === "string" || read.id === undefined ? "a text" : `the text ${read.id}`;
  },
});

/** A record of text, or what is wrong with it. */
export function readData(item: Json): DataItem | string {
  const { k, text, id, ...more } = item as { readonly [key: string]: Json | undefined };
  if (k !== "data" || Object.keys(more).length > 0) return "this is no data";
  if (typeof text !== "string") return "its text is none";
  if (encoder.encode(text).length > DATA_BYTES_MAX) {
    return `its text has more than ${DATA_BYTES_MAX} bytes`;
  }
  if (id === undefined) return { k, text };
  const is_id = typeof id === "string" && id.length > 0 && id.length <= ID_CHARS_MAX;
  return is_id ? { k, text, id } : "its id is none";
}
