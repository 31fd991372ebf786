/** Simulated nodes that vote, with real hashes and keys. */

import { mineAtOnce } from "../../../src/apps/chain/miner/at_once.ts";
import { asMineTask } from "../../../src/apps/chain/miner/task.ts";
import { CHAIN } from "../../../src/apps/chain/options.ts";
import type { ChainState } from "../../../src/apps/chain/state.ts";
import { APPS } from "../../../src/apps/registry.ts";
import { askNode } from "../../../src/core/node.ts";
import type { Json } from "../../../src/core/types.ts";
import { Network } from "../../../src/sim/network.ts";
import { realCrypto } from "../../../src/sim/real_crypto.ts";
import type { SimNode } from "../../../src/sim/sim_node.ts";
import type { Done } from "../../../src/sim/sim_work.ts";

/** Hashes a millisecond of each simulated miner. */
const POWER = 100;

function mine(task: unknown): Done {
  const { nonce, hashes } = mineAtOnce(asMineTask(task).header);
  return { takes_ms: Math.ceil(hashes / POWER), result: { nonce, hashes } };
}

/** A network in which these nodes follow the chain; each joins the first. */
export function poll(seed: number, names: readonly string[]): { sim: Network; nodes: SimNode[] } {
  const apps = APPS.map(({ app }) => app);
  const sim = new Network({ seed, apps, workers: { [CHAIN]: mine }, crypto: realCrypto() });
  const front = { app: CHAIN, topic: "records" };
  for (const name of names) {
    const config = { name, apps: { [CHAIN]: {} } };
    sim.addNode({ name, join: sim.nodes.slice(0, 1), front, config });
  }
  sim.settle();
  return { sim, nodes: [...sim.nodes] };
}

/** Hands a record to a node, and waits there until it is so deep. */
export function hand(node: SimNode, item: Json, depth = 1): void {
  node.request(CHAIN, { item, depth });
}

/** What a node says of an election. */
export function tally(node: SimNode, election = ""): readonly (readonly string[])[] {
  return askNode(node.state, "votes", [election])!;
}

/** The last block of a node's best branch. */
export function bestHash({ state }: SimNode): string {
  return (state.host.states.get(CHAIN) as ChainState).tree!.best.hash;
}

/** How requests at a node ended: null where they were done. */
export function ends({ notices }: SimNode): readonly (string | null)[] {
  return notices.flatMap((one) =>
    one.kind === "done" ? [null] : one.kind === "refused" ? [one.why] : []
  );
}

/** What a node told its user, but for switches of branch. */
export function told({ notices }: SimNode): readonly string[] {
  const texts = notices.flatMap((one) => one.kind === "told" ? [one.text] : []);
  return texts.filter((text) => !/^rewind \d+$/.test(text));
}
