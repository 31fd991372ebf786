/** What is stored, and so may be shown; and what an earlier run stored. */

import { AppendLog } from "../data/append_log.ts";
import type { AppRow, Fork, Gap, Kept, Restored, StoreBatch } from "../data/stored.ts";
import type { ForgottenLog } from "../log/forgotten.ts";
import type { LogState } from "../log/slice.ts";

/** The slice of this room. */
export interface Storage {
  /** Why the disk took nothing, last time. */
  readonly fault: string | null;
  readonly retry_ms: number;
  /** The batch under way, and what will be settled when it is stored. */
  readonly under_way: UnderWay | null;
  /** Besides entries, since the last batch. */
  readonly news: News;
  /** How far was printed, as it was stored last. */
  readonly printed: number;
  readonly drop_before: number;
  /** What may be shown: as of the last time that all of it was stored; without a store, of this tick. */
  readonly settled: Settled;
  /** Null once everything from an earlier run was loaded. */
  readonly restoring: Restoring | null;
}

/** What may be shown to others, and printed. */
export interface Settled {
  readonly log: LogState;
  /** What the apps made of it, by their names. */
  readonly states: ReadonlyMap<string, unknown>;
}

export interface UnderWay extends Settled {
  readonly batch: StoreBatch;
  readonly printed: number;
}

export interface News {
  readonly gaps: readonly Gap[];
  readonly forks: readonly Fork[];
  readonly forgotten: readonly ForgottenLog[];
  readonly rows: AppendLog<AppRow>;
  readonly kept: AppendLog<Kept>;
}

/** While what was stored is loaded. */
export interface Restoring {
  readonly restored: Restored;
  /** The key of a log and the last entry of a gap in it. */
  readonly gaps: ReadonlySet<string>;
  /** Entries that were set aside. */
  readonly unfit: number;
  /** The keys of the logs in which something is damaged; "" where it cannot be said of which. */
  readonly damaged: ReadonlySet<string>;
}

/** Nothing is new. */
export const NO_NEWS: News = {
  gaps: [],
  forks: [],
  forgotten: [],
  rows: AppendLog.empty(),
  kept: AppendLog.empty(),
};

/** Nothing was stored. */
export function newStorage(settled: Settled): Storage {
  return {
    fault: null,
    retry_ms: 0,
    under_way: null,
    news: NO_NEWS,
    printed: 0,
    drop_before: 0,
    settled,
    restoring: null,
  };
}

/** Whether all that is here may be shown. */
export function isAdopted(
  { storage: { settled }, log, host }: {
    readonly storage: Storage;
    readonly log: LogState;
    readonly host: Pick<Settled, "states">;
  },
): boolean {
  return settled.log === log && settled.states === host.states;
}

/** Whether everything that was delivered is stored. */
export function isSettled({ settled }: Storage, log: LogState, durable: boolean): boolean {
  return !durable || settled.log.totals.arrivals === log.totals.arrivals;
}
