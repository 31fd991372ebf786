/**
 * Logs of origins that left or failed and of which nothing is kept any more. They are no longer in
 * the clock, so that short-lived nodes do not make it grow for ever; how far they went is remembered
 * apart, in a bounded list, so that somebody who was away cannot bring back what they said.
 */

import { assert } from "@std/assert/assert";
import type { Id, Topic } from "../types.ts";
import { AppendLog } from "../data/append_log.ts";
import { logKey } from "./entry.ts";
import { ENTRY_OVERHEAD_BYTES, FORGOTTEN_MAX } from "../data/limits.ts";
import type { Forgotten, Head, LogState, StoredEntry, TopicState } from "./slice.ts";

/** One log that was forgotten: origin, topic and its newest entry. */
export type ForgottenLog = readonly [Id, Topic, number];

/** Remembers how far logs went; when there are too many, the oldest are lost. */
export function rememberForgotten(before: Forgotten, logs: readonly ForgottenLog[]): Forgotten {
  const seqs = before.seqs.edit();
  const added = logs.map(([origin, topic, seq]) => [logKey(origin, topic), seq] as const);
  for (const [key, seq] of added) seqs.set(key, seq);
  let order = before.order.append(added);
  for (const [key, seq] of order.from()) {
    if (order.length <= FORGOTTEN_MAX) break;
    if (seqs.get(key) === seq) seqs.delete(key);
    order = order.dropUntil(order.first + 1);
  }
  return { seqs: seqs.finish(), order };
}

/** Takes a log off the list; second, its newest entry, or 0 where it is not there. */
export function recall(before: Forgotten, key: string): [Forgotten, number] {
  const seq = before.seqs.get(key);
  if (seq === undefined) return [before, 0];
  return [{ ...before, seqs: before.seqs.delete(key) }, seq];
}

/** Whether nothing of a log is kept but perhaps its newest entry, which only proves the others. */
export function isPastRetention({ entries }: Head): boolean {
  return entries.length === 0;
}

/** What takes the place of a log that was forgotten, until its number is given to another. */
const VACANT: Head = {
  origin: "",
  topic: "",
  hash: "",
  next_item: 1,
  entries: AppendLog.empty<StoredEntry>(1),
  last: null,
  fork: null,
};

/** Takes logs out of the clock. Positions in the topics named second are no longer valid. */
export function forgetLogs(
  log: LogState,
  indices: ReadonlySet<number>,
): { log: LogState; logs: ForgottenLog[]; moved: Topic[] } {
  const heads = log.heads.slice(), clock = log.clock.slice(), topics = new Map(log.topics);
  let { origins } = log;
  const logs: ForgottenLog[] = [], touched = new Set<Topic>();
  for (const index of indices) {
    const { origin, topic } = heads[index];
    logs.push([origin, topic, clock[index]]);
    touched.add(topic);
    const left = origins.get(origin)! - 1;
    origins = left === 0 ? origins.delete(origin) : origins.set(origin, left);
    heads[index] = VACANT;
    clock[index] = 0;
  }
  const moved: Topic[] = [];
  let { kept_bytes } = log.totals;
  for (const name of touched) {
    const before = topics.get(name)!;
    const { topic, heads: changed, dropped_bytes } = withoutLogs(before, indices);
    if (topic.order !== before.order) moved.push(name);
    for (const [index, entries] of changed) heads[index] = { ...heads[index], entries };
    kept_bytes -= dropped_bytes;
    const gone = new Set(logs.filter((one) => one[1] === name).map(([origin]) => origin));
    const fresh = new Map([...topic.fresh].filter(([origin]) => !gone.has(origin)));
    topics.set(name, { ...topic, fresh });
  }
  const keys = log.keys.remove(logs.map(([origin, topic]) => logKey(origin, topic)));
  const forgotten = rememberForgotten(log.forgotten, logs);
  assert(kept_bytes >= 0, "More was dropped than was kept");
  return {
    log: {
      ...log,
      heads,
      clock,
      topics,
      origins,
      keys,
      forgotten,
      totals: { ...log.totals, kept_bytes },
    },
    logs,
    moved,
  };
}

/** A topic without some logs. Entries of theirs that are kept go too, and the others move up. */
function withoutLogs(
  topic: TopicState,
  indices: ReadonlySet<number>,
): { topic: TopicState; heads: Map<number, AppendLog<StoredEntry>>; dropped_bytes: number } {
  const heads = new Map<number, AppendLog<StoredEntry>>();
  const logs = AppendLog.empty<number>()
    .append([...topic.logs.from()].filter((index) => !indices.has(index)));
  const all = [...topic.order.from()];
  const kept = all.filter(({ log }) => !indices.has(log));
  if (kept.length === all.length) return { topic: { ...topic, logs }, heads, dropped_bytes: 0 };
  let at = topic.order.end, offset = topic.bytes;
  const moved: StoredEntry[] = [];
  // The end keeps its position, so that what comes next goes on from there.
  for (const stored of kept.toReversed()) {
    offset -= stored.line.length;
    moved.push({ ...stored, at: --at, offset });
  }
  const order = AppendLog.empty<StoredEntry>(at).append(moved.reverse());
  for (const [log, entries] of Map.groupBy(order.from(), (stored) => stored.log)) {
    heads.set(log, AppendLog.empty<StoredEntry>(entries[0].seq).append(entries));
  }
  const dropped_bytes = all.reduce(
    (sum, { log, line }) => indices.has(log) ? sum + line.length + ENTRY_OVERHEAD_BYTES : sum,
    0,
  );
  return { topic: { ...topic, logs, order }, heads, dropped_bytes };
}
