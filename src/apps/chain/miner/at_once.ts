/** Mining without threads, for who has the time: simulations, and chains that are used alone. */

import { assert } from "@std/assert/assert";
import { NONCES_END, searchNonce } from "./search.ts";
import type { Mined } from "./task.ts";

/**
 * The smallest nonce that makes a header good, and how many were tried. It comes back only when it has
 * one, so its target should be easy: about 4 million nonces are tried in a second.
 */
export function mineAtOnce(header: Uint8Array): Mined {
  const nonce = searchNonce(header, 0, NONCES_END);
  assert(nonce !== null, "no nonce makes this header good");
  return { nonce, hashes: nonce + 1 };
}
