/** What the counter knows, and words that its parts share. */

import type { AppendLog } from "../../../src/core/data/append_log.ts";
import type { AppEvent, AppOut } from "../../../src/core/host/app.ts";
import type { Json, Source } from "../../../src/core/types.ts";
import type { Sums } from "./counter.ts";
import type { Asked } from "./requests.ts";

/** The topic of numbers, and the name of the app. */
export const COUNTER = "counter";
/** The table of all that counts. */
export const STEPS = "counter_steps";
/** So long after the last number the counter is quiet. */
export const QUIET_MS = 1_500;

/** What the app knows. */
export interface Counter extends Sums {
  /** What is printed, oldest first. */
  readonly records: AppendLog<Json>;
  /** When somebody counted last; null where it was told already that nobody does. */
  readonly counted_ms: number | null;
  /** What was kept when it was quiet: the total, and of how many steps. */
  readonly checkpoint: Json;
  /** What is factored, and for whom. */
  readonly factoring:
    | { readonly tag: number; readonly number: number; readonly source: Source }
    | null;
  /** The last number that was factored, with its factors. */
  readonly factors: readonly number[];
  /** Questions to other nodes, by their tags, and who wants to know. */
  readonly asked: ReadonlyMap<number, Asked & { readonly source: Source }>;
  readonly next_tag: number;
}

export type Reduced = readonly [Counter, readonly AppOut[]];
export type Of<Kind extends AppEvent["kind"]> = Extract<AppEvent, { kind: Kind }>;

/** There is one alarm: it is set to what is due first. */
export function nextWake(asked: Counter["asked"], counted_ms: number | null): number {
  let at_ms = counted_ms === null ? Infinity : counted_ms + QUIET_MS;
  for (const { deadline_ms } of asked.values()) at_ms = Math.min(at_ms, deadline_ms);
  return at_ms;
}

/** Prints a record. */
export function print(record: { readonly [key: string]: Json }): AppOut {
  return { kind: "print", record, bytes: 100 };
}
