/** Makes entries of drafts: as few as possible, each signed and sealed. */

import { assert } from "@std/assert/assert";
import type { Topic } from "../types.ts";
import { encodeUnsigned, type EntryFields, logKey, sealEntry } from "../log/entry.ts";
import type { DraftItem } from "./slice.ts";
import type { PublishTurn } from "./turn.ts";
import {
  ENTRY_BYTES_TARGET,
  ENTRY_DEPS_MAX,
  ENTRY_ITEMS_MAX,
  LINE_BYTES_MAX,
} from "../data/limits.ts";

/** Bytes of an entry before its signature. */
const UNSIGNED_BYTES_MAX = LINE_BYTES_MAX - 128;

/** Makes the next entry of a topic; its items leave the draft. */
export function sealDraft(turn: PublishTurn, topic: Topic): void {
  const { env, log } = turn.view;
  const draft = turn.slice.drafts.get(topic);
  if (draft === undefined) return;
  let count = itemsThatFit(draft.items);
  let fields = nextFields(turn, topic, draft.items.slice(0, count));
  let unsigned = encodeUnsigned(fields);
  // The sizes were estimates; escapes can make an entry longer.
  while (unsigned.length > UNSIGNED_BYTES_MAX && count > 1) {
    count = Math.ceil(count / 2);
    fields = nextFields(turn, topic, draft.items.slice(0, count));
    unsigned = encodeUnsigned(fields);
  }
  assert(unsigned.length <= UNSIGNED_BYTES_MAX, "An item was drafted that fits no line");
  const entry = sealEntry(fields, unsigned, env.sign(log.self, unsigned));
  const sealed = draft.items.slice(0, entry.items.length);
  finishRequests(turn, sealed, entry.seq);
  const items = draft.items.slice(sealed.length);
  const bytes = items.reduce((sum, one) => sum + one.bytes, 0);
  if (items.length === 0) turn.own("drafts").delete(topic);
  else turn.own("drafts").set(topic, { items, bytes });
  turn.out({ kind: "entry", entry });
}

function itemsThatFit(items: readonly DraftItem[]): number {
  let bytes = 0, count = 0;
  while (count < items.length && count < ENTRY_ITEMS_MAX) {
    bytes += items[count].bytes;
    if (bytes > ENTRY_BYTES_TARGET && count > 0) break;
    count++;
  }
  return count;
}

function nextFields(turn: PublishTurn, topic: Topic, drafted: readonly DraftItem[]): EntryFields {
  const { log } = turn.view;
  const index = log.keys.find(logKey(log.self, topic));
  const head = index < 0 ? null : log.heads[index];
  let deps = [...(log.topics.get(topic)?.fresh ?? [])];
  // More causes than fit are spread over entries that carry nothing else.
  const only_deps = deps.length > ENTRY_DEPS_MAX;
  if (only_deps) deps = deps.slice(0, ENTRY_DEPS_MAX);
  return {
    origin: log.self,
    topic,
    seq: (index < 0 ? 0 : log.clock[index]) + 1,
    previous: head?.hash ?? "",
    time_ms: turn.now_ms,
    first: head?.next_item ?? 1,
    deps,
    items: only_deps ? [] : drafted.map((one) => one.item),
  };
}

function finishRequests(turn: PublishTurn, sealed: readonly DraftItem[], seq: number): void {
  for (const { request: key } of sealed) {
    const request = key === "" ? undefined : turn.slice.requests.get(key);
    if (request === undefined) continue;
    turn.own("requests").set(key, { ...request, open: request.open - 1, seq });
  }
}
