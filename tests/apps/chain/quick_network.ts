/** Simulated chains whose blocks take a few hashes, as in the campaign. */

import { CHAIN, type ChainOptions } from "../../../src/apps/chain/options.ts";
import { RECORDS } from "../../../src/apps/chain/record.ts";
import { type ChainSetup, FLOOR_HASHES } from "../../../src/apps/chain/sim/campaign/setup.ts";
import { mineVirtually } from "../../../src/apps/chain/sim/campaign/work.ts";
import { APPS } from "../../../src/apps/registry.ts";
import { Network, type NodeOptions } from "../../../src/sim/network.ts";

export const SETUP: ChainSetup = {
  block_time_ms: 500,
  power: 32,
  followers: 1,
  always: false,
  lies: [],
};

/** A network of nodes with all apps. */
export function quickNetwork(seed = 1, latency_ms: readonly [number, number] = [1, 20]): Network {
  return new Network({
    seed,
    latency_ms,
    apps: APPS.map(({ app }) => app),
    workers: { [CHAIN]: (task, tools) => mineVirtually(task, tools, { ...SETUP }) },
  });
}

/** What makes a node follow the chain, and print it. */
export function quickFollower(options: Partial<ChainOptions> = {}): NodeOptions {
  const { block_time_ms } = SETUP, floor_hashes = FLOOR_HASHES;
  return {
    front: { app: CHAIN, topic: RECORDS },
    config: { apps: { [CHAIN]: { block_time_ms, floor_hashes, ...options } } },
  };
}
