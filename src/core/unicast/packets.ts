/**
 * What messages travel in. Items for one recipient are sealed together in a packet: the
 * packet is the batch, like the entry. Its number is never used again by this run of a node, so nothing
 * is sealed twice in the same way; and it says which packet must be delivered before it.
 */

import type { Id, Json } from "../types.ts";
import { isCount } from "../log/entry.ts";
import { isWellFormed } from "../data/json_scan.ts";
import { PACKETS_IN_FLIGHT_MAX, TIME_MS_MAX } from "../data/limits.ts";

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What is sealed in a packet. */
export interface Parcel {
  /** The packet that must be delivered before this one; 0 where it waits for none. */
  readonly after: number;
  /** When it was packed, by the sender's clock. */
  readonly time_ms: number;
  /** Which app of the recipient it is for. */
  readonly app: string;
  readonly items: readonly Json[];
}

/** How far a recipient has read. */
export interface Ack {
  /** The newest packet that was taken. */
  readonly last: number;
  /** Which of those taken were for an app that the recipient does not have. */
  readonly refused: readonly number[];
}

/** The app of parcels that name none. */
const USUAL_APP = "private";

/** The bytes to seal. */
export function encodeParcel({ after, time_ms, app, items }: Parcel): Uint8Array {
  const named = app === USUAL_APP ? {} : { t: app };
  return encoder.encode(JSON.stringify({ a: after, w: time_ms, ...named, b: items }));
}

/** Reads what was sealed; null where it makes no sense. Never throws. */
export function decodeParcel(bytes: Uint8Array): Parcel | null {
  const value = decodeJson(bytes);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { a, w, b, t = USUAL_APP } = value as Record<string, Json | undefined>;
  if (!isCount(a, 0) || !isCount(w, 0) || w > TIME_MS_MAX || !Array.isArray(b)) return null;
  if (typeof t !== "string") return null;
  const items = b as readonly Json[];
  return items.every(isWellFormed) ? { after: a, time_ms: w, app: t, items } : null;
}

/** The bytes of an acknowledgement. */
export function encodeAck({ last, refused }: Ack): Uint8Array {
  return encoder.encode(JSON.stringify(refused.length === 0 ? last : { n: last, r: refused }));
}

/** Reads an acknowledgement; null where it makes no sense. Never throws. */
export function decodeAck(bytes: Uint8Array): Ack | null {
  const value = decodeJson(bytes);
  if (isCount(value, 1)) return { last: value, refused: [] };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { n, r } = value as Record<string, Json | undefined>;
  if (!isCount(n, 1) || !Array.isArray(r) || r.length > PACKETS_IN_FLIGHT_MAX) return null;
  return r.every((number) => isCount(number, 1)) ? { last: n, refused: r as number[] } : null;
}

/** Bytes of items as JSON. */
export function bytesOf(items: readonly Json[]): number {
  return encoder.encode(JSON.stringify(items)).length;
}

/** What binds a seal to a network, a sender and a recipient. */
export function sealContext(network: string, from: Id, to: Id): string {
  return `rumor private 1\n${network}\n${from}\n${to}`;
}

function decodeJson(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}
