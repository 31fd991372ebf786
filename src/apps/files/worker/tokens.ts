/** Who is let in: tokens, each for one node and some minutes. */

import { createHash, randomBytes } from "node:crypto";
import type { Id } from "../../../core/types.ts";
import { TOKENS_MAX } from "../limits.ts";
import type { Clock } from "./clock.ts";

/** How long a token opens a connection; one that is open stays. */
const TOKEN_MS = 600_000;
/** A token that is good for this long yet is given out again. */
const FRESH_MS = TOKEN_MS / 2;
const TOKEN_BYTES = 16;

interface Issued {
  readonly token: string;
  readonly peer: Id;
  readonly until_ms: number;
}

/**
 * Tokens are found by their hashes: how long a look-up takes tells nothing of a token, so nobody can
 * guess one piece by piece.
 */
export class Tokens {
  readonly #clock: Clock;
  /** By the hashes of tokens, oldest first. */
  readonly #issued = new Map<string, Issued>();
  readonly #newest = new Map<Id, Issued>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A token of a node: 128 random bits in base64url. Those that it was given before stay good. */
  issue(peer: Id): string {
    const now_ms = this.#clock.now_ms(), newest = this.#newest.get(peer);
    if (newest !== undefined && newest.until_ms - now_ms > FRESH_MS) return newest.token;
    for (const [hash, issued] of this.#issued) {
      if (issued.until_ms > now_ms && this.#issued.size < TOKENS_MAX) break;
      this.#issued.delete(hash);
      if (this.#newest.get(issued.peer) === issued) this.#newest.delete(issued.peer);
    }
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const issued = { token, peer, until_ms: now_ms + TOKEN_MS };
    this.#issued.set(hashOf(token), issued);
    this.#newest.set(peer, issued);
    return token;
  }

  /** Whose token it is; null where it is nobody's, or no longer. */
  peerOf(token: string): Id | null {
    const issued = this.#issued.get(hashOf(token));
    return issued !== undefined && issued.until_ms > this.#clock.now_ms() ? issued.peer : null;
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
