/**
 * The replicated log: for each origin and topic the entries 1, 2, 3, ... without gaps, delivered in
 * causal order. Deduplication is the clock: what is at or below it has been seen.
 *
 * Causal delivery by dependencies: K. Birman, A. Schiper, P. Stephenson, "Lightweight Causal and
 * Atomic Group Multicast", 1991, section 5; only the difference of the vector travels.
 */

import type { Env, Gap, Id, Topic } from "../types.ts";
import { type Entry, type EntryHeader, logKey, sameBytes, sealOf } from "./entry.ts";
import type { AppendLog } from "../data/append_log.ts";
import { type Forgotten, nothingForgotten } from "./forgotten.ts";
import { Interner } from "../data/interner.ts";
import { ENTRY_OVERHEAD_BYTES } from "../data/limits.ts";
import { LogEdit } from "./log_edit.ts";
import { noPending, type Pending, waiveFirst } from "./pending.ts";
import { SharedMap } from "../data/shared_map.ts";

/** The topic of lines, unless another is named. */
export const CHAT: Topic = "chat";
/** The topic of who is there. */
export const PRESENCE: Topic = "presence";
/** The topic of transactions, the only one that is kept whole. */
export const LEDGER: Topic = "ledger";

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

export interface LogState {
  readonly self: Id;
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
  /** What the topics that are not kept whole take up. */
  readonly kept_bytes: number;
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
export function emptyLog(self: Id): LogState {
  return {
    self,
    keys: Interner.empty(),
    heads: [],
    clock: [],
    topics: new Map(),
    origins: SharedMap.of(),
    pending: noPending(),
    forgotten: nothingForgotten(),
    kept_bytes: 0,
    arrivals: 0,
  };
}

/** An entry of a log, where it is still kept. */
export function keptEntry(head: Head, seq: number): StoredEntry | undefined {
  return head.last?.seq === seq ? head.last : head.entries.get(seq);
}

/** Sequence of the first entry that a peer can still get. */
export function firstKept({ entries, last }: Head): number {
  return entries.length > 0 || last === null ? entries.first : last.seq;
}

/** Whether there is always room for a topic. */
export function isBuiltIn(topic: Topic): boolean {
  return topic === LEDGER || topic === PRESENCE || topic === CHAT;
}

/** Whether a topic never drops anything. */
export function isKeptWhole(topic: Topic): boolean {
  return topic === LEDGER;
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

/** Takes entries whose signatures are good: delivers what it can, keeps what waits for a cause. */
export function insertEntries(
  log: LogState,
  entries: readonly Entry[],
  now_ms: number,
  env: Env,
): [LogState, LogOutput] {
  if (entries.length === 0) return [log, { delivered: [], rejected: [], duplicates: 0, forks: [] }];
  const edit = new LogEdit(log, env);
  for (const entry of entries) edit.insert(entry, now_ms);
  return edit.finish();
}

/** Gives up the entries of a log up to `to`: they are a gap. */
export function skipEntries(log: LogState, gap: Gap, env: Env): [LogState, LogOutput] {
  const edit = new LogEdit(log, env);
  edit.skip(gap);
  return edit.finish();
}

/** Gives up the missing causes of the first entry that waits in a log, and delivers it. */
export function waiveCauses(log: LogState, index: number, env: Env): [LogState, LogOutput] {
  const edit = new LogEdit({ ...log, pending: waiveFirst(log.pending, index) }, env);
  edit.retry(index);
  return edit.finish();
}

/** The log of a node that goes on under a new id: everything that is there came before it. */
export function renameSelf(log: LogState, self: Id): LogState {
  const topics = new Map(log.topics);
  for (const [name, topic] of topics) {
    if (name === PRESENCE) continue;
    const heads = [...topic.logs.from()].filter((index) => log.clock[index] > 0);
    const fresh = new Map(heads.map((index) => [log.heads[index].origin, log.clock[index]]));
    topics.set(name, { ...topic, fresh });
  }
  return { ...log, self, topics };
}

/** Drops the oldest entries of all topics that are not kept whole, until they fit. */
export function trimLog(log: LogState, keep_bytes: number): LogState {
  if (log.kept_bytes <= keep_bytes) return log;
  const topics = new Map(log.topics), heads = log.heads.slice();
  const cursors = new Map<Topic, number>();
  for (const [name, topic] of topics) if (!isKeptWhole(name)) cursors.set(name, topic.order.first);
  const dropped = new Map<number, number>();
  let kept_bytes = log.kept_bytes;
  while (kept_bytes > keep_bytes) {
    let oldest: StoredEntry | undefined, from: Topic = "";
    for (const [name, at] of cursors) {
      const entry = topics.get(name)!.order.get(at);
      if (entry && (!oldest || entry.arrival < oldest.arrival)) [oldest, from] = [entry, name];
    }
    if (oldest === undefined) break;
    kept_bytes -= oldest.line.length + ENTRY_OVERHEAD_BYTES;
    cursors.set(from, oldest.at + 1);
    dropped.set(oldest.log, oldest.seq);
  }
  for (const [name, at] of cursors) {
    const topic = topics.get(name)!;
    topics.set(name, { ...topic, order: topic.order.dropUntil(at) });
  }
  for (const [index, seq] of dropped) {
    heads[index] = { ...heads[index], entries: heads[index].entries.dropUntil(seq + 1) };
  }
  return { ...log, topics, heads, kept_bytes };
}
