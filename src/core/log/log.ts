/**
 * The replicated log: for each origin and topic the entries 1, 2, 3, ... without gaps, delivered in
 * causal order. Deduplication is the clock: what is at or below it has been seen.
 *
 * Causal delivery by dependencies: K. Birman, A. Schiper, P. Stephenson, "Lightweight Causal and
 * Atomic Group Multicast", 1991, section 5; only the difference of the vector travels.
 */

import { assert } from "@std/assert/assert";
import type { Env, Id, Topic } from "../types.ts";
import type { Gap } from "../data/stored.ts";
import type { Entry } from "./entry.ts";
import { LogEdit } from "./log_edit.ts";
import { waiveFirst } from "./pending.ts";
import { isKeptWhole, type LogOutput, type LogState, PRESENCE, type StoredEntry } from "./slice.ts";
import { ENTRY_OVERHEAD_BYTES } from "../data/limits.ts";

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
  if (log.totals.kept_bytes <= keep_bytes) return log;
  const topics = new Map(log.topics), heads = log.heads.slice();
  const cursors = new Map<Topic, number>();
  for (const [name, topic] of topics) {
    if (!isKeptWhole(log, name)) cursors.set(name, topic.order.first);
  }
  const dropped = new Map<number, number>();
  let { kept_bytes } = log.totals;
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
  assert(kept_bytes >= 0, "More was dropped than was kept");
  return { ...log, topics, heads, totals: { ...log.totals, kept_bytes } };
}
