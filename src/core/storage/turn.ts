/** What happens to what is stored, what follows, and what it may read. */

import type { Id } from "../types.ts";
import type { AppRow, Fork, Kept, Restored, StoreBatch, StoredRow } from "../data/stored.ts";
import type { Entry } from "../log/entry.ts";
import type { ForgottenLog } from "../log/forgotten.ts";
import type { Loaded } from "../log/turn.ts";
import type { LogState } from "../log/slice.ts";
import type { Output } from "../output/slice.ts";
import type { Out, RoomTurn, View } from "../wire/room.ts";
import type { News, Storage } from "./slice.ts";

export type StorageEvent =
  /** Everything that an earlier run stored but the entries. */
  | { readonly kind: "restored"; readonly restored: Restored }
  /** Stored entries, in the order of their delivery. */
  | { readonly kind: "loaded"; readonly rows: readonly StoredRow[] }
  /** Stored entries, by their arrivals, that are no good. */
  | { readonly kind: "unfit"; readonly arrivals: readonly number[] }
  /** Everything was loaded. */
  | { readonly kind: "finish" }
  /** Something besides entries is to be stored. */
  | { readonly kind: "news"; readonly news: Partial<Pick<News, "gaps" | "forks" | "forgotten">> }
  /** So is what apps keep, and show to SQL. */
  | { readonly kind: "app_news"; readonly rows: readonly AppRow[]; readonly kept: readonly Kept[] }
  /** What is new is stored; the out `settled` comes where it may be shown at once. */
  | { readonly kind: "settle" }
  | { readonly kind: "stored"; readonly fault: string | null }
  /** This node goes on under another id. */
  | { readonly kind: "renamed"; readonly self: Id }
  /** What is there now is what may be shown: nothing in it is new. */
  | { readonly kind: "adopt" };

export type StorageOut =
  | Out
  | { readonly kind: "persist"; readonly batch: StoreBatch }
  | { readonly kind: "settled" }
  | { readonly kind: "quarantine"; readonly arrivals: readonly number[] }
  /** The key may have signed more than is stored, or not. */
  | { readonly kind: "stale"; readonly stale: boolean }
  | { readonly kind: "remember"; readonly logs: readonly ForgottenLog[] }
  | { readonly kind: "kept"; readonly kept: readonly Kept[] }
  | {
    readonly kind: "load";
    readonly rows: readonly Loaded[];
    readonly jumps: (entry: Entry, is_new: boolean) => boolean;
  }
  | { readonly kind: "end_logs"; readonly forks: readonly Fork[] }
  /** Everything before this position was printed. */
  | { readonly kind: "resume"; readonly taken: number };

/** What it may read. */
export interface StorageView extends View {
  readonly log: LogState;
  readonly output: Output;
  readonly host: { readonly states: ReadonlyMap<string, unknown> };
}

export type StorageTurn = RoomTurn<Storage, StorageView, StorageOut>;
