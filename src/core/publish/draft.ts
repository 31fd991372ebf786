/** Drafts: items of this node that wait to become entries. */

import type { Json, Topic } from "../types.ts";
import type { Draft, DraftItem, Turn } from "../state.ts";
import { ITEM_JSON_BYTES_MAX } from "../data/limits.ts";

const encoder = new TextEncoder();

/** Adds items to a draft; `request` is the guest's request that they belong to, or "". */
export function draftItems(
  turn: Turn,
  topic: Topic,
  items: readonly Json[],
  request: string,
): void {
  if (items.length === 0) return;
  const draft = turn.state.drafts.get(topic) ?? { items: [], bytes: 0, signing: null };
  const added: DraftItem[] = items.map((item) => ({ item, bytes: itemBytes(item), request }));
  const bytes = added.reduce((sum, one) => sum + one.bytes, draft.bytes);
  setDraft(turn, topic, { ...draft, items: [...draft.items, ...added], bytes });
}

/** Bytes that wait to be signed. */
export function draftBytes(drafts: ReadonlyMap<Topic, Draft>): number {
  let bytes = 0;
  for (const draft of drafts.values()) bytes += draft.bytes;
  return bytes;
}

/** Replaces the draft of a topic, or ends it. */
export function setDraft(turn: Turn, topic: Topic, draft: Draft | null): void {
  if (draft === null) turn.own("drafts").delete(topic);
  else turn.own("drafts").set(topic, draft);
}

/** Bytes of an item on the wire: exact where it may be too long, else an estimate that costs little. */
export function itemBytes(item: Json): number {
  // Escapes make six bytes of a character at worst.
  if (typeof item === "string" && item.length * 6 < ITEM_JSON_BYTES_MAX) return item.length + 3;
  return encoder.encode(JSON.stringify(item)).length + 1;
}
