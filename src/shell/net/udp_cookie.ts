/**
 * Cookies prove that somebody can be reached at the address it claims, without any memory of it: the
 * cookie is a keyed hash of the address, the connection and the time, and only this node has the key.
 * (As in RFC 6347, section 4.2.1, and in TCP's SYN cookies.)
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { COOKIE_BYTES } from "./datagram.ts";

/** A cookie is good in the slot in which it was made, and in the next. */
const SLOT_MS = 10_000;

export class Cookies {
  readonly #key = randomBytes(32);

  /** The cookie for somebody at an address. */
  make(id: string, from: string, now_ms: number): Uint8Array {
    return this.#hash(id, from, Math.floor(now_ms / SLOT_MS));
  }

  /** Whether a cookie was made for the same not long ago. */
  check(cookie: Uint8Array, id: string, from: string, now_ms: number): boolean {
    if (cookie.length !== COOKIE_BYTES) return false;
    const slot = Math.floor(now_ms / SLOT_MS);
    return [slot, slot - 1].some((one) => timingSafeEqual(cookie, this.#hash(id, from, one)));
  }

  #hash(id: string, from: string, slot: number): Uint8Array {
    const hmac = createHmac("sha256", this.#key).update(`${slot} ${from} `);
    return new Uint8Array(hmac.update(id, "latin1").digest()).subarray(0, COOKIE_BYTES);
  }
}

/** So many a second, and so many at once. */
export class Allowance {
  #left: number;
  #at_ms = 0;

  constructor(readonly per_second: number, readonly burst: number) {
    this.#left = burst;
  }

  /** Takes one; false where none is left. */
  take(now_ms: number): boolean {
    const refill = Math.max(0, now_ms - this.#at_ms) * this.per_second / 1000;
    this.#left = Math.min(this.burst, this.#left + refill);
    this.#at_ms = now_ms;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
