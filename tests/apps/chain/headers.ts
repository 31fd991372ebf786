/** Headers for the tests of the miner, and their hashes as others compute them. */

import { createHash } from "node:crypto";
import { HEADER_BYTES } from "../../../src/apps/chain/header.ts";

/** Where the target and the nonce stand in a header. */
const TARGET_AT = 64;
const NONCE_AT = 108;

/** A header whose target begins with the bytes given; the others of it are all `rest`. */
export function headerWith(target: readonly number[], rest = 0xff, seed = 7): Uint8Array {
  const header = Uint8Array.from({ length: HEADER_BYTES }, (_, i) => i * 31 + seed);
  header.fill(rest, TARGET_AT, TARGET_AT + 32);
  header.set(target, TARGET_AT);
  return header;
}

/** Whether a header with this nonce has a hash that is at most its target. */
export function isGoodWith(header: Uint8Array, nonce: number): boolean {
  const whole = header.slice();
  new DataView(whole.buffer).setBigUint64(NONCE_AT, BigInt(nonce));
  const hash = createHash("sha256").update(whole).digest("hex");
  const target = Array.from(whole.subarray(TARGET_AT, TARGET_AT + 32));
  return hash <= target.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The first good nonce of a range, or null. */
export function firstGood(header: Uint8Array, from: number, count: number): number | null {
  for (let nonce = from; nonce < from + count && nonce < 2 ** 53; nonce++) {
    if (isGoodWith(header, nonce)) return nonce;
  }
  return null;
}
