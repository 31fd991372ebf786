/** The log while a batch changes it. Used only by log_edit.ts, which says what a batch does. */

import { assert } from "@std/assert/assert";
import type { Id, Topic } from "../types.ts";
import { AppendLog } from "../data/append_log.ts";
import type { Interner } from "../data/interner.ts";
import {
  ENTRY_OVERHEAD_BYTES,
  LOGS_MAX,
  TOPICS_MAX,
  TOPICS_PER_ORIGIN_MAX,
} from "../data/limits.ts";
import { isPublicKey } from "../data/public_key.ts";
import type { SharedMap } from "../data/shared_map.ts";
import { type Entry, logKey } from "./entry.ts";
import { recall } from "./forgotten.ts";
import type { Pending } from "./pending.ts";
import {
  type Forgotten,
  type Head,
  isKeptWhole,
  keptEntry,
  type LogState,
  PRESENCE,
  type StoredEntry,
  type TopicState,
} from "./slice.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * All logs and topics, to be changed: each structure is copied once, when it is first written, and
 * `before` is never touched. Knows nothing of causes: whatever is appended goes behind what is there.
 */
export class LogCopy {
  /** For each log, how many entries were delivered. */
  readonly #clock: number[];
  readonly #heads: Head[];
  readonly #topics: Map<Topic, TopicState>;
  /** Entries delivered in this batch, appended to their lists at the end. */
  readonly #orders = new Map<Topic, StoredEntry[]>();
  readonly #tails = new Map<number, StoredEntry[]>();
  /** Heads and topics that this batch has copied already, and may change. */
  readonly #own_heads = new Set<number>();
  readonly #own_topics = new Set<Topic>();
  readonly #fresh = new Map<Topic, Map<Id, number>>();
  #keys: Interner;
  #origins: SharedMap<Id, number>;
  #forgotten: Forgotten;
  #kept_bytes: number;
  #arrivals: number;
  #changed = false;

  constructor(readonly before: LogState) {
    this.#heads = before.heads.slice();
    this.#clock = before.clock.slice();
    this.#topics = new Map(before.topics);
    this.#keys = before.keys;
    this.#origins = before.origins;
    this.#forgotten = before.forgotten;
    this.#kept_bytes = before.totals.kept_bytes;
    this.#arrivals = before.totals.arrivals;
  }

  /** How many entries of a log were delivered. */
  reached(index: number): number {
    return this.#clock[index];
  }

  /** A log as it is now; what was appended stands among its entries only at the end. */
  head(index: number): Head {
    return this.#heads[index];
  }

  /** The number of a log by its key; -1 where there is none. */
  find(key: string): number {
    return this.#keys.find(key);
  }

  /** How far a log went that was forgotten; undefined for any other. */
  forgotten(key: string): number | undefined {
    return this.#forgotten.seqs.get(key);
  }

  /** An entry of a log, where it is still kept. */
  kept(index: number, seq: number): StoredEntry | undefined {
    const tail = this.#tails.get(index)?.find((stored) => stored.seq === seq);
    return tail ?? keptEntry(this.#heads[index], seq);
  }

  /** The number of a log, which is made where it is new; or the code of why it may not be. */
  open(origin: Id, topic: Topic): number | string {
    const key = logKey(origin, topic);
    const known = this.#keys.find(key);
    if (known >= 0) return known;
    const code = this.#refusal(origin, topic);
    if (code !== null) return code;
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

  /** An entry is delivered: it goes behind what its log has. Gives it as it is kept. */
  append(index: number, entry: Entry, hash: string): StoredEntry {
    const head = this.#ownHead(index), topic = this.#ownTopic(entry.topic);
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
    head.hash = hash;
    head.next_item = entry.first + entry.items.length;
    head.last = stored;
    topic.bytes += entry.line.length;
    topic.fresh = this.#refresh(topic, entry);
    if (!isKeptWhole(this.before, entry.topic)) {
      this.#kept_bytes += entry.line.length + ENTRY_OVERHEAD_BYTES;
    }
    return stored;
  }

  /** The next entry was the one with this number, or a later one, when it was stored. */
  arriveAt(arrival: number): void {
    this.#arrivals = Math.max(this.#arrivals, arrival);
  }

  /** A log goes on behind the entry `to`, whose hash nobody here knows. */
  jump(index: number, to: number): void {
    this.#flushTail(index);
    this.#changed = true;
    this.#clock[index] = to;
    const fresh = { hash: null, next_item: 0, entries: AppendLog.empty(to + 1), last: null };
    Object.assign(this.#ownHead(index), fresh);
  }

  /** A log ends with the proof of a fork. */
  end(index: number, fork: readonly [Uint8Array, Uint8Array]): void {
    this.#changed = true;
    this.#ownHead(index).fork = fork;
  }

  /** The log after the batch, with what waits; the same reference where nothing changed. */
  finish(pending: Pending): LogState {
    for (const [name, added] of this.#orders) {
      const topic = this.#topics.get(name)!;
      this.#topics.set(name, { ...topic, order: topic.order.append(added) });
    }
    for (const index of [...this.#tails.keys()]) this.#flushTail(index);
    assert(this.#heads.length === this.#clock.length, "A log has a head and a place in the clock");
    const changed = this.#changed || this.#keys !== this.before.keys ||
      pending !== this.before.pending;
    if (!changed) return this.before;
    return {
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
}

function emptyTopic(): TopicState {
  return { order: AppendLog.empty(), bytes: 0, logs: AppendLog.empty(), fresh: new Map() };
}
