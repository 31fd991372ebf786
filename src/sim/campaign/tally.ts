/** How often the faults of a campaign had an effect. A fault without one tests nothing. */

import type { NodeState } from "../../core/node.ts";

/** What must have happened at least once in a campaign, besides what apps name. */
export const EFFECTS = [
  "entries_sent_again",
  "duplicates_refused",
  "replays_refused",
  "forgeries_refused",
  "junk_refused",
  "forks_proven",
  "gaps_repaired",
  "gaps_told",
  "missing_causes_given_up",
  "suspects",
  "failures_declared",
  "deaths_refuted",
  "crashes_restored",
  "torn_tails_cut",
  "unanswered_commits_kept",
  "lost_ends_caught",
  "stale_backups_caught",
  "keys_renewed",
  "damaged_entries_set_aside",
  "full_disks",
  "lines_cut_off",
  "connections_cut",
  "processes_paused",
  "clocks_stepped",
  "slow_outputs",
  "late_joins",
  "goodbyes_acknowledged",
  "entries_dropped_by_retention",
] as const;
export type EffectName = typeof EFFECTS[number];

export type Tally = Record<EffectName, number> & Record<string, number>;

/** Nothing happened; `more` are what apps name. */
export function newTally(more: readonly string[] = []): Tally {
  return Object.fromEntries([...EFFECTS, ...more].map((name) => [name, 0])) as Tally;
}

/**
 * Adds what a node counted itself at an event; `from_liar` where it came from a peer that lies, and
 * `more` what apps count.
 */
export function countEffects(
  tally: Tally,
  before: NodeState,
  after: NodeState,
  from_liar: boolean,
  more: readonly (readonly [count: string, effect: string])[],
): void {
  const was_stale = before.membership.key.stale;
  if (was_stale && !after.membership.key.stale) tally.stale_backups_caught++;
  if (before.counts === after.counts) return;
  for (const [name, effect] of [...COUNTED, ...more]) {
    const more = (after.counts.get(name) ?? 0) - (before.counts.get(name) ?? 0);
    if (more <= 0) continue;
    tally[effect] += more;
    if (name === "duplicates" && from_liar) tally.replays_refused += more;
  }
}

/** Adds what happened in a run. */
export function addTally(sum: Tally, more: Tally): void {
  for (const [name, times] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + times;
}

/** What never happened. */
export function missingEffects(tally: Tally): string[] {
  return Object.keys(tally).filter((name) => tally[name] === 0);
}

/** What nodes count themselves. */
const COUNTED = [
  ["sent-again", "entries_sent_again"],
  ["duplicates", "duplicates_refused"],
  ["rejected:bad-signature", "forgeries_refused"],
  ["rejected:bad-json", "junk_refused"],
  ["rejected:bad-line", "junk_refused"],
  ["rejected:bad-entry", "junk_refused"],
  ["causes-given-up", "missing_causes_given_up"],
  ["rejected:cut-off", "lines_cut_off"],
] as const;
