/** What the log is: entries by origin and topic, and what waits for a cause. */

import type { Id, Topic } from "../types.ts";
import { type Entry, type EntryHeader, logKey, peekHeader, sameBytes, sealOf } from "./entry.ts";
import { AppendLog } from "../data/append_log.ts";
import { Interner } from "../data/interner.ts";
import { SharedMap } from "../data/shared_map.ts";
import { noPending, type Pending } from "./pending.ts";

/** The topic of who is there. */
export const PRESENCE: Topic = "presence";

/** What is special about a topic; others have no rule. There is always room for a topic with one. */
export interface TopicRule {
  /** Whether it never drops anything. */
  readonly whole: boolean;
  /** Most bytes of the lines of own entries, but where one item alone takes more. */
  readonly entry_bytes_max?: number;
}

/** An entry as it is kept. */
export interface StoredEntry {
  /** Number of its log. */
  readonly log: number;
  readonly seq: number;
  readonly first: number;
  readonly count: number;
  readonly line: Uint8Array;
  /** Position in the order of its topic. */
  readonly at: number;
  /** Bytes of its topic delivered before it. */
  readonly offset: number;
  /** How many entries of all topics were delivered before it. */
  readonly arrival: number;
}

/** One log. */
export interface Head {
  readonly origin: Id;
  readonly topic: Topic;
  /** Hash of the newest entry; null after a gap, when nobody here knows it. */
  readonly hash: string | null;
  /** Number that the next item will have; 0 after a gap. */
  readonly next_item: number;
  /** The kept entries, by sequence. */
  readonly entries: AppendLog<StoredEntry>;
  /** The newest entry. It is never dropped: it proves to others that those before it existed. */
  readonly last: StoredEntry | null;
  /** Two lines that the origin signed with one number: this log ends here. */
  readonly fork: readonly [Uint8Array, Uint8Array] | null;
}

/** One topic: its entries in the order in which this node delivered them, causes first. */
export interface TopicState {
  readonly order: AppendLog<StoredEntry>;
  readonly bytes: number;
  /** Numbers of its logs. */
  readonly logs: AppendLog<number>;
  /** What others did since this node's own last entry: the dependencies of its next. */
  readonly fresh: ReadonlyMap<Id, number>;
}

/**
 * Logs of origins that left or failed and of which nothing is kept any more: how far they went, in a
 * bounded list, so that somebody who was away cannot bring back what they said.
 */
export interface Forgotten {
  /** For the key of each log, its newest entry. */
  readonly seqs: SharedMap<string, number>;
  /** Keys and entries, oldest first; one that was recalled may stand here still. */
  readonly order: AppendLog<readonly [string, number]>;
}

/** The slice of this room. */
export interface LogState {
  /** This node's id; another after its key was renewed. */
  readonly self: Id;
  readonly rules: ReadonlyMap<Topic, TopicRule>;
  readonly keys: Interner;
  readonly heads: readonly Head[];
  /** For each log, how many entries were delivered. */
  readonly clock: readonly number[];
  readonly topics: ReadonlyMap<Topic, TopicState>;
  /** For each origin, in how many topics it speaks. */
  readonly origins: SharedMap<Id, number>;
  readonly pending: Pending;
  /** Logs that are no longer in the clock, and must not come back. */
  readonly forgotten: Forgotten;
  readonly totals: Totals;
}

/** Sums over all topics. */
export interface Totals {
  /** What the topics that are not kept whole take up. */
  readonly kept_bytes: number;
  /** How many entries were ever delivered. */
  readonly arrivals: number;
}

/** An entry at the moment of its delivery. */
export interface Delivered {
  readonly stored: StoredEntry;
  readonly entry: Entry;
}

/** What became of a batch of entries. */
export interface LogOutput {
  readonly delivered: Delivered[];
  /** One code for each entry that was not taken. */
  readonly rejected: string[];
  /** Entries that were there already. */
  duplicates: number;
  readonly forks: { origin: Id; topic: Topic; seq: number }[];
}

/** The state of a node that has seen nothing. */
export function emptyLog(self: Id, rules: ReadonlyMap<Topic, TopicRule> = new Map()): LogState {
  return {
    self,
    rules: new Map([...rules, [PRESENCE, { whole: false }]]),
    keys: Interner.empty(),
    heads: [],
    clock: [],
    topics: new Map(),
    origins: SharedMap.of(),
    pending: noPending(),
    forgotten: { seqs: SharedMap.of(), order: AppendLog.empty() },
    totals: { kept_bytes: 0, arrivals: 0 },
  };
}

/** An entry of a log, where it is still kept. */
export function keptEntry(head: Head, seq: number): StoredEntry | undefined {
  return head.last?.seq === seq ? head.last : head.entries.get(seq);
}

/** The number of the first entry of which the two lines of a proof show two versions. */
export function forkedAt(lines: readonly [Uint8Array, Uint8Array]): number {
  // Where one names another predecessor than the other is, that is the one with two versions.
  return Math.min(...lines.map((line) => peekHeader(line)!.seq));
}

/** Sequence of the first entry that a peer can still get. */
export function firstKept({ entries, last }: Head): number {
  return entries.length > 0 || last === null ? entries.first : last.seq;
}

/** Whether a topic never drops anything. */
export function isKeptWhole({ rules }: LogState, topic: Topic): boolean {
  return rules.get(topic)?.whole === true;
}

/** How far a log can serve as a cause: all that was delivered; a log that ends in a fork, all. */
export function reachOf(log: LogState, origin: Id, topic: Topic): number {
  const key = logKey(origin, topic), index = log.keys.find(key);
  if (index < 0) return log.forgotten.seqs.get(key) ?? 0;
  return log.heads[index].fork === null ? log.clock[index] : Infinity;
}

/**
 * The number of the log of which a line is a plain duplicate, or -1 where it must be looked at:
 * because it is new, or because its signature is not the one that is kept, which may prove a fork.
 */
export function seenLog(log: LogState, header: EntryHeader, line: Uint8Array): number {
  const index = log.keys.find(header.key);
  if (index < 0 || header.seq > log.clock[index] || header.seq < 1) return -1;
  const kept = keptEntry(log.heads[index], header.seq);
  if (kept !== undefined && !sameBytes(sealOf(kept.line), sealOf(line))) return -1;
  return index;
}
