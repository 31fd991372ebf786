/** Which texts count: those without an id, and of each id the first of the branch. */

import type { Json } from "../../../../core/types.ts";
import { asJudge, type OrderJudge } from "./order_judge.ts";

/** The keys of what counts, by id. */
type Ids = ReadonlyMap<string, string>;

const TEXT_BYTES = 8_192, ID_CHARS = 255;
const encoder = new TextEncoder();

export const dataJudge: OrderJudge = asJudge<Ids>({
  name: "data",
  initial: new Map(),
  isForm: (item) => idOf(item) !== null,
  take: (ids, { item, key }) => {
    const id = idOf(item);
    if (id === null || (id !== undefined && ids.has(id))) return null;
    return id === undefined ? ids : new Map(ids).set(id, key);
  },
  difference: (ids, theirs) => {
    const others = theirs as ReadonlyMap<string, string>;
    for (const [id, key] of ids) {
      if (others.get(id) !== key) return `${others.get(id)} for the id ${id}, not ${key}`;
    }
    return others.size === ids.size ? null : `${others.size} ids, not ${ids.size}`;
  },
  lossText: (item) => {
    const id = idOf(item);
    return typeof id === "string" ? `the text ${id} does not count` : null;
  },
});

/** The id of a text as docs/chain.md says it; undefined without one, null where this is no text. */
export function idOf(item: Json): string | undefined | null {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
  const keys = Object.keys(item).sort().join(), { k, text, id } = item as Record<string, Json>;
  if (k !== "data" || typeof text !== "string") return null;
  if (encoder.encode(text).length > TEXT_BYTES) return null;
  if (keys === "k,text") return undefined;
  const is_id = keys === "id,k,text" && typeof id === "string" && id !== "";
  return is_id && id.length <= ID_CHARS ? id : null;
}
