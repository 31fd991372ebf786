/** What a node knows of the chain, and what it is doing about it. */

import type { Id, Json, Source } from "../../core/types.ts";
import { AppendLog } from "../../core/data/append_log.ts";
import { SharedMap } from "../../core/data/shared_map.ts";
import type { Block } from "./blockchain.ts";
import type { ChainOptions } from "./options.ts";
import type { OrderRule } from "./order.ts";
import type { ChainRecord } from "./record.ts";
import type { Tree } from "./tree.ts";
import type { Waiting } from "./waiting.ts";

/** The state of a node that follows the chain. */
export interface ChainState {
  readonly options: ChainOptions;
  readonly order: readonly OrderRule[];
  /** Null before anything happened: what hashes comes with the first event. */
  readonly tree: Tree | null;
  /** Blocks whose parents are not here, by the hashes of these. */
  readonly orphans: ReadonlyMap<string, Orphans>;
  /** Good blocks of clocks that are ahead; they wait until it is their time. */
  readonly early: readonly Waiting[];
  /** Records that came and are in no block of the best branch, by their keys, oldest first. */
  readonly pool: SharedMap<string, ChainRecord>;
  /** Bytes of the lines of these records, or more: those that left are not counted down at once. */
  readonly pool_bytes: number;
  /** Keys of records that had no place behind the best branch when all were looked at last. */
  readonly doubtful: ReadonlySet<string>;
  /** Who waits for a record to be so deep in the chain. */
  readonly waits: readonly Wait[];
  /** Who waits for the newest chain. */
  readonly catching: readonly Catching[];
  /** Keys of own records that wait in vain, of which the user was told. */
  readonly lost: ReadonlySet<string>;
  readonly mining: Mining | null;
  /** What was looked at last for something to mine, and when. */
  readonly looked: Looked;
  /** Whether the node runs: what is delivered before that is old. */
  readonly started: boolean;
  readonly next_tag: number;
  /** What is printed: the blocks of the best branch, as they come. */
  readonly printed: AppendLog<Json>;
  /** The last block that an earlier run had to print, until this one begins. */
  readonly printed_last: string | null;
}

/** Blocks that wait for one parent, and who is asked for it. */
export interface Orphans {
  readonly blocks: readonly Waiting[];
  /** Who was asked in this round: whoever sent a block of them, then others. */
  readonly asked: readonly Id[];
  /** How often all neighbours were asked. */
  readonly round: number;
  /** When somebody is asked again, or looked for. */
  readonly ask_ms: number;
}

/** A block that is looked for. */
export interface Mining {
  readonly tag: number;
  /** But for its nonce. */
  readonly block: Block;
}

/** A look for something to mine. */
export interface Looked {
  readonly best: string;
  readonly pool: SharedMap<string, ChainRecord> | null;
  readonly at_ms: number;
  /** Keys of records that had no place behind that branch. */
  readonly refused: ReadonlySet<string>;
}

/** Somebody waits for a record. */
export interface Wait {
  readonly source: Source;
  /** As it was handed over; what comes back from the log is known by it. */
  readonly item: string;
  /** The key of the record, once it came back. */
  readonly key: string | null;
  readonly depth: number;
  /** Whether it shares the record with whoever handed over the same before it came back. */
  readonly once: boolean;
  /** When it ends; Infinity where that is not said. */
  readonly deadline_ms: number;
}

/** Who waits for the newest chain, and what is missing to it. */
export interface Catching {
  readonly source: Source;
  /** Neighbours that did not answer yet. */
  readonly asked: readonly Id[];
  /** Last blocks of neighbours that are not here yet. */
  readonly missing: readonly string[];
  readonly until_ms: number;
}

/** A node that knows nothing of the chain yet. */
export function newState(options: ChainOptions, order: readonly OrderRule[]): ChainState {
  return {
    options,
    order,
    tree: null,
    orphans: new Map(),
    early: [],
    pool: SharedMap.of(),
    pool_bytes: 0,
    doubtful: new Set(),
    waits: [],
    catching: [],
    lost: new Set(),
    mining: null,
    looked: { best: "", pool: null, at_ms: 0, refused: new Set() },
    started: false,
    next_tag: 1,
    printed: AppendLog.empty(),
    printed_last: null,
  };
}
