/**
 * The replicated log: for each origin and topic the entries 1, 2, 3, ... without gaps, delivered in
 * causal order. Deduplication is the clock: what is at or below it has been seen.
 *
 * Causal delivery by dependencies: K. Birman, A. Schiper, P. Stephenson, "Lightweight Causal and
 * Atomic Group Multicast", 1991, section 5; only the difference of the vector travels.
 */

import type { Env, Gap, Id, Topic } from "./types.ts";
import { type Entry, type EntryHeader, hashedBytes, logKey, sealOf } from "./entry.ts";
import { AppendLog } from "./append_log.ts";
import { Interner } from "./interner.ts";
import { isPublicKey } from "./public_key.ts";
import { ENTRY_OVERHEAD_BYTES, LOGS_MAX, TOPICS_MAX } from "./limits.ts";
import { addPending, dropPendingUntil, noPending, type Pending, takeReady } from "./pending.ts";

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
  readonly pending: Pending;
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
    pending: noPending(),
    kept_bytes: 0,
    arrivals: 0,
  };
}

/** Whether a topic never drops anything. */
export function isKeptWhole(topic: Topic): boolean {
  return topic === LEDGER;
}

/** How many entries of a log were delivered. */
export function seenOf(log: LogState, origin: Id, topic: Topic): number {
  const index = log.keys.find(logKey(origin, topic));
  return index < 0 ? 0 : log.clock[index];
}

/**
 * The number of the log of which a line is a plain duplicate, or -1 where it must be looked at:
 * because it is new, or because its signature is not the one that is kept, which may prove a fork.
 */
export function seenLog(log: LogState, header: EntryHeader, line: Uint8Array): number {
  const index = log.keys.find(header.key);
  if (index < 0 || header.seq > log.clock[index] || header.seq < 1) return -1;
  const kept = log.heads[index].entries.get(header.seq);
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
  if (entries.length === 0) return [log, { delivered: [], rejected: [], forks: [] }];
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

/** Tries again what waits; for when a missing cause was given up. */
export function retryPending(log: LogState, env: Env): [LogState, LogOutput] {
  const edit = new LogEdit(log, env);
  edit.deliverReady();
  return edit.finish();
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

/** One batch of changes: copies each structure once, and is thrown away with the batch. */
class LogEdit {
  readonly #heads: Head[];
  readonly #clock: number[];
  readonly #topics: Map<Topic, TopicState>;
  /** Entries delivered in this batch, appended to their lists at the end. */
  readonly #orders = new Map<Topic, StoredEntry[]>();
  readonly #tails = new Map<number, StoredEntry[]>();
  readonly #fresh = new Map<Topic, Map<Id, number>>();
  #keys: Interner;
  #pending: Pending;
  #kept_bytes: number;
  #arrivals: number;
  #changed = false;
  readonly #output: LogOutput = { delivered: [], rejected: [], forks: [] };

  constructor(readonly before: LogState, readonly env: Env) {
    this.#heads = before.heads.slice();
    this.#clock = before.clock.slice();
    this.#topics = new Map(before.topics);
    this.#keys = before.keys;
    this.#pending = before.pending;
    this.#kept_bytes = before.kept_bytes;
    this.#arrivals = before.arrivals;
  }

  insert(entry: Entry, now_ms: number): void {
    const index = this.#indexOf(entry.origin, entry.topic);
    if (index < 0) return;
    const head = this.#heads[index];
    if (head.fork !== null) this.#reject("frozen");
    else if (entry.seq <= this.#clock[index]) this.#compare(index, entry);
    else if (entry.seq === this.#clock[index] + 1 && this.#hasCauses(entry)) {
      this.#deliver(index, entry);
      this.deliverReady();
    } else {
      const pending = addPending(this.#pending, index, entry, now_ms);
      if (typeof pending === "string") this.#reject(pending);
      else this.#pending = pending;
    }
  }

  skip(gap: Gap): void {
    const index = this.#indexOf(gap.origin, gap.topic);
    if (index < 0 || this.#clock[index] >= gap.to) return;
    this.#flushTail(index);
    this.#changed = true;
    this.#clock[index] = gap.to;
    this.#heads[index] = {
      ...this.#heads[index],
      hash: null,
      next_item: 0,
      entries: AppendLog.empty(gap.to + 1),
    };
    this.#pending = dropPendingUntil(this.#pending, index, gap.to);
    this.deliverReady();
  }

  deliverReady(): void {
    for (;;) {
      const [pending, index, entry] = takeReady(
        this.#pending,
        (index, entry, waived) =>
          entry.seq === this.#clock[index] + 1 && (waived || this.#hasCauses(entry)),
      );
      if (entry === null) return;
      this.#pending = pending;
      this.#deliver(index, entry);
    }
  }

  finish(): [LogState, LogOutput] {
    for (const [name, added] of this.#orders) {
      const topic = this.#topics.get(name)!;
      this.#topics.set(name, { ...topic, order: topic.order.append(added) });
    }
    for (const index of [...this.#tails.keys()]) this.#flushTail(index);
    const after: LogState = {
      self: this.before.self,
      keys: this.#keys,
      heads: this.#heads,
      clock: this.#clock,
      topics: this.#topics,
      pending: this.#pending,
      kept_bytes: this.#kept_bytes,
      arrivals: this.#arrivals,
    };
    const changed = this.#changed || this.#keys !== this.before.keys ||
      this.#pending !== this.before.pending;
    return [changed ? after : this.before, this.#output];
  }

  #deliver(index: number, entry: Entry): void {
    const head = this.#heads[index];
    if (head.hash !== null && entry.previous !== head.hash) {
      // It was signed on top of another version of the entry before it.
      const kept = this.#lastOf(index);
      this.#freeze(index, entry, kept?.line ?? entry.line);
      return;
    }
    if (head.next_item !== 0 && entry.first !== head.next_item) return this.#reject("bad-count");
    const topic = this.#topics.get(entry.topic)!;
    const added = this.#orders.get(entry.topic) ?? [];
    const stored: StoredEntry = {
      log: index,
      seq: entry.seq,
      first: entry.first,
      count: entry.items.length,
      line: entry.line,
      at: topic.order.end + added.length,
      offset: topic.bytes,
      arrival: this.#arrivals++,
    };
    this.#orders.set(entry.topic, added);
    added.push(stored);
    const tail = this.#tails.get(index);
    if (tail === undefined) this.#tails.set(index, [stored]);
    else tail.push(stored);
    this.#changed = true;
    this.#clock[index] = entry.seq;
    this.#heads[index] = {
      ...head,
      hash: this.env.sha256(hashedBytes(entry.line)),
      next_item: entry.first + entry.items.length,
    };
    this.#topics.set(entry.topic, {
      ...topic,
      bytes: topic.bytes + entry.line.length,
      fresh: this.#refresh(topic, entry),
    });
    if (!isKeptWhole(entry.topic)) this.#kept_bytes += entry.line.length + ENTRY_OVERHEAD_BYTES;
    this.#output.delivered.push({ stored, entry });
  }

  /** A second entry with a number that was taken proves a fork, unless it is the same one. */
  #compare(index: number, entry: Entry): void {
    const tail = this.#tails.get(index)?.find((stored) => stored.seq === entry.seq);
    const kept = tail ?? this.#heads[index].entries.get(entry.seq);
    if (kept !== undefined && !sameBytes(kept.line, entry.line)) {
      this.#freeze(index, entry, kept.line);
    }
  }

  #freeze(index: number, entry: Entry, kept: Uint8Array): void {
    this.#changed = true;
    this.#heads[index] = { ...this.#heads[index], fork: [kept, entry.line] };
    this.#pending = dropPendingUntil(this.#pending, index, Infinity);
    this.#output.forks.push({ origin: entry.origin, topic: entry.topic, seq: entry.seq });
    this.#reject("fork");
  }

  #hasCauses(entry: Entry): boolean {
    for (const [origin, seq] of entry.deps) {
      const index = this.#keys.find(logKey(origin, entry.topic));
      if (index < 0 || this.#clock[index] < seq) return false;
    }
    return true;
  }

  /** The number of a log, which is made where it is new; -1 where it may not be. */
  #indexOf(origin: Id, topic: Topic): number {
    const key = logKey(origin, topic);
    const known = this.#keys.find(key);
    if (known >= 0) return known;
    const code = this.#keys.length >= LOGS_MAX
      ? "too-many-logs"
      : !this.#topics.has(topic) && this.#topics.size >= TOPICS_MAX
      ? "too-many-topics"
      : !isPublicKey(origin)
      ? "bad-key"
      : null;
    if (code !== null) {
      this.#reject(code);
      return -1;
    }
    const index = this.#keys.length;
    this.#keys = this.#keys.add(key);
    this.#clock.push(0);
    const entries = AppendLog.empty<StoredEntry>(1);
    this.#heads.push({ origin, topic, hash: "", next_item: 1, entries, fork: null });
    const state = this.#topics.get(topic) ?? emptyTopic();
    this.#topics.set(topic, { ...state, logs: state.logs.append([index]) });
    return index;
  }

  /** What the next own entry depends on, after an entry was delivered. */
  #refresh(topic: TopicState, entry: Entry): ReadonlyMap<Id, number> {
    // Presence speaks of its own origin only, so that it waits for nobody.
    if (entry.topic === PRESENCE) return topic.fresh;
    let fresh = this.#fresh.get(entry.topic);
    if (fresh === undefined) this.#fresh.set(entry.topic, fresh = new Map(topic.fresh));
    if (entry.origin !== this.before.self) fresh.set(entry.origin, entry.seq);
    else {
      for (const [origin, seq] of entry.deps) {
        if (fresh.get(origin)! <= seq) fresh.delete(origin);
      }
    }
    return fresh;
  }

  #lastOf(index: number): StoredEntry | undefined {
    return this.#tails.get(index)?.at(-1) ?? this.#heads[index].entries.get(this.#clock[index]);
  }

  #flushTail(index: number): void {
    const tail = this.#tails.get(index);
    if (tail === undefined) return;
    const head = this.#heads[index];
    this.#heads[index] = { ...head, entries: head.entries.append(tail) };
    this.#tails.delete(index);
  }

  #reject(code: string): void {
    this.#output.rejected.push(code);
  }
}

function emptyTopic(): TopicState {
  return { order: AppendLog.empty(), bytes: 0, logs: AppendLog.empty(), fresh: new Map() };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
