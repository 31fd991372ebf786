/**
 * Flooding: a new entry goes out on every link but those whose peer is known to have it. What this
 * node says itself goes at once. What it relays waits a moment, a different one at each node, because
 * the peers probably get it from somebody else just now; whose copy comes first spares the other
 * direction. (Random back-off with suppression: S. Floyd et al., "A Reliable Multicast Framework for
 * Light-weight Sessions and Application Level Framing", 1997, section III.)
 */

import { nextRandom, type Random } from "../random.ts";
import { RELAY_BYTES, RELAY_DELAY_MAX_MS, RELAY_PEERS_MIN } from "../limits.ts";

export interface Flood {
  /** Bytes of delivered entries that were not looked at for sending yet. */
  readonly bytes: number;
  /** When they go out at the latest; Infinity while nothing waits. */
  readonly due_ms: number;
}

/** Nothing waits. */
export const FLOOD_START: Flood = { bytes: 0, due_ms: Infinity };

/** Entries were delivered; own ones must not wait. */
export function noteDelivered(flood: Flood, bytes: number, own: boolean): Flood {
  return { ...flood, bytes: own ? Infinity : flood.bytes + bytes };
}

/** Whether to send to peers now; else `due_ms` says when. */
export function decideRelay(
  flood: Flood,
  now_ms: number,
  peers: number,
  random: Random,
): { flood: Flood; random: Random; relay: boolean } {
  // Two peers are a chain: nobody else brings it to the other. Much waits for no company.
  const at_once = flood.bytes === 0 || flood.bytes >= RELAY_BYTES || peers < RELAY_PEERS_MIN;
  if (at_once || now_ms >= flood.due_ms) return { flood: FLOOD_START, random, relay: true };
  if (flood.due_ms !== Infinity) return { flood, random, relay: false };
  const [part, next] = nextRandom(random);
  const due_ms = now_ms + 1 + Math.floor(part * RELAY_DELAY_MAX_MS);
  return { flood: { ...flood, due_ms }, random: next, relay: false };
}
