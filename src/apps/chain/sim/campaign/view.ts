/** What is kept of one run of a node that is watched. */

import type { Json } from "../../../../core/types.ts";
import type { BlockFields } from "./arithmetic.ts";
import type { Judged } from "./judge.ts";
import type { JudgedRecord } from "./order_judge.ts";

/** A block that came in a log, and is not placed yet. */
export interface HeardBlock {
  readonly block: BlockFields;
  /** Whether its parent was not there when it came, or its time had not. */
  orphan: boolean;
  early: boolean;
  /** When its time was seen to have come, by the node's clock, and how often it was looked at since. */
  due_ms: number;
  looks: number;
}

export interface ChainView {
  /** The blocks that the node has placed, when it was looked at last. */
  placed: unknown;
  /** Their hashes. */
  readonly seen: Set<string>;
  /** The best of them. */
  top: Judged | null;
  /** The best, as the node says. */
  best: string;
  /** Whether once more blocks waited than may. What went then is asked for when a child of it is due. */
  crowded: boolean;
  /** By hash. */
  readonly heard: Map<string, HeardBlock>;
  /** Records that came in logs, by key; without their lines. */
  readonly records: Map<string, JudgedRecord>;
  /** Those of the node itself that came since it runs. */
  readonly own: Map<string, Json>;
  /** What was counted of records that do not count, by effect and key. */
  readonly counted: Set<string>;
}

/** Nothing was seen yet. */
export function newChainView(): ChainView {
  return {
    placed: null,
    seen: new Set(),
    top: null,
    best: "",
    crowded: false,
    heard: new Map(),
    records: new Map(),
    own: new Map(),
    counted: new Set(),
  };
}
