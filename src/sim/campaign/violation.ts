/** What a run found that must never be. */

/** The rules that every run checks; apps have others. */
export const INVARIANTS = [
  "acknowledged_is_kept",
  "logs_are_prefixes",
  "causal_delivery",
  "items_once",
  "equal_clocks_and_apps_after_heal",
  "no_false_failed",
  "memory_bounds",
  "no_number_twice",
  "never_throws",
  "same_seed_same_trace",
] as const;
export type InvariantName = typeof INVARIANTS[number];
/** One of them, or one of an app. */
// deno-lint-ignore ban-types -- so that editors go on to offer the names
export type RuleName = InvariantName | (string & {});

export class Violation extends Error {
  override name = "Violation";

  constructor(readonly invariant: string, readonly detail: string) {
    super(`${invariant}: ${detail}`);
  }
}

/** Fails where a rule does not hold; the text is made only then. */
export function must(holds: boolean, invariant: RuleName, tell: () => string): void {
  if (!holds) throw new Violation(invariant, tell());
}
