/** How the chain is used in a run of the campaign: in some of them, and there by some of the nodes. */

import type { Json } from "../../../../core/types.ts";
import type { Place, Seat } from "../../../../sim/campaign/app_rules.ts";
import type { Options } from "../../../../sim/campaign/options.ts";
import type { Dice } from "../../../../sim/dice.ts";
import { CHAIN, type ChainOptions, type MineMode } from "../../options.ts";
import { RECORDS } from "../../record.ts";
import { type LieName, LIES } from "./lies.ts";

/** What is drawn for a run. */
export type ChainSetup = {
  readonly block_time_ms: number;
  /** Hashes that one thread makes in a second. */
  readonly power: number;
  /** Which share of the nodes follows the chain. */
  readonly followers: number;
  /** Whether two of them mine all the time. */
  readonly always: boolean;
  /** What peers that lie do. */
  readonly lies: LieName[];
};

/** How fast blocks come. */
export interface ChainPace {
  /** How long a block takes on average where one thread mines, at most. */
  readonly block_ms_max: number;
}

/** Of the runs, so many have a chain. */
const SHARE = 0.2;
/** So few that nobody who simulates waits for a block; no search is longer on average. */
export const FLOOR_HASHES = 16;
const BLOCK_MS = [300, 1_500] as const;
/** Block times that a thread takes for a block at the floor. */
const BLOCK_TIMES = [0.2, 3] as const;
const LIE_SHARE = 0.4, NEVER_SHARE = 0.2, ALWAYS_SHARE = 0.25, FRONT_SHARE = 0.3;

/** Whether there is a chain in a run, and which. */
export function drawSetup(dice: Dice, { liars }: Pick<Options, "liars">): ChainSetup | null {
  if (!dice.chance(SHARE)) return null;
  const block_time_ms = Math.round(dice.logUniform(...BLOCK_MS));
  const block_ms = block_time_ms * dice.logUniform(...BLOCK_TIMES);
  const lies = liars === 0 ? [] : LIES.filter(() => dice.chance(LIE_SHARE));
  return {
    block_time_ms,
    power: Math.ceil(1_000 * FLOOR_HASHES / block_ms),
    followers: 0.5 + dice.next() / 2,
    always: dice.chance(ALWAYS_SHARE),
    lies: [...lies],
  };
}

/** The chain of a run, as those see it who build on it; null where there is none. */
export function chainIn({ apps }: Pick<Options, "apps">): ChainPace | null {
  if (!Object.hasOwn(apps, CHAIN)) return null;
  const { block_time_ms, power } = apps[CHAIN] as ChainSetup;
  return { block_ms_max: Math.max(block_time_ms, 1_000 * FLOOR_HASHES / power) };
}

/** What a node is told of the chain; null where it follows none. */
export function placeNode(setup: Json, { index, lies, dice }: Seat): Place | null {
  const { block_time_ms, followers, always } = setup as ChainSetup;
  const follows = dice.chance(followers), rests = dice.chance(NEVER_SHARE);
  const threads = dice.between(1, 2), in_front = dice.chance(FRONT_SHARE);
  // The first machine is always there, so that there is always somebody who mines.
  if (!follows && index > 0 && !lies) return null;
  let mine: MineMode = rests && index > 0 ? "never" : "auto";
  if (always && index < 2) mine = "always";
  if (lies) mine = "never";
  const options: ChainOptions = { block_time_ms, mine, threads, floor_hashes: FLOOR_HASHES };
  return {
    options: { ...options } as Json,
    ...(in_front && { front: { app: CHAIN, topic: RECORDS } }),
  };
}
