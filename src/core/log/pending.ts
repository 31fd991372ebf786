/**
 * Entries that came before one of their causes. Bounded; what does not come is asked for, and in the
 * end given up and reported. Each log that waits is listed under one thing that it waits for, so that
 * a delivery looks only at what it may have set free.
 */

import type { Gap } from "../data/stored.ts";
import type { Entry } from "./entry.ts";
import { PENDING_BYTES_MAX, PENDING_ENTRIES_MAX } from "../data/limits.ts";

/** One entry that waits. */
export interface Waiting {
  readonly entry: Entry;
  readonly since_ms: number;
  /** Its missing dependencies were given up. */
  readonly waived: boolean;
}

/** All that waits. */
export interface Pending {
  /** For each log, by sequence. */
  readonly logs: ReadonlyMap<number, readonly Waiting[]>;
  /** For the key of each missed log, who waits for it, and for which of its entries. */
  readonly waits: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** For each log that waits, the key that it is listed under. */
  readonly listed: ReadonlyMap<number, string>;
  readonly entries: number;
  readonly bytes: number;
}

/** Nothing waits. */
export function noPending(): Pending {
  return { logs: new Map(), waits: new Map(), listed: new Map(), entries: 0, bytes: 0 };
}

/** What an entry that waits has not got: predecessors of its own log, or other causes. */
export function missingOf(
  waiting: Waiting,
  delivered: number,
  seenOf: (origin: string) => number,
): { before: Gap | null; causes: Gap[] } {
  const { origin, topic, seq, deps } = waiting.entry;
  const before = seq > delivered + 1 ? { origin, topic, from: delivered + 1, to: seq - 1 } : null;
  const causes: Gap[] = [];
  if (!waiting.waived) {
    for (const [cause, needed] of deps) {
      const seen = seenOf(cause);
      if (seen < needed) causes.push({ origin: cause, topic, from: seen + 1, to: needed });
    }
  }
  return { before, causes };
}

/** Gives up the missing causes of the first entry that waits in a log. */
export function waiveFirst(pending: Pending, index: number): Pending {
  const [first, ...others] = pending.logs.get(index)!;
  const logs = new Map(pending.logs).set(index, [{ ...first, waived: true }, ...others]);
  return { ...pending, logs };
}

/** The changes of one batch; copies each structure once. */
export class PendingEdit {
  readonly #before: Pending;
  #logs: Map<number, readonly Waiting[]> | null = null;
  #waits: Map<string, ReadonlyMap<number, number>> | null = null;
  #listed: Map<number, string> | null = null;
  /** Keys whose lists of waiters are this edit's own. */
  readonly #owned = new Set<string>();
  #entries: number;
  #bytes: number;

  constructor(before: Pending) {
    this.#before = before;
    this.#entries = before.entries;
    this.#bytes = before.bytes;
  }

  /** Whether nothing waits. */
  get is_empty(): boolean {
    return this.#entries === 0;
  }

  /** The first entry that waits in a log. */
  first(index: number): Waiting | undefined {
    return (this.#logs ?? this.#before.logs).get(index)?.[0];
  }

  /** Keeps an entry for later; false where there is no room. One that waits already is no change. */
  add(index: number, entry: Entry, now_ms: number): boolean {
    const waiting = (this.#logs ?? this.#before.logs).get(index) ?? [];
    const after = waiting.findIndex((other) => other.entry.seq >= entry.seq);
    const at = after < 0 ? waiting.length : after;
    if (waiting[at]?.entry.seq === entry.seq) return true;
    const bytes = this.#bytes + entry.line.length;
    if (this.#entries >= PENDING_ENTRIES_MAX || bytes > PENDING_BYTES_MAX) return false;
    const one: Waiting = { entry, since_ms: now_ms, waived: false };
    this.#ownLogs().set(index, waiting.toSpliced(at, 0, one));
    this.#entries++;
    this.#bytes = bytes;
    return true;
  }

  /** Forgets what waits in a log up to a sequence. */
  dropUntil(index: number, seq: number): void {
    const waiting = (this.#logs ?? this.#before.logs).get(index);
    if (waiting === undefined || waiting[0].entry.seq > seq) return;
    const keep = waiting.filter((one) => one.entry.seq > seq);
    if (keep.length === 0) {
      this.#ownLogs().delete(index);
      this.#unlist(index);
    } else this.#ownLogs().set(index, keep);
    this.#entries -= waiting.length - keep.length;
    for (const { entry } of waiting) if (entry.seq <= seq) this.#bytes -= entry.line.length;
  }

  /** Lists a log as waiting for an entry of another, or of its own. */
  wait(index: number, key: string, seq: number): void {
    this.#unlist(index);
    this.#ownWaiters(key).set(index, seq);
    this.#ownListed().set(index, key);
  }

  /** Takes off the list, and gives, the logs that wait for a log up to a sequence. */
  wake(key: string, seq: number): number[] {
    const waiters = (this.#waits ?? this.#before.waits).get(key);
    if (waiters === undefined) return [];
    const woken = [...waiters].filter(([, needed]) => needed <= seq).map(([index]) => index);
    if (woken.length === 0) return [];
    for (const index of woken) this.#unlist(index);
    return woken;
  }

  /** What waits now; the same reference where nothing changed. */
  finish(): Pending {
    if (this.#logs === null && this.#listed === null) return this.#before;
    return {
      logs: this.#logs ?? this.#before.logs,
      waits: this.#waits ?? this.#before.waits,
      listed: this.#listed ?? this.#before.listed,
      entries: this.#entries,
      bytes: this.#bytes,
    };
  }

  #unlist(index: number): void {
    const key = (this.#listed ?? this.#before.listed).get(index);
    if (key === undefined) return;
    this.#ownListed().delete(index);
    const own = this.#ownWaiters(key);
    own.delete(index);
    if (own.size === 0) this.#waits!.delete(key);
  }

  #ownListed(): Map<number, string> {
    return this.#listed ??= new Map(this.#before.listed);
  }

  #ownLogs(): Map<number, readonly Waiting[]> {
    return this.#logs ??= new Map(this.#before.logs);
  }

  #ownWaiters(key: string): Map<number, number> {
    this.#waits ??= new Map(this.#before.waits);
    if (!this.#owned.has(key) || !this.#waits.has(key)) {
      this.#waits.set(key, new Map(this.#waits.get(key)));
      this.#owned.add(key);
    }
    return this.#waits.get(key) as Map<number, number>;
  }
}
