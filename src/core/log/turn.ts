/** What happens to the log, what it hands back, and what it may read. */

import type { Env, Id, Topic } from "../types.ts";
import type { Fork, Gap } from "../data/stored.ts";
import type { Entry } from "./entry.ts";
import type { ForgottenLog } from "./forgotten.ts";
import type { Delivered } from "./slice.ts";

/** A stored entry that comes back, with its place and its hash. */
export interface Loaded {
  readonly entry: Entry;
  readonly arrival: number;
  readonly hash: string;
}

export type LogEvent =
  /** Entries whose signatures are good. */
  | { readonly kind: "insert"; readonly entries: readonly Entry[] }
  /** Entries that nobody has any more. */
  | { readonly kind: "skip"; readonly gap: Gap }
  /** The causes of the first entry that waits in a log did not come. */
  | { readonly kind: "waive"; readonly index: number }
  /** `jumps` tells of an entry that does not follow whether what is missing may be missing. */
  | {
    readonly kind: "load";
    readonly rows: readonly Loaded[];
    readonly jumps: (entry: Entry, is_new: boolean) => boolean;
  }
  /** Forks that were proved before. */
  | { readonly kind: "end"; readonly forks: readonly Fork[] }
  /** Logs that were forgotten before. */
  | { readonly kind: "remember"; readonly logs: readonly ForgottenLog[] }
  /** Logs, by their numbers, whose origins are gone. */
  | { readonly kind: "forget"; readonly indices: ReadonlySet<number> }
  | { readonly kind: "trim"; readonly keep_bytes: number }
  /** This node goes on under another id. */
  | { readonly kind: "rename"; readonly self: Id };

export type LogOut =
  | { readonly kind: "delivered"; readonly delivered: readonly Delivered[] }
  | { readonly kind: "forked"; readonly origin: Id; readonly topic: Topic; readonly seq: number }
  | { readonly kind: "gapped"; readonly gap: Gap }
  /** The numbers of these logs will mean others; positions in `moved` topics are no longer valid. */
  | {
    readonly kind: "forgot";
    readonly indices: ReadonlySet<number>;
    readonly logs: readonly ForgottenLog[];
    readonly moved: readonly Topic[];
  }
  /** Loaded rows, by their arrivals, that do not follow what is there. */
  | { readonly kind: "unfit"; readonly arrivals: readonly number[] }
  | { readonly kind: "count"; readonly what: string; readonly times: number };

/** What the log may read. */
export interface LogView {
  readonly env: Env;
  readonly now_ms: number;
}
