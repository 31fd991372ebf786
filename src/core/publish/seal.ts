/** Makes entries of drafts: as few as possible, each signed and sealed. */

import { assert } from "@std/assert/assert";
import type { Json, Topic } from "../types.ts";
import { encodeUnsigned, type EntryFields, logKey, sealEntry } from "../log/entry.ts";
import type { TopicRule } from "../log/slice.ts";
import { type DraftPart, itemBytes, itemsBytes } from "./slice.ts";
import type { PublishTurn } from "./turn.ts";
import {
  ENTRY_BYTES_TARGET,
  ENTRY_DEPS_MAX,
  ENTRY_ITEMS_MAX,
  LINE_BYTES_MAX,
} from "../data/limits.ts";

/** Bytes of an entry's line behind what is signed. */
const SIGNATURE_BYTES = 128;
/** Which part of an entry's bytes the names of its causes may take, and how long one of them is. */
const DEPS_SHARE = 1 / 8;
const DEP_BYTES = 64;

/** How large the entries of a topic become. */
interface Sizes {
  readonly target_bytes: number;
  readonly unsigned_bytes_max: number;
  readonly deps_max: number;
}

/** Makes the next entry of a topic; its items leave the draft. */
export function sealDraft(turn: PublishTurn, topic: Topic): void {
  const { env, log } = turn.view;
  const draft = turn.slice.drafts.get(topic);
  if (draft === undefined) return;
  const { target_bytes, unsigned_bytes_max, deps_max } = sizesOf(log.rules.get(topic));
  let taken = takeParts(draft.parts, target_bytes, ENTRY_ITEMS_MAX);
  let fields = nextFields(turn, topic, itemsOf(taken.parts), deps_max);
  let unsigned = encodeUnsigned(fields);
  // The sizes were estimates; escapes can make an entry longer.
  while (unsigned.length > unsigned_bytes_max && fields.items.length > 1) {
    taken = takeParts(draft.parts, target_bytes, Math.ceil(fields.items.length / 2));
    fields = nextFields(turn, topic, itemsOf(taken.parts), deps_max);
    unsigned = encodeUnsigned(fields);
  }
  assert(
    unsigned.length <= LINE_BYTES_MAX - SIGNATURE_BYTES,
    "An item was drafted that fits no line",
  );
  const entry = sealEntry(fields, unsigned, env.sign(log.self, unsigned));
  turn.out({ kind: "entry", entry });
  // An entry that only names causes takes nothing.
  if (entry.items.length === 0) return;
  finishRequests(turn, taken.parts, entry.seq);
  const { rest: parts } = taken, bytes = draft.bytes - itemsBytes(entry.items);
  if (parts.length === 0) turn.own("drafts").delete(topic);
  else turn.own("drafts").set(topic, { parts, bytes });
}

function sizesOf({ entry_bytes_max }: Partial<TopicRule> = {}): Sizes {
  if (entry_bytes_max === undefined) {
    const unsigned_bytes_max = LINE_BYTES_MAX - SIGNATURE_BYTES;
    return { target_bytes: ENTRY_BYTES_TARGET, unsigned_bytes_max, deps_max: ENTRY_DEPS_MAX };
  }
  return {
    target_bytes: entry_bytes_max / 2,
    unsigned_bytes_max: entry_bytes_max - SIGNATURE_BYTES,
    deps_max: Math.floor(entry_bytes_max * DEPS_SHARE / DEP_BYTES),
  };
}

/** The first parts of a draft, of about so many bytes and at most so many items, and the rest. */
function takeParts(
  parts: readonly DraftPart[],
  target_bytes: number,
  items_max: number,
): { readonly parts: readonly DraftPart[]; readonly rest: readonly DraftPart[] } {
  let bytes = 0, count = 0;
  for (const [at, part] of parts.entries()) {
    const { items, request } = part;
    for (let index = 0; index < items.length; index++) {
      bytes += itemBytes(items[index]);
      if (count < items_max && (count === 0 || bytes <= target_bytes)) count++;
      else {
        const before = { items: items.slice(0, index), request };
        const behind = { items: items.slice(index), request };
        return {
          parts: index === 0 ? parts.slice(0, at) : [...parts.slice(0, at), before],
          rest: [behind, ...parts.slice(at + 1)],
        };
      }
    }
  }
  return { parts, rest: [] };
}

function itemsOf(parts: readonly DraftPart[]): readonly Json[] {
  return parts.length === 1 ? parts[0].items : parts.flatMap(({ items }) => items);
}

function nextFields(
  turn: PublishTurn,
  topic: Topic,
  drafted: readonly Json[],
  deps_max: number,
): EntryFields {
  const { log } = turn.view;
  const index = log.keys.find(logKey(log.self, topic));
  const head = index < 0 ? null : log.heads[index];
  let deps = [...(log.topics.get(topic)?.fresh ?? [])];
  // More causes than fit are spread over entries that carry nothing else.
  const only_deps = deps.length > deps_max;
  if (only_deps) deps = deps.slice(0, deps_max);
  return {
    origin: log.self,
    topic,
    seq: (index < 0 ? 0 : log.clock[index]) + 1,
    previous: head?.hash ?? "",
    time_ms: turn.now_ms,
    first: head?.next_item ?? 1,
    deps,
    items: only_deps ? [] : drafted,
  };
}

function finishRequests(turn: PublishTurn, sealed: readonly DraftPart[], seq: number): void {
  for (const { request: key, items } of sealed) {
    const request = key === "" ? undefined : turn.slice.requests.get(key);
    if (request === undefined) continue;
    turn.own("requests").set(key, { ...request, open: request.open - items.length, seq });
  }
}
