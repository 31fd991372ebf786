/**
 * What a node fetches, and from whom: a value, of which an event copies what it changes and nothing of
 * the size of a file.
 */

import type { Random } from "../../../core/data/random.ts";
import { SharedMap } from "../../../core/data/shared_map.ts";
import type { Id } from "../../../core/types.ts";
import type { Link } from "../link.ts";
import type { Runs } from "../runs.ts";
import type { Got, Range } from "../tasks.ts";
import type { Level } from "../tree.ts";
import { ChunkSet } from "./chunk_set.ts";
import type { Meter } from "./meter.ts";

/**
 * What is taken first where several have only parts: what fewest have, anything, or what comes first in
 * the file. The others are for the laboratory, to see what the first is good for.
 */
export type Order = "rarest" | "random" | "lowest";

/** Directly over a connection, or hop by hop. */
export type Via = "direct" | "routed";

export interface Swarm {
  readonly random: Random;
  readonly order: Order;
  readonly next_ask: number;
  readonly fetches: SharedMap<number, Fetch>;
  /** The fetches of a link; mostly one. */
  readonly by_link: SharedMap<Link, readonly number[]>;
  /** The numbers of those fetches of which something is neither there nor under way. */
  readonly hungry: ChunkSet;
  /** The numbers of those that wait for room on the disk. */
  readonly stuck: ChunkSet;
  readonly holders: ReadonlyMap<Id, Holder>;
  readonly asks: SharedMap<number, Ask>;
  /** What each peer has of a file, of its own chunks. */
  readonly has: SharedMap<Link, ReadonlyMap<Id, ChunkSet>>;
  /** Who sent what is not in a file: `excludedKey()`, the oldest first. */
  readonly excluded: ReadonlySet<string>;
  /** When it wants to be woken; Infinity for never. */
  readonly wake_ms: number;
}

/** A file that is fetched. */
export interface Fetch {
  readonly fetch: number;
  readonly link: Link;
  /** Of its tree: its own chunks, then the hashes, up to a single chunk of them. */
  readonly levels: readonly Level[];
  /** What is there and verified, by levels; and what is there or under way. */
  readonly there: readonly ChunkSet[];
  readonly taken: readonly ChunkSet[];
  /** How many requests are under way. */
  readonly asks: number;
  /** Bytes that were asked for although they were under way from somebody else. */
  readonly duplicate_bytes: number;
  /** While the disk takes nothing: why, and when it is tried again. */
  readonly stuck: { readonly why: string; readonly retry_ms: number } | null;
  readonly meter: Meter;
  /** Bytes that each holder brought. */
  readonly brought: ReadonlyMap<Id, number>;
}

/** Somebody who can be asked. */
export interface Holder {
  readonly peer: Id;
  readonly via: Via;
  readonly meter: Meter;
  /** The shortest time in which it answered; Infinity before it did. */
  readonly delay_ms: number;
  /** Numbers of its requests under way, the oldest first, and their bytes. */
  readonly asks: readonly number[];
  readonly asked_bytes: number;
  /** When something good came from it last. */
  readonly last_ms: number;
  /** How often in a row it let a request wait for too long, and until when it is not asked therefore. */
  readonly stalls: number;
  readonly rest_ms: number;
  /** The fetch that it was asked for last: the next one has its turn. */
  readonly turn: number;
}

/** A request under way. */
export interface Ask {
  readonly ask: number;
  readonly fetch: number;
  readonly peer: Id;
  readonly range: Range;
  readonly bytes: number;
  readonly sent_ms: number;
  /** When it should be done, by the rate of its holder as far as known. */
  readonly due_ms: number;
  /** When it is given to others, where there are some. */
  readonly patience_ms: number;
}

export type SwarmEvent =
  /** A fetch begins, of which this is there already, by levels. */
  | {
    readonly kind: "begun";
    readonly fetch: number;
    readonly link: Link;
    readonly has: readonly Runs[];
  }
  /** A peer can be asked now. */
  | { readonly kind: "holder"; readonly peer: Id; readonly via: Via }
  /** It can no longer be asked. */
  | { readonly kind: "lost"; readonly peer: Id; readonly why: string }
  /** A peer has this of a file, of its own chunks; null for all. */
  | { readonly kind: "has"; readonly peer: Id; readonly link: Link; readonly has: Runs | null }
  | { readonly kind: "got"; readonly ask: number; readonly got: Got }
  /** A request could not be made, or its holder went away. */
  | { readonly kind: "failed"; readonly ask: number; readonly why: string }
  /** The user ended a fetch, or it is complete and done with. */
  | { readonly kind: "stopped"; readonly fetch: number }
  | { readonly kind: "woken" };

export type SwarmOut =
  | {
    readonly kind: "ask";
    readonly ask: number;
    readonly fetch: number;
    readonly peer: Id;
    readonly via: Via;
    readonly range: Range;
  }
  /** It is no longer wanted; nothing is to be heard of it. */
  | { readonly kind: "cancel"; readonly ask: number }
  /** A holder sent what is not in the file, and is not asked for it any more. */
  | { readonly kind: "excluded"; readonly fetch: number; readonly peer: Id }
  /** All chunks are there. */
  | { readonly kind: "complete"; readonly fetch: number }
  /** The disk takes nothing, or (null) takes something again. */
  | { readonly kind: "stuck"; readonly fetch: number; readonly why: string | null }
  /** Wakes it at a time, instead of the one said before. */
  | { readonly kind: "wake"; readonly at_ms: number };

export interface SwarmView {
  readonly now_ms: number;
}

export function emptySwarm(seed: number, order: Order = "rarest"): Swarm {
  return {
    random: seed | 0,
    order,
    next_ask: 1,
    fetches: SharedMap.of(),
    by_link: SharedMap.of(),
    hungry: ChunkSet.EMPTY,
    stuck: ChunkSet.EMPTY,
    holders: new Map(),
    asks: SharedMap.of(),
    has: SharedMap.of(),
    excluded: new Set(),
    wake_ms: Infinity,
  };
}

/** Under which a peer is kept out of a file. */
export function excludedKey(link: Link, peer: Id): string {
  return `${link} ${peer}`;
}

/** Whether all chunks of a file are there. */
export function isComplete({ there, levels }: Fetch): boolean {
  return there[0].count === levels[0].chunks;
}
