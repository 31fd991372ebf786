/** Simulated networks whose nodes follow the chain, with real hashes. */

import { mineAtOnce } from "../../../src/apps/chain/miner/at_once.ts";
import { asMineTask } from "../../../src/apps/chain/miner/task.ts";
import { CHAIN, type ChainOptions } from "../../../src/apps/chain/options.ts";
import type { ChainState } from "../../../src/apps/chain/state.ts";
import { branchFrom } from "../../../src/apps/chain/tree.ts";
import { APPS } from "../../../src/apps/registry.ts";
import { Network, type NodeOptions } from "../../../src/sim/network.ts";
import { realCrypto } from "../../../src/sim/real_crypto.ts";
import type { SimNode } from "../../../src/sim/sim_node.ts";
import type { Done } from "../../../src/sim/sim_work.ts";

/** Hashes that a block takes at least, and hashes a millisecond of each simulated miner: few, as they are real. */
const FLOOR_HASHES = 64, POWER = 0.1;

function mine(task: unknown): Done {
  const { nonce, hashes } = mineAtOnce(asMineTask(task).header);
  return { takes_ms: Math.ceil(hashes / POWER), result: { nonce, hashes } };
}

/** A network of nodes with all apps. */
export function chainNetwork(seed = 1): Network {
  const apps = APPS.map(({ app }) => app);
  return new Network({ seed, apps, workers: { [CHAIN]: mine }, crypto: realCrypto() });
}

/** What makes a node follow the chain. */
export function follower(options: Partial<ChainOptions> = {}): NodeOptions {
  return {
    front: { app: CHAIN, topic: "records" },
    config: { apps: { [CHAIN]: { floor_hashes: FLOOR_HASHES, ...options } } },
  };
}

/** What a node knows of the chain. */
export function stateOf({ state }: SimNode): ChainState {
  return state.host.states.get(CHAIN) as ChainState;
}

/** How requests at a node ended badly. */
export function refusals({ notices }: SimNode): readonly string[] {
  return notices.flatMap((one) => one.kind === "refused" ? [one.why] : []);
}

/** What the user of a node was told. */
export function told({ notices }: SimNode): readonly string[] {
  return notices.flatMap((one) => one.kind === "told" ? [one.text] : []);
}

/** The texts in the best branch of a node, in their order. */
export function texts(node: SimNode): unknown[] {
  return branchFrom(stateOf(node).tree!.best, 1)
    .flatMap(({ records }) => records.map(({ item }) => (item as { text: string }).text));
}

/** Adds a text at a node. */
export function add(node: SimNode, text: string, depth = 1, id?: string): void {
  const item = { k: "data", text, ...(id === undefined ? {} : { id }) };
  node.request(CHAIN, { item, depth });
}
