/** What is watched of the chain, by what names, and what is counted. */

import type { Watch } from "../../../../sim/campaign/app_rules.ts";
import { CHAIN } from "../../options.ts";
import type { ChainState } from "../../state.ts";
import type { BlockFields } from "./arithmetic.ts";
import type { Fault, Judge } from "./judge.ts";
import type { ChainView } from "./view.ts";

/** What is kept of a run; no judge where it has no chain. */
export interface ChainRun {
  readonly judge: Judge | null;
  readonly sha256: (bytes: Uint8Array) => string;
}

export type ChainWatch = Watch<ChainView, ChainRun>;

/** The rules, by name. */
export const RULES = {
  good: "chain_blocks_are_good",
  best: "chain_best_is_most_work",
  states: "chain_states_are_folds",
  records: "chain_records_wait_or_count",
  mining: "chain_mines_behind_best",
  printed: "chain_prints_branches",
  silent: "chain_is_followed_or_silent",
} as const;

/** Blocks may be so far ahead of a clock. */
export const AHEAD_MS = 60_000;

/** Which effect it is that a block was refused. */
export const REFUSED: Readonly<Record<Fault, string>> = {
  form: "blocks_of_no_form_refused",
  work: "blocks_without_work_refused",
  index: "blocks_of_wrong_index_refused",
  time: "blocks_of_the_past_refused",
  target: "blocks_of_easy_target_refused",
  data: "blocks_of_bad_data_refused",
  twice: "blocks_with_a_record_twice_refused",
  refused: "blocks_with_a_lost_record_refused",
};

/** What must have happened in a campaign. */
export const EFFECTS = [
  "blocks_ordered",
  "records_ordered",
  "branches_switched",
  "deep_rewinds",
  "records_returned",
  "orphans_waited",
  "orphans_placed",
  "early_blocks_waited",
  "early_blocks_placed",
  "light_branches_left",
  "equivocating_records_ordered",
  "wants_flooded",
  ...Object.values(REFUSED),
];

/** What the node of a machine says of the chain; null where it follows none, or nothing happened yet. */
export function chainOf({ machine }: Pick<ChainWatch, "machine">): ChainState | null {
  const state = machine.node.state.host.states.get(CHAIN) as ChainState | null;
  return state?.tree ? state : null;
}

/** A block, for people. */
export function nameBlock(
  { block, hash, work }: { readonly block: BlockFields; readonly hash: string; work: bigint },
): string {
  return `block ${block.index} ${hash.slice(0, 8)} with ${work} hashes`;
}
