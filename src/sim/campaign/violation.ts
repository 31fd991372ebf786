/** What a run found that must never be. */

/** The rules that every run checks. */
export const INVARIANTS = [
  "acknowledged_is_kept",
  "logs_are_prefixes",
  "causal_delivery",
  "items_once",
  "equal_clocks_and_apps_after_heal",
  "ledger_sums_to_zero_and_ids_once",
  "no_false_failed",
  "memory_bounds",
  "no_number_twice",
  "never_throws",
  "same_seed_same_trace",
] as const;
export type InvariantName = typeof INVARIANTS[number];

export class Violation extends Error {
  override name = "Violation";

  constructor(readonly invariant: InvariantName, readonly detail: string) {
    super(`${invariant}: ${detail}`);
  }
}

/** Fails where a rule does not hold; the text is made only then. */
export function must(holds: boolean, invariant: InvariantName, tell: () => string): void {
  if (!holds) throw new Violation(invariant, tell());
}
