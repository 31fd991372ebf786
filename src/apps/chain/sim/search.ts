/** Mining in a simulation: a real search with the hash of the simulated nodes, in virtual time. */

import type { Env, Json } from "../../../core/types.ts";
import type { Done, WorkTools } from "../../../sim/sim_work.ts";
import { asMineTask, type Mined } from "../miner/task.ts";
import type { ChainSetup } from "./setup.ts";

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

/** The worker of the chain in virtual time: so many hashes take so long. */
export function mineVirtually(task: unknown, { sha256 }: WorkTools, setup: Json): Done {
  const { header, threads } = asMineTask(task), { power } = setup as ChainSetup;
  const { nonce, hash } = search(header, sha256);
  const result: Mined = { nonce, hashes: nonce + 1 };
  // Few hashes stand for many, and the last of those few is found somewhere within its share; or else
  // whoever makes few of them would find none between two looks at what to mine.
  const hashes = nonce + hash[TARGET_BYTES - 1] / 256;
  return { takes_ms: Math.ceil(1_000 * hashes / (power * threads)), result };
}

function isAtMost(hash: Uint8Array, target: Uint8Array): boolean {
  const at = hash.findIndex((byte, at) => byte !== target[at]);
  return at < 0 || hash[at] < target[at];
}
