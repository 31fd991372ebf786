/** What a node that follows the chain was told. */

import type { NodeConfig } from "../../core/data/config.ts";
import { isCount } from "../../core/log/entry.ts";
import { FLOOR_HASHES } from "./difficulty.ts";

/** The name of the app. */
export const CHAIN = "chain";

/** When a node mines: while something is to be ordered, whatever is to be, or not. */
export type MineMode = "auto" | "always" | "never";

/** What the user chose. */
export interface ChainOptions {
  /** How long a block should take; the same at all nodes of a network. */
  readonly block_time_ms: number;
  readonly mine: MineMode;
  readonly threads: number;
  /** Hashes that the first block takes at least; other than usual only in simulations. */
  readonly floor_hashes?: number;
}

/** What is chosen where nothing is. */
export const CHAIN_DEFAULTS: ChainOptions = { block_time_ms: 5_000, mine: "auto", threads: 1 };

/** What a node was told of the chain; null where it follows none. */
export function optionsOf({ apps }: NodeConfig): ChainOptions | null {
  const given = apps !== undefined && Object.hasOwn(apps, CHAIN) ? apps[CHAIN] : null;
  if (typeof given !== "object" || given === null) return null;
  const options: ChainOptions = { ...CHAIN_DEFAULTS, ...given };
  const { block_time_ms, mine, threads, floor_hashes = FLOOR_HASHES } = options;
  const is_good = isCount(block_time_ms, 1) && isCount(threads, 1) && isCount(floor_hashes, 1) &&
    ["auto", "always", "never"].includes(mine);
  if (!is_good) throw new Error("the options of the chain make no sense");
  return { block_time_ms, mine, threads, floor_hashes };
}
