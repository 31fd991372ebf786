/** What a scenario finds, to be shown beside what others published. */

export interface Findings {
  /** What was run. */
  readonly setting: string;
  /** Where the published numbers come from. */
  readonly source: string;
  readonly rows: readonly Row[];
  /** Further numbers, without goals; the first row is the head. */
  readonly table: readonly (readonly string[])[];
  /** What to know about the numbers. */
  readonly notes: readonly string[];
}

/** One number. */
export interface Row {
  readonly what: string;
  readonly ours: number;
  readonly unit: string;
  /** Ours is to be at most, or at least, so much; null where nothing was set. */
  readonly goal: Goal | null;
  /** What others published, in their words; "" where there is nothing. */
  readonly published: string;
}

export interface Goal {
  readonly kind: "most" | "least" | "below";
  readonly value: number;
}

export interface ScenarioOptions {
  readonly seed: number;
  /** Told how much is done, from 0 to 1. */
  readonly onProgress?: (part: number) => void;
}

export function atMost(value: number): Goal {
  return { kind: "most", value };
}

export function atLeast(value: number): Goal {
  return { kind: "least", value };
}

export function below(value: number): Goal {
  return { kind: "below", value };
}

/** Whether a number is as it should be. */
export function isMet({ ours, goal }: Pick<Row, "ours" | "goal">): boolean {
  if (goal === null) return true;
  if (goal.kind === "below") return ours < goal.value;
  return goal.kind === "most" ? ours <= goal.value : ours >= goal.value;
}
