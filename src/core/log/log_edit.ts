/** How a batch changes the log. Used only by log.ts, which says what the log is. */

import type { Env, Id, Topic } from "../types.ts";
import type { Gap } from "../data/stored.ts";
import { type Entry, hashedBytes, logKey, sameBytes } from "./entry.ts";
import { LogCopy } from "./log_copy.ts";
import { PendingEdit, type Waiting } from "./pending.ts";
import type { LogOutput, LogState } from "./slice.ts";

/**
 * One batch of changes: decides what of it is delivered, and when. `before` is never touched. What
 * became of the batch is gathered, and `finish()` gives it with the log after; then the edit is over.
 */
export class LogEdit {
  readonly #log: LogCopy;
  readonly #pending: PendingEdit;
  readonly #output: LogOutput = { delivered: [], rejected: [], duplicates: 0, forks: [] };

  constructor(readonly before: LogState, readonly env: Env) {
    this.#log = new LogCopy(before);
    this.#pending = new PendingEdit(before.pending);
  }

  /**
   * An entry whose signature is good. It is delivered, with all that waited for it, or waits for its
   * causes; one that is there already is a duplicate, or the proof of a fork. Refused, by a code among
   * `rejected`, is one of a forgotten log (`forgotten`), behind a fork (`frozen`), of too many logs or
   * topics, or one more than may wait (`pending-full`).
   */
  insert(entry: Entry, now_ms: number): void {
    const gone = this.#log.forgotten(logKey(entry.origin, entry.topic)) ?? 0;
    if (entry.seq <= gone) return this.#reject("forgotten");
    const index = this.#indexOf(entry.origin, entry.topic);
    if (index < 0) return;
    if (entry.seq <= this.#log.reached(index)) this.#compare(index, entry);
    else if (this.#log.head(index).fork !== null) return this.#reject("frozen");
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
    if (entry.seq > this.#log.reached(index) + 1 && jumps()) {
      const { origin, topic, seq } = entry;
      this.skip({ origin, topic, from: this.#log.reached(index) + 1, to: seq - 1 });
    }
    const { hash: previous, next_item, fork } = this.#log.head(index);
    if (entry.seq !== this.#log.reached(index) + 1 || fork !== null) return false;
    if (previous !== null && entry.previous !== previous) return false;
    if (next_item !== 0 && entry.first !== next_item) return false;
    this.#log.arriveAt(arrival);
    this.#deliver(index, entry, hash);
    return true;
  }

  /** Whether nothing of a log was delivered. */
  isNew(origin: Id, topic: Topic): boolean {
    const index = this.#log.find(logKey(origin, topic));
    return index < 0 || this.#log.reached(index) === 0;
  }

  /** Ends a log with a fork that was proved before. */
  restoreFork(origin: Id, topic: Topic, lines: readonly [Uint8Array, Uint8Array]): void {
    const index = this.#indexOf(origin, topic);
    if (index < 0) return;
    this.#log.end(index, lines);
  }

  /** Goes on behind entries that nobody has any more; nothing where they are there, or the log ended. */
  skip(gap: Gap): void {
    const index = this.#indexOf(gap.origin, gap.topic);
    if (index < 0 || this.#log.reached(index) >= gap.to) return;
    this.#log.jump(index, gap.to);
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
      const { origin, topic } = this.#log.head(index);
      const key = logKey(origin, topic);
      for (;;) {
        const first = this.#pending.first(index);
        if (first === undefined || this.#missing(index, first) !== null) break;
        this.#pending.dropUntil(index, first.entry.seq);
        this.#deliver(index, first.entry);
      }
      const reached = this.#log.head(index).fork === null ? this.#log.reached(index) : Infinity;
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
    if (seq > this.#log.reached(index) + 1) return { key: logKey(origin, topic), seq: seq - 1 };
    if (waived) return null;
    for (const [cause, needed] of deps) {
      const key = logKey(cause, topic);
      const known = this.#log.find(key);
      // A log that ends in a fork gives no more causes.
      if (known >= 0 && (this.#log.reached(known) >= needed || this.#log.head(known).fork)) {
        continue;
      }
      if (known < 0 && this.#log.forgotten(key)! >= needed) continue;
      return { key, seq: needed };
    }
    return null;
  }

  /** The log after the batch, the same reference where nothing changed, and what became of it. */
  finish(): [LogState, LogOutput] {
    return [this.#log.finish(this.#pending.finish()), this.#output];
  }

  #deliver(index: number, entry: Entry, known_hash?: string): void {
    const head = this.#log.head(index);
    if (head.hash !== null && entry.previous !== head.hash) {
      // It was signed on top of another version of the entry before it.
      this.#freeze(index, entry, head.last!.line);
      return;
    }
    if (head.next_item !== 0 && entry.first !== head.next_item) return this.#reject("bad-count");
    const hash = known_hash ?? this.env.sha256(hashedBytes(entry.line));
    this.#output.delivered.push({ stored: this.#log.append(index, entry, hash), entry });
  }

  /** A second entry with a number that was taken proves a fork, unless it is the same one. */
  #compare(index: number, entry: Entry): void {
    const kept = this.#log.kept(index, entry.seq);
    if (kept === undefined || sameBytes(kept.line, entry.line)) this.#output.duplicates++;
    else if (this.#log.head(index).fork !== null) this.#reject("frozen");
    else this.#freeze(index, entry, kept.line);
  }

  /** What waits under a number that was delivered meanwhile is the same entry, or proves a fork. */
  #compareWaiting(index: number): void {
    const first = this.#pending.first(index);
    if (first === undefined || first.entry.seq > this.#log.reached(index)) return;
    this.#pending.dropUntil(index, this.#log.reached(index));
    this.#compare(index, first.entry);
  }

  #freeze(index: number, entry: Entry, kept: Uint8Array): void {
    this.#log.end(index, [kept, entry.line]);
    this.#pending.dropUntil(index, Infinity);
    this.#output.forks.push({ origin: entry.origin, topic: entry.topic, seq: entry.seq });
    this.#reject("fork");
  }

  /** The number of a log, which is made where it is new; -1 where it may not be. */
  #indexOf(origin: Id, topic: Topic): number {
    const index = this.#log.open(origin, topic);
    if (typeof index === "number") return index;
    this.#reject(index);
    return -1;
  }

  #reject(code: string): void {
    this.#output.rejected.push(code);
  }
}
