/** What the node and the thread of files say to each other. */

import type { FilesTask } from "../tasks.ts";

export type ToThread =
  /** Comes first: where the work is to be done. */
  | { readonly kind: "place"; readonly host: string; readonly data: string | null }
  | { readonly kind: "start"; readonly job: number; readonly task: FilesTask }
  /** No longer wanted: it ends all the same. */
  | { readonly kind: "cancel"; readonly job: number }
  /** Comes last: all jobs end, and the disk is left in order. */
  | { readonly kind: "end" };

export type FromThread =
  | { readonly kind: "report"; readonly job: number; readonly result: unknown }
  | { readonly kind: "done"; readonly job: number; readonly result: unknown }
  | { readonly kind: "fault"; readonly job: number; readonly fault: string }
  /** Comes last. */
  | { readonly kind: "ended" };
