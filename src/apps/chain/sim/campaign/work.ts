/** Mining in a simulation: a real search, in virtual time. */

import type { Json } from "../../../../core/types.ts";
import type { Done, WorkTools } from "../../../../sim/sim_work.ts";
import { asMineTask, type Mined } from "../../miner/task.ts";
import { search } from "./search.ts";
import type { ChainSetup } from "./setup.ts";

/** The worker of the chain in virtual time: so many hashes take so long. */
export function mineVirtually(task: unknown, { sha256 }: WorkTools, setup: Json): Done {
  const { header, threads } = asMineTask(task), { power } = setup as ChainSetup;
  const { nonce, hash } = search(header, sha256);
  const result: Mined = { nonce, hashes: nonce + 1 };
  // Few hashes stand for many, and the last of those few is found somewhere within its share; or else
  // whoever makes few of them would find none between two looks at what to mine.
  const hashes = nonce + hash[hash.length - 1] / 256;
  return { takes_ms: Math.ceil(1_000 * hashes / (power * threads)), result };
}
