/** What may be published: what fits a line, in a topic that there is room for, and what its app takes. */

import type { Json, Topic } from "../types.ts";
import { isWellFormed } from "../data/json_scan.ts";
import { type LogState, PRESENCE } from "../log/slice.ts";
import { itemBytes, type Publish } from "../publish/slice.ts";
import type { Refuse } from "../publish/turn.ts";
import { appOf, type Host } from "./slice.ts";
import { ITEM_JSON_BYTES_MAX, TOPICS_MAX } from "../data/limits.ts";

/** Tells of one item after the other why it may not be published here, or null. */
export function refuser(
  { apps, states }: Host,
  { topics, rules }: LogState,
  { drafts }: Publish,
  topic: Topic,
): Refuse {
  const app = appOf(apps, topic);
  const is_full = !topics.has(topic) && topics.size >= TOPICS_MAX && !rules.has(topic);
  const drafted = app?.refuse === undefined ? [] : drafts.get(topic)?.parts ?? [];
  const refuse = app?.refuse?.(states.get(app.name), drafted.flatMap(({ items }) => items));
  return (item: Json) => {
    if (itemBytes(item) > ITEM_JSON_BYTES_MAX) {
      return `more than ${ITEM_JSON_BYTES_MAX} bytes as JSON`;
    }
    if (!isWellFormed(item)) return "not valid Unicode";
    if (topic === PRESENCE) return "the topic presence is the nodes' own";
    if (is_full) return "there are too many topics here already";
    return refuse?.(item) ?? null;
  };
}
