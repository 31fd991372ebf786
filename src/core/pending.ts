/**
 * Entries that came before one of their causes. Bounded; what does not come is asked for, and in the
 * end given up and reported.
 */

import type { Gap } from "./types.ts";
import type { Entry } from "./entry.ts";
import { PENDING_BYTES_MAX, PENDING_ENTRIES_MAX } from "./limits.ts";

/** One entry that waits. */
export interface Waiting {
  readonly entry: Entry;
  readonly since_ms: number;
  /** Its missing dependencies were given up. */
  readonly waived: boolean;
}

/** All that waits: for each log, by sequence. */
export interface Pending {
  readonly logs: ReadonlyMap<number, readonly Waiting[]>;
  readonly entries: number;
  readonly bytes: number;
}

/** Nothing waits. */
export function noPending(): Pending {
  return { logs: new Map(), entries: 0, bytes: 0 };
}

/** Keeps an entry for later; the same reference where it waits already, a code where it is full. */
export function addPending(
  pending: Pending,
  index: number,
  entry: Entry,
  now_ms: number,
): Pending | "pending-full" {
  const waiting = pending.logs.get(index) ?? [];
  const after = waiting.findIndex((other) => other.entry.seq >= entry.seq);
  const at = after < 0 ? waiting.length : after;
  if (waiting[at]?.entry.seq === entry.seq) return pending;
  const bytes = pending.bytes + entry.line.length;
  if (pending.entries >= PENDING_ENTRIES_MAX || bytes > PENDING_BYTES_MAX) return "pending-full";
  const one: Waiting = { entry, since_ms: now_ms, waived: false };
  const logs = new Map(pending.logs).set(index, waiting.toSpliced(at, 0, one));
  return { logs, entries: pending.entries + 1, bytes };
}

/** Takes out one entry that can be delivered now; the first of a log is the only candidate. */
export function takeReady(
  pending: Pending,
  isReady: (index: number, entry: Entry, waived: boolean) => boolean,
): [Pending, number, Entry | null] {
  for (const [index, waiting] of pending.logs) {
    const { entry, waived } = waiting[0];
    if (isReady(index, entry, waived)) return [remove(pending, index, 1), index, entry];
  }
  return [pending, -1, null];
}

/** Forgets what waits in a log up to a sequence. */
export function dropPendingUntil(pending: Pending, index: number, seq: number): Pending {
  const waiting = pending.logs.get(index);
  if (waiting === undefined) return pending;
  const keep = waiting.findIndex((one) => one.entry.seq > seq);
  return remove(pending, index, keep < 0 ? waiting.length : keep);
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

function remove(pending: Pending, index: number, count: number): Pending {
  if (count === 0) return pending;
  const waiting = pending.logs.get(index)!;
  const logs = new Map(pending.logs);
  if (count === waiting.length) logs.delete(index);
  else logs.set(index, waiting.slice(count));
  let bytes = pending.bytes;
  for (const { entry } of waiting.slice(0, count)) bytes -= entry.line.length;
  return { logs, entries: pending.entries - count, bytes };
}
