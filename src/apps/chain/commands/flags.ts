/** Flags of nodes that follow the chain. */

import type { Json } from "../../../core/types.ts";
import { readChoice, readCount, readSeconds } from "../../../cli/args/values.ts";
import { CHAIN, CHAIN_DEFAULTS, type ChainOptions, type MineMode } from "../options.ts";

const THREADS_MAX = 256;

export const chainFlags = {
  "block-time": {
    value: "S",
    help: "seconds between blocks, the same at all nodes of a network (default: 5)",
    read: readSeconds,
  },
  mine: {
    value: "WHEN",
    help: "auto, always or never; auto: while a record is less than 6 blocks deep (default: auto)",
    read: readChoice<MineMode>("auto", "always", "never"),
  },
  "mine-threads": {
    value: "N",
    help: "threads that mine (default: 1)",
    read: readCount(1, THREADS_MAX),
  },
} as const;

/** What the flags say, for the app. */
export function chainOptions(given: {
  readonly "block-time"?: number;
  readonly mine?: MineMode;
  readonly "mine-threads"?: number;
}): Readonly<Record<string, Json>> {
  const options: ChainOptions = {
    block_time_ms: Math.ceil(given["block-time"] ?? CHAIN_DEFAULTS.block_time_ms),
    mine: given.mine ?? CHAIN_DEFAULTS.mine,
    threads: given["mine-threads"] ?? CHAIN_DEFAULTS.threads,
  };
  return { [CHAIN]: { ...options } };
}
