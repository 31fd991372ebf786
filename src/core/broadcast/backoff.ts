/**
 * When a node that floods sends what is new. What it says itself goes at once. What it relays waits a
 * moment, a different one at each node, because the peers probably get it from somebody else just now;
 * whose copy comes first spares the other direction. (Random back-off with suppression: S. Floyd et
 * al., "A Reliable Multicast Framework for Light-weight Sessions and Application Level Framing", 1997,
 * section III.)
 */

import type { NodeConfig } from "../data/config.ts";
import { nextRandom, type Random } from "../data/random.ts";
import { RELAY_BYTES, RELAY_DELAY_MAX_MS, RELAY_PEERS_MIN } from "../data/limits.ts";

export interface Backoff {
  /** Bytes of delivered entries that were not looked at for sending yet. */
  readonly bytes: number;
  /** When they go out at the latest; Infinity while nothing waits. */
  readonly due_ms: number;
}

/** Nothing waits. */
export const NO_BACKOFF: Backoff = { bytes: 0, due_ms: Infinity };

/** Whether nothing ever waits. Only where everybody sends everything do copies cross. */
export function relaysAtOnce(
  { spread, batch_ms }: Pick<NodeConfig, "spread" | "batch_ms">,
): boolean {
  return spread !== "flood" && !batch_ms;
}

/** Entries were delivered; own ones must not wait. */
export function noteDelivered(backoff: Backoff, bytes: number, own: boolean): Backoff {
  return { ...backoff, bytes: own ? Infinity : backoff.bytes + bytes };
}

/**
 * Whether to send to peers now; else `due_ms` says when. With `batch_ms` everything waits so long for
 * company, whoever said it.
 */
export function decideRelay(
  backoff: Backoff,
  now_ms: number,
  peers: number,
  random: Random,
  batch_ms = 0,
): { backoff: Backoff; random: Random; relay: boolean } {
  // Two peers are a chain: nobody else brings it to the other. Much waits for no company.
  const at_once = backoff.bytes === 0 || backoff.bytes >= RELAY_BYTES ||
    (batch_ms === 0 && peers < RELAY_PEERS_MIN);
  if (at_once || now_ms >= backoff.due_ms) return { backoff: NO_BACKOFF, random, relay: true };
  if (backoff.due_ms !== Infinity) return { backoff, random, relay: false };
  const [part, next] = nextRandom(random);
  const due_ms = now_ms + (batch_ms || 1 + Math.floor(part * RELAY_DELAY_MAX_MS));
  return { backoff: { ...backoff, due_ms }, random: next, relay: false };
}
