/**
 * What this node prints: a cursor into a topic, or into the records of an app, with a window of bytes
 * that the output may owe. A slow output costs only its position, like a slow peer.
 */

import type { Json, Printed } from "../types.ts";
import type { AppendLog } from "../data/append_log.ts";
import type { Delivered } from "../log/slice.ts";
import type { Clocks } from "./clocks.ts";
import { type Dedup, emptyDedup } from "./dedup.ts";

/** The slice of this room. */
export interface Output {
  readonly place: Place;
  /** Just delivered and not printed yet, from the cursor on: saves reading the stored bytes again. */
  readonly ready: { readonly delivered: readonly Delivered[]; readonly bytes: number };
  /** For each log, the newest entry that was printed, so that a gap is noticed. */
  readonly printed: readonly number[];
  readonly debt: Debt;
  readonly history: History;
  readonly dedup: Dedup;
  /** For each origin, what it had seen with its newest entry; kept where clocks are printed. */
  readonly clocks: Clocks;
  /** Entries were given up, so that there may be a gap behind the last printed one. */
  readonly gapped: boolean;
  /** What is printed beside the cursor, with the next tick. */
  readonly beside: { readonly records: readonly Printed[]; readonly bytes: number };
}

/** How far printing is. */
export interface Place {
  /** Position of the next entry, or of the next record. */
  readonly cursor: number;
  /** Where the next entry begins: its arrival, or the number of records before the next one. */
  readonly position: number;
  /** Everything before this position was printed. */
  readonly taken: number;
}

/** What the output was handed and has not taken. */
export interface Debt {
  readonly unprinted_bytes: number;
  /** Bytes, and the position behind them. */
  readonly owed: readonly (readonly [number, number])[];
  /** How often the output was handed something, and how often it has taken that. */
  readonly handed: number;
  readonly answered: number;
  /** When the output last took something, or began to owe something. */
  readonly progress_ms: number;
}

/** What is history, and how much of it is printed. */
export interface History {
  /** Printing waits until it is known what is history. */
  readonly waiting: boolean;
  /** What was there before this node joined; entries up to here are history. */
  readonly clock: ReadonlyMap<number, number>;
  /** History items that are left out before the first that is printed. */
  readonly skip: number;
}

/** What an app has to print, oldest first; null where the lines of a topic are printed. */
export type Records = AppendLog<Json> | null;

/** Nothing was printed; `waiting` where there may be history that is not wanted. */
export function newOutput(waiting: boolean): Output {
  return {
    place: { cursor: 0, position: 0, taken: 0 },
    ready: { delivered: [], bytes: 0 },
    printed: [],
    debt: { unprinted_bytes: 0, owed: [], handed: 0, answered: 0, progress_ms: 0 },
    history: { waiting, clock: new Map(), skip: 0 },
    dedup: emptyDedup(),
    clocks: new Map(),
    gapped: false,
    beside: { records: [], bytes: 0 },
  };
}

/** What `debt.answered` will be when the output has taken all that it is to print by now. */
export function promised({ debt, beside }: Output): number {
  return debt.handed + (beside.records.length > 0 ? 1 : 0);
}
