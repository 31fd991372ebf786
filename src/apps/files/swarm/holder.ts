/** What one holder is asked for at a time: by how fast it has been so far. */

import {
  ASKS_PER_HOLDER_MAX,
  CHUNK_BYTES,
  PATIENCE_MS_MAX,
  PATIENCE_MS_MIN,
  PIECE_CHUNKS,
  REST_MS_MAX,
  REST_MS_MIN,
  ROUTED_ASKS_MAX,
  ROUTED_CHUNKS_MAX,
  WINDOW_BYTES_MAX,
  WINDOW_BYTES_MIN,
  WINDOW_START_BYTES,
} from "../limits.ts";
import type { Id } from "../../../core/types.ts";
import { measure, newMeter, rateOf, resume } from "./meter.ts";
import type { Ask, Holder, Via } from "./swarm.ts";

/** Requests that a window has room for: while one is answered, others are under way. */
const ASKS_IN_WINDOW = 4;
/** Where that would be tiny ones, there are fewer of so many chunks. */
const SMALL_ASK_CHUNKS = 4;
const WINDOW_MS = 500;
/** With more than what is under way while an answer comes, a window that is too small still grows. */
const TRAVEL_FACTOR = 1.5;
/** A request may take so many times as long as expected. */
const PATIENCE_FACTOR = 4;

export function newHolder(peer: Id, via: Via, now_ms: number): Holder {
  const meter = newMeter(now_ms);
  return {
    peer,
    via,
    meter,
    delay_ms: Infinity,
    asks: [],
    asked_bytes: 0,
    last_ms: now_ms,
    stalls: 0,
    rest_ms: 0,
    turn: 0,
  };
}

/**
 * Bytes that may be under way from it, within bounds: what it sends in half a second, and while requests
 * and answers travel. With more, others who fetch would choose before they hear what came.
 */
export function windowBytes({ via, meter, delay_ms }: Holder): number {
  if (via === "routed") return ROUTED_ASKS_MAX * ROUTED_CHUNKS_MAX * CHUNK_BYTES;
  if (meter.bytes_per_s === null) return WINDOW_START_BYTES;
  const window_ms = WINDOW_MS + TRAVEL_FACTOR * delay_ms;
  return clamp(meter.bytes_per_s * window_ms / 1_000, WINDOW_BYTES_MIN, WINDOW_BYTES_MAX);
}

/** How many chunks it is asked for at once. Who let a request wait is tried with one. */
export function askChunks(holder: Holder): number {
  if (holder.stalls > 0) return 1;
  if (holder.via === "routed") return ROUTED_CHUNKS_MAX;
  const chunks = windowBytes(holder) / CHUNK_BYTES;
  const most = Math.max(chunks / ASKS_IN_WINDOW, Math.min(chunks / 2, SMALL_ASK_CHUNKS));
  return clamp(Math.floor(most), 1, PIECE_CHUNKS);
}

/** Whether it may be asked for so many bytes more. */
export function hasRoom(holder: Holder, bytes: number, now_ms: number): boolean {
  const { via, asks, asked_bytes, stalls, rest_ms } = holder;
  if (now_ms < rest_ms) return false;
  if (asks.length === 0) return true;
  if (stalls > 0 || asks.length >= (via === "routed" ? ROUTED_ASKS_MAX : ASKS_PER_HOLDER_MAX)) {
    return false;
  }
  return asked_bytes + bytes <= windowBytes(holder);
}

/** Bytes a second that are expected of it. */
export function expectedRate({ meter }: Holder): number {
  // Nobody is so slow that dividing by it makes no sense.
  return Math.max(1, meter.bytes_per_s ?? WINDOW_START_BYTES);
}

/** How long it will take for so many bytes more, behind those that are under way. */
export function expectedMs(holder: Holder, bytes: number): number {
  const delay_ms = holder.delay_ms === Infinity ? 0 : holder.delay_ms;
  // Who let requests wait will do so again, until it shows otherwise.
  const wait_ms = holder.stalls * PATIENCE_MS_MIN;
  return delay_ms + wait_ms + (holder.asked_bytes + bytes) * 1_000 / expectedRate(holder);
}

/** How long a request to it may wait. */
export function patienceMs(holder: Holder, bytes: number): number {
  if (holder.meter.bytes_per_s === null) return PATIENCE_MS_MIN;
  return clamp(PATIENCE_FACTOR * expectedMs(holder, bytes), PATIENCE_MS_MIN, PATIENCE_MS_MAX);
}

/** A request is under way to it. */
export function withAsk(
  holder: Holder,
  { ask, fetch: number, bytes }: Ask,
  now_ms: number,
): Holder {
  const { asks, asked_bytes, meter } = holder;
  return {
    ...holder,
    // While it was asked for nothing, nothing could come.
    meter: asks.length === 0 ? resume(meter, now_ms) : meter,
    asks: [...asks, ask],
    asked_bytes: asked_bytes + bytes,
    turn: number,
  };
}

/** A request is over, however it ended. */
export function withoutAsk(holder: Holder, { ask, bytes }: Ask): Holder {
  const { asks, asked_bytes } = holder;
  return {
    ...holder,
    asks: asks.filter((other) => other !== ask),
    asked_bytes: asked_bytes - bytes,
  };
}

/** It brought bytes: call it before `withoutAsk()`. */
export function brought(holder: Holder, ask: Ask, bytes: number, now_ms: number): Holder {
  const was = holder.meter.bytes_per_s;
  const is_full = holder.asked_bytes * 2 >= windowBytes(holder);
  const meter = measure(holder.meter, bytes, now_ms);
  // Who was asked for little is not slow because little came.
  const is_kept = was !== null && !is_full && meter.bytes_per_s! < was;
  return {
    ...holder,
    meter: is_kept ? { ...meter, bytes_per_s: was } : meter,
    delay_ms: Math.min(holder.delay_ms, now_ms - ask.sent_ms),
    last_ms: now_ms,
    stalls: 0,
    rest_ms: 0,
  };
}

/** It let a request wait for too long: it is left alone for a while, longer each time. */
export function demoted(holder: Holder, now_ms: number): Holder {
  const rest_ms = Math.min(REST_MS_MIN * 2 ** holder.stalls, REST_MS_MAX);
  const { bytes_per_s } = holder.meter;
  return {
    ...holder,
    meter: { ...resume(holder.meter, now_ms), bytes_per_s: bytes_per_s && bytes_per_s / 2 },
    stalls: holder.stalls + 1,
    rest_ms: now_ms + rest_ms,
  };
}

/** What it sends a second as far as known, for people. */
export function holderRate({ meter, asks }: Holder, now_ms: number): number {
  return asks.length === 0 ? 0 : rateOf(meter, now_ms) ?? 0;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
