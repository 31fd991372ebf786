/** Flags of nodes that follow the chain. */

import type { Json } from "../../../core/types.ts";
import type { Given } from "../../../cli/args/args.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { readChoice, readCount, readSeconds, readSwitch } from "../../../cli/args/values.ts";
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

/** The same at nodes that may follow the chain. */
export const followFlags = {
  chain: {
    help: "follow the chain, and answer what it orders; the next three need it",
    read: readSwitch,
  },
  ...chainFlags,
} as const;

/** What the flags of a node that follows the chain say, for the app. */
export function chainOptions(given: Given<typeof chainFlags>): Readonly<Record<string, Json>> {
  const options: ChainOptions = {
    block_time_ms: Math.ceil(given["block-time"] ?? CHAIN_DEFAULTS.block_time_ms),
    mine: given.mine ?? CHAIN_DEFAULTS.mine,
    threads: given["mine-threads"] ?? CHAIN_DEFAULTS.threads,
  };
  return { [CHAIN]: { ...options } };
}

/**
 * The same where it may follow none: undefined where `--chain` is not given. Then nobody is meant to
 * have typed the others.
 */
export function chainWish(
  given: Given<typeof followFlags>,
  typed: readonly string[],
): Json | undefined {
  if (given.chain) return chainOptions(given)[CHAIN];
  const vain = typed.find((name) => Object.hasOwn(chainFlags, name));
  if (vain === undefined) return undefined;
  throw new UsageError(`--${vain} is for nodes that follow the chain; add --chain`);
}
