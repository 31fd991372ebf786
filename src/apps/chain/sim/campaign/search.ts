/** A search for nonces with the hash that simulated nodes have, whichever it is. */

import type { Env } from "../../../../core/types.ts";

/** Where a header has its target and its nonce. */
const TARGET_AT = 64, TARGET_BYTES = 32, NONCE_AT = 108;

/** What a search found. */
interface Found {
  readonly nonce: number;
  /** The hash of the header with it. */
  readonly hash: Uint8Array;
}

/** The first nonce from `from` on with which a header is good; with `is_good` false, is not. */
export function search(
  header: Uint8Array,
  sha256: Env["sha256"],
  from = 0,
  is_good = true,
): Found {
  const bytes = header.slice(), view = new DataView(bytes.buffer);
  const target = bytes.slice(TARGET_AT, TARGET_AT + TARGET_BYTES);
  for (let nonce = from;; nonce++) {
    view.setBigUint64(NONCE_AT, BigInt(nonce));
    const hash = Uint8Array.fromBase64(sha256(bytes), { alphabet: "base64url" });
    if (isAtMost(hash, target) === is_good) return { nonce, hash };
  }
}

function isAtMost(hash: Uint8Array, target: Uint8Array): boolean {
  const at = hash.findIndex((byte, at) => byte !== target[at]);
  return at < 0 || hash[at] < target[at];
}
