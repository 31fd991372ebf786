/** A machine of a run: a place, perhaps with a disk, where one node after the other runs. */

import type { SimNode } from "../sim_node.ts";
import type { SimStore } from "../sim_store.ts";

export interface Machine {
  readonly index: number;
  readonly name: string;
  readonly lies: boolean;
  store: SimStore | null;
  /** An old copy of the disk. */
  backup: SimStore | null;
  node: SimNode;
  view: View;
  /** Entries that were printed here by any run, as `log#number`, and what apps note of their own. */
  readonly printed: Set<string>;
  /** Gaps that were printed here. */
  gaps_printed: number;
  runs: number;
  /** What it had stored was lost in part, so that it may sign some number anew. */
  lost_data: boolean;
  /** What is stored was damaged before this run, so that causes may be missing. */
  damaged: boolean;
  /** It left, and does not come back. */
  gone: boolean;
  /** Texts that its users said, in the runs that were not killed. */
  said: Set<string>;
}

/** What one run of a node has delivered and printed, as somebody who watches it knows. */
export interface View {
  /** Until when a node with an old disk must not sign, by its own clock, and its old key. */
  silent_ms: number;
  id: string;
  /** For each log, how far it was delivered. */
  readonly seqs: Map<string, number>;
  /** For each log, how far the disk goes. */
  readonly stored: Map<string, number>;
  /** For each log, the newest entry that was printed. */
  readonly printed: Map<string, number>;
  /** For each log, how far it may be missing, because it was given up as a cause. */
  readonly excused: Map<string, number>;
  /** Topics in which entries were given up. */
  readonly gapped: Set<string>;
  /** What the rules of each app keep, by its name. */
  readonly apps: ReadonlyMap<string, unknown>;
}

/** Nothing was seen yet. */
export function newView(apps: ReadonlyMap<string, unknown>): View {
  return {
    silent_ms: 0,
    id: "",
    seqs: new Map(),
    stored: new Map(),
    printed: new Map(),
    excused: new Map(),
    gapped: new Set(),
    apps,
  };
}

/** Remembers the larger of two numbers. */
export function raise(map: Map<string, number>, key: string, seq: number): void {
  if (seq > (map.get(key) ?? 0)) map.set(key, seq);
}
