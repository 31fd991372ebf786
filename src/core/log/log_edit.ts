/** How a batch changes the log. Used only by log.ts, which says what the log is. */

import { assert } from "@std/assert/assert";
import type { Env, Id, Topic } from "../types.ts";
import type { Gap } from "../data/stored.ts";
import { type Entry, hashedBytes, logKey, sameBytes } from "./entry.ts";
import { AppendLog } from "../data/append_log.ts";
import { recall } from "./forgotten.ts";
import type { Interner } from "../data/interner.ts";
import {
  type Forgotten,
  type Head,
  isKeptWhole,
  keptEntry,
  type LogOutput,
  type LogState,
  PRESENCE,
  type StoredEntry,
  type TopicState,
} from "./slice.ts";
import { isPublicKey } from "../data/public_key.ts";
import {
  ENTRY_OVERHEAD_BYTES,
  LOGS_MAX,
  TOPICS_MAX,
  TOPICS_PER_ORIGIN_MAX,
} from "../data/limits.ts";
import { PendingEdit, type Waiting } from "./pending.ts";
import type { SharedMap } from "../data/shared_map.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * One batch of changes: copies each structure once, and is thrown away with the batch. `before` is never
 * touched. What became of the batch is gathered, and `finish()` gives it with the log after.
 */
export class LogEdit {
  readonly #heads: Head[];
  readonly #clock: number[];
  readonly #topics: Map<Topic, TopicState>;
  /** Entries delivered in this batch, appended to their lists at the end. */
  readonly #orders = new Map<Topic, StoredEntry[]>();
  readonly #tails = new Map<number, StoredEntry[]>();
  /** Heads and topics that this batch has copied already, and may change. */
  readonly #own_heads = new Set<number>();
  readonly #own_topics = new Set<Topic>();
  readonly #fresh = new Map<Topic, Map<Id, number>>();
  #keys: Interner;
  readonly #pending: PendingEdit;
  #origins: SharedMap<Id, number>;
  #forgotten: Forgotten;
  #kept_bytes: number;
  #arrivals: number;
  #changed = false;
  readonly #output: LogOutput = { delivered: [], rejected: [], duplicates: 0, forks: [] };

  constructor(readonly before: LogState, readonly env: Env) {
    this.#heads = before.heads.slice();
    this.#clock = before.clock.slice();
    this.#topics = new Map(before.topics);
    this.#keys = before.keys;
    this.#pending = new PendingEdit(before.pending);
    this.#origins = before.origins;
    this.#forgotten = before.forgotten;
    this.#kept_bytes = before.totals.kept_bytes;
    this.#arrivals = before.totals.arrivals;
  }

  /**
   * An entry whose signature is good. It is delivered, with all that waited for it, or waits for its
   * causes; one that is there already is a duplicate, or the proof of a fork. Refused, by a code among
   * `rejected`, is one of a forgotten log (`forgotten`), behind a fork (`frozen`), of too many logs or
   * topics, or one more than may wait (`pending-full`).
   */
  insert(entry: Entry, now_ms: number): void {
    const gone = this.#forgotten.seqs.get(logKey(entry.origin, entry.topic)) ?? 0;
    if (entry.seq <= gone) return this.#reject("forgotten");
    const index = this.#indexOf(entry.origin, entry.topic);
    if (index < 0) return;
    if (entry.seq <= this.#clock[index]) this.#compare(index, entry);
    else if (this.#heads[index].fork !== null) return this.#reject("frozen");
    else if (this.#missing(index, { entry, since_ms: now_ms, waived: false }) === null) {
      this.#deliver(index, entry);
      this.#compareWaiting(index);
    } else {
      if (!this.#pending.add(index, entry, now_ms)) this.#reject("pending-full");
      else if (this.#pending.first(index)!.entry === entry) this.#await(index);
      return;
    }
    this.#deliverFreed([index]);
  }

  /**
   * An entry that was stored; false where it does not follow what is there. `jumps` allows it to
   * begin its log, or to stand behind a gap that was accepted before.
   */
  restore(entry: Entry, arrival: number, hash: string, jumps: () => boolean): boolean {
    const index = this.#indexOf(entry.origin, entry.topic);
    if (index < 0) return false;
    if (entry.seq > this.#clock[index] + 1 && jumps()) {
      const { origin, topic, seq } = entry;
      this.skip({ origin, topic, from: this.#clock[index] + 1, to: seq - 1 });
    }
    const { hash: previous, next_item, fork } = this.#heads[index];
    if (entry.seq !== this.#clock[index] + 1 || fork !== null) return false;
    if (previous !== null && entry.previous !== previous) return false;
    if (next_item !== 0 && entry.first !== next_item) return false;
    this.#arrivals = Math.max(this.#arrivals, arrival);
    this.#deliver(index, entry, hash);
    return true;
  }

  /** Whether nothing of a log was delivered. */
  isNew(origin: Id, topic: Topic): boolean {
    const index = this.#keys.find(logKey(origin, topic));
    return index < 0 || this.#clock[index] === 0;
  }

  /** Ends a log with a fork that was proved before. */
  restoreFork(origin: Id, topic: Topic, lines: readonly [Uint8Array, Uint8Array]): void {
    const index = this.#indexOf(origin, topic);
    if (index < 0) return;
    this.#changed = true;
    this.#ownHead(index).fork = lines;
  }

  /** Goes on behind entries that nobody has any more; nothing where they are there, or the log ended. */
  skip(gap: Gap): void {
    const index = this.#indexOf(gap.origin, gap.topic);
    if (index < 0 || this.#clock[index] >= gap.to) return;
    this.#flushTail(index);
    this.#changed = true;
    this.#clock[index] = gap.to;
    const fresh = { hash: null, next_item: 0, entries: AppendLog.empty(gap.to + 1), last: null };
    Object.assign(this.#ownHead(index), fresh);
    this.#pending.dropUntil(index, gap.to);
    this.#deliverFreed([index]);
  }

  /** Tries again what waits in a log; for when its missing causes were given up. */
  retry(index: number): void {
    this.#deliverFreed([index]);
  }

  /** Delivers what waits in the given logs as far as it can, and what that sets free, and so on. */
  #deliverFreed(indices: number[]): void {
    if (this.#pending.is_empty) return;
    for (let index = indices.pop(); index !== undefined; index = indices.pop()) {
      const { origin, topic } = this.#heads[index];
      const key = logKey(origin, topic);
      for (;;) {
        const first = this.#pending.first(index);
        if (first === undefined || this.#missing(index, first) !== null) break;
        this.#pending.dropUntil(index, first.entry.seq);
        this.#deliver(index, first.entry);
      }
      const reached = this.#heads[index].fork === null ? this.#clock[index] : Infinity;
      indices.push(...this.#pending.wake(key, reached));
      if (this.#pending.first(index) !== undefined) this.#await(index);
    }
  }

  /** Lists the first entry that waits in a log under what it waits for. */
  #await(index: number): void {
    const missing = this.#missing(index, this.#pending.first(index)!);
    if (missing !== null) this.#pending.wait(index, missing.key, missing.seq);
  }

  /** The first thing that an entry waits for, or null where it can be delivered. */
  #missing(index: number, { entry, waived }: Waiting): { key: string; seq: number } | null {
    const { origin, topic, seq, deps } = entry;
    if (seq > this.#clock[index] + 1) return { key: logKey(origin, topic), seq: seq - 1 };
    if (waived) return null;
    for (const [cause, needed] of deps) {
      const key = logKey(cause, topic);
      const known = this.#keys.find(key);
      // A log that ends in a fork gives no more causes.
      if (known >= 0 && (this.#clock[known] >= needed || this.#heads[known].fork)) continue;
      if (known < 0 && this.#forgotten.seqs.get(key)! >= needed) continue;
      return { key, seq: needed };
    }
    return null;
  }

  /** The log after the batch, the same reference where nothing changed, and what became of it. */
  finish(): [LogState, LogOutput] {
    for (const [name, added] of this.#orders) {
      const topic = this.#topics.get(name)!;
      this.#topics.set(name, { ...topic, order: topic.order.append(added) });
    }
    for (const index of [...this.#tails.keys()]) this.#flushTail(index);
    const pending = this.#pending.finish();
    assert(this.#heads.length === this.#clock.length, "A log has a head and a place in the clock");
    const after: LogState = {
      self: this.before.self,
      rules: this.before.rules,
      keys: this.#keys,
      heads: this.#heads,
      clock: this.#clock,
      topics: this.#topics,
      origins: this.#origins,
      pending,
      forgotten: this.#forgotten,
      totals: { kept_bytes: this.#kept_bytes, arrivals: this.#arrivals },
    };
    const changed = this.#changed || this.#keys !== this.before.keys ||
      pending !== this.before.pending;
    return [changed ? after : this.before, this.#output];
  }

  #deliver(index: number, entry: Entry, known_hash?: string): void {
    const head = this.#ownHead(index);
    if (head.hash !== null && entry.previous !== head.hash) {
      // It was signed on top of another version of the entry before it.
      this.#freeze(index, entry, head.last!.line);
      return;
    }
    if (head.next_item !== 0 && entry.first !== head.next_item) return this.#reject("bad-count");
    const topic = this.#ownTopic(entry.topic);
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
    head.hash = known_hash ?? this.env.sha256(hashedBytes(entry.line));
    head.next_item = entry.first + entry.items.length;
    head.last = stored;
    topic.bytes += entry.line.length;
    topic.fresh = this.#refresh(topic, entry);
    if (!isKeptWhole(this.before, entry.topic)) {
      this.#kept_bytes += entry.line.length + ENTRY_OVERHEAD_BYTES;
    }
    this.#output.delivered.push({ stored, entry });
  }

  /** A second entry with a number that was taken proves a fork, unless it is the same one. */
  #compare(index: number, entry: Entry): void {
    const tail = this.#tails.get(index)?.find((stored) => stored.seq === entry.seq);
    const kept = tail ?? keptEntry(this.#heads[index], entry.seq);
    if (kept === undefined || sameBytes(kept.line, entry.line)) this.#output.duplicates++;
    else if (this.#heads[index].fork !== null) this.#reject("frozen");
    else this.#freeze(index, entry, kept.line);
  }

  /** What waits under a number that was delivered meanwhile is the same entry, or proves a fork. */
  #compareWaiting(index: number): void {
    const first = this.#pending.first(index);
    if (first === undefined || first.entry.seq > this.#clock[index]) return;
    this.#pending.dropUntil(index, this.#clock[index]);
    this.#compare(index, first.entry);
  }

  #freeze(index: number, entry: Entry, kept: Uint8Array): void {
    this.#changed = true;
    this.#ownHead(index).fork = [kept, entry.line];
    this.#pending.dropUntil(index, Infinity);
    this.#output.forks.push({ origin: entry.origin, topic: entry.topic, seq: entry.seq });
    this.#reject("fork");
  }

  /** The number of a log, which is made where it is new; -1 where it may not be. */
  #indexOf(origin: Id, topic: Topic): number {
    const key = logKey(origin, topic);
    const known = this.#keys.find(key);
    if (known >= 0) return known;
    const code = this.#refusal(origin, topic);
    if (code !== null) {
      this.#reject(code);
      return -1;
    }
    const index = this.#keys.next;
    this.#keys = this.#keys.add(key);
    this.#origins = this.#origins.set(origin, (this.#origins.get(origin) ?? 0) + 1);
    // A log that was forgotten goes on behind what it had, as behind a gap.
    const [forgotten, seq] = recall(this.#forgotten, key);
    this.#forgotten = forgotten;
    this.#clock[index] = seq;
    const start = seq === 0 ? { hash: "", next_item: 1 } : { hash: null, next_item: 0 };
    const entries = AppendLog.empty<StoredEntry>(seq + 1);
    this.#heads[index] = { origin, topic, ...start, entries, last: null, fork: null };
    const state = this.#topics.get(topic) ?? emptyTopic();
    this.#topics.set(topic, { ...state, logs: state.logs.append([index]) });
    this.#own_topics.add(topic);
    this.#own_heads.add(index);
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

  /** Why a new log may not be made, or null. There is always room for own logs. */
  #refusal(origin: Id, topic: Topic): string | null {
    if (origin === this.before.self) return null;
    if (!isPublicKey(origin)) return "bad-key";
    if (this.#keys.length >= LOGS_MAX) return "too-many-logs";
    if ((this.#origins.get(origin) ?? 0) >= TOPICS_PER_ORIGIN_MAX) return "too-many-topics";
    const is_new = !this.#topics.has(topic) && !this.before.rules.has(topic);
    return is_new && this.#topics.size >= TOPICS_MAX ? "too-many-topics" : null;
  }

  #flushTail(index: number): void {
    const tail = this.#tails.get(index);
    if (tail === undefined) return;
    const head = this.#ownHead(index);
    head.entries = head.entries.append(tail);
    this.#tails.delete(index);
  }

  #ownHead(index: number): Writable<Head> {
    if (!this.#own_heads.has(index)) {
      this.#heads[index] = { ...this.#heads[index] };
      this.#own_heads.add(index);
    }
    return this.#heads[index];
  }

  #ownTopic(name: Topic): Writable<TopicState> {
    if (!this.#own_topics.has(name)) {
      this.#topics.set(name, { ...this.#topics.get(name)! });
      this.#own_topics.add(name);
    }
    return this.#topics.get(name)!;
  }

  #reject(code: string): void {
    this.#output.rejected.push(code);
  }
}

function emptyTopic(): TopicState {
  return { order: AppendLog.empty(), bytes: 0, logs: AppendLog.empty(), fresh: new Map() };
}
