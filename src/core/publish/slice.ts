/** What this node says itself, before it is in the log, and who waits for it to be held by others. */

import type { Json, LinkId, Topic } from "../types.ts";
import { ITEM_JSON_BYTES_MAX } from "../data/limits.ts";

/** The slice of this room. */
export interface Publish {
  readonly drafts: ReadonlyMap<Topic, Draft>;
  /** Guests that wait for what they handed over to be held. */
  readonly requests: ReadonlyMap<string, Request>;
  /** For each own log, what some peer is known to hold. */
  readonly acknowledged: readonly number[];
}

/** Items that wait to become entries of one topic. */
export interface Draft {
  readonly parts: readonly DraftPart[];
  /** About how long all of them are on the wire. */
  readonly bytes: number;
}

/** Items that came together; never none. */
export interface DraftPart {
  readonly items: readonly Json[];
  /** The guest's request that they belong to, or "". */
  readonly request: string;
}

/** A guest's items that are to be held by `ack` nodes. */
export interface Request {
  readonly link: LinkId;
  readonly number: number;
  readonly topic: Topic;
  readonly ack: number;
  /** Items that are not in an entry yet. */
  readonly open: number;
  /** The last entry that holds one of them. */
  readonly seq: number;
}

const encoder = new TextEncoder();

/** Nothing was said. */
export function newPublish(): Publish {
  return { drafts: new Map(), requests: new Map(), acknowledged: [] };
}

/** Bytes that wait to be signed. */
export function draftBytes({ drafts }: Publish): number {
  let bytes = 0;
  for (const draft of drafts.values()) bytes += draft.bytes;
  return bytes;
}

/** Whether a guest waits until others hold something. */
export function isAckAwaited({ requests }: Publish): boolean {
  for (const request of requests.values()) if (request.ack > 1) return true;
  return false;
}

/** Bytes of items on the wire, about. */
export function itemsBytes(items: readonly Json[]): number {
  let bytes = 0;
  for (const item of items) bytes += itemBytes(item);
  return bytes;
}

/** Bytes of an item on the wire: exact where it may be too long, else an estimate that costs little. */
export function itemBytes(item: Json): number {
  // Escapes make six bytes of a character at worst.
  if (typeof item === "string" && item.length * 6 < ITEM_JSON_BYTES_MAX) return item.length + 3;
  return encoder.encode(JSON.stringify(item)).length + 1;
}
