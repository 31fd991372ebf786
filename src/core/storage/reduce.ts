/**
 * The door of storage: what a node with a store does before it shows anything. Each tick first has
 * everything stored that was delivered since the last one, in one transaction, and goes on when that is
 * done. What is shown is the log as it was stored last. So when the disk takes nothing, what is stored
 * can still be read, and nothing more is acknowledged; peers keep what they have sent, within their
 * windows.
 */

import { assert } from "@std/assert/assert";
import type { Id } from "../types.ts";
import type { AppRow, Kept, StoreBatch, StoreEntry } from "../data/stored.ts";
import { renameSelf } from "../log/log.ts";
import { isKeptWhole, type LogState, type StoredEntry } from "../log/slice.ts";
import { type Reduced, RoomTurn } from "../wire/room.ts";
import { finishRestore, setAside, takeLoaded, takeRestored } from "./restore.ts";
import { isAdopted, type News, type Storage } from "./slice.ts";
import type { StorageEvent, StorageOut, StorageTurn, StorageView } from "./turn.ts";
import { STORE_DROP_ENTRIES, STORE_RETRY_MS } from "../data/limits.ts";

/** What storage does about an event. */
export function reduceStorage(
  before: Storage,
  event: StorageEvent,
  view: StorageView,
): Reduced<Storage, StorageOut> {
  const turn: StorageTurn = new RoomTurn(before, { ...before }, view);
  handle(turn, event);
  return turn.finish();
}

function handle(turn: StorageTurn, event: StorageEvent): void {
  switch (event.kind) {
    case "restored":
      return takeRestored(turn, event.restored);
    case "loaded":
      return takeLoaded(turn, event.rows);
    case "unfit":
      return setAside(turn, event.arrivals);
    case "finish":
      return finishRestore(turn);
    case "news":
      // Without a store nobody would ever take it.
      if (turn.view.config.durable) addNews(turn, event.news);
      return;
    case "app_news":
      if (turn.view.config.durable) addAppNews(turn, event.rows, event.kept);
      return;
    case "settle":
      return settle(turn);
    case "stored":
      return takeStored(turn, event.fault);
    case "renamed":
      return rename(turn, event.self);
    case "adopt":
      return adopt(turn);
  }
}

function settle(turn: StorageTurn): void {
  const { slice, now_ms } = turn, { config, log, host, output } = turn.view;
  if (!config.durable || !hasNews(turn)) {
    adopt(turn);
    return turn.out({ kind: "settled" });
  }
  if (slice.under_way !== null) return;
  if (slice.fault !== null && now_ms < slice.retry_ms) {
    turn.wakeAt(slice.retry_ms);
    return turn.out({ kind: "settled" });
  }
  const oldest = oldestKept(log);
  const drops = oldest - slice.drop_before >= STORE_DROP_ENTRIES;
  const printed = output.place.taken;
  const { gaps, forks, forgotten, rows, kept } = slice.news;
  const batch: StoreBatch = {
    entries: newEntries(log, slice.settled.log),
    gaps,
    forks,
    forgotten,
    rows: [...rows.from()],
    kept: [...kept.from()],
    printed: printed === slice.printed ? [] : [[config.front.topic, printed]],
    drop_before: drops ? oldest : slice.drop_before,
  };
  slice.under_way = { log, states: host.states, printed, batch };
  turn.out({ kind: "persist", batch });
}

/** The answer: what was stored may be shown. */
function takeStored(turn: StorageTurn, fault: string | null): void {
  const { slice } = turn;
  assert(slice.under_way !== null, "Nothing was to be stored");
  if ((fault === null) !== (slice.fault === null)) turn.notice({ kind: "storage", fault });
  slice.fault = fault;
  const { log, states, printed, batch } = slice.under_way;
  slice.under_way = null;
  if (fault !== null) {
    turn.count("store-failed");
    slice.retry_ms = turn.now_ms + STORE_RETRY_MS;
    return turn.wakeAt(slice.retry_ms);
  }
  slice.retry_ms = 0;
  slice.settled = { log, states };
  slice.printed = printed;
  slice.drop_before = batch.drop_before;
  // What came meanwhile is in the next batch.
  const { news } = slice;
  slice.news = {
    gaps: news.gaps.slice(batch.gaps.length),
    forks: news.forks.slice(batch.forks.length),
    forgotten: news.forgotten.slice(batch.forgotten.length),
    rows: news.rows.dropUntil(news.rows.first + batch.rows.length),
    kept: news.kept.dropUntil(news.kept.first + batch.kept.length),
  };
}

/** What is stored, and is being stored, is of the same node. */
function rename({ slice }: StorageTurn, self: Id): void {
  const { settled, under_way } = slice;
  slice.settled = { ...settled, log: renameSelf(settled.log, self) };
  if (under_way === null) return;
  slice.under_way = { ...under_way, log: renameSelf(under_way.log, self) };
}

function adopt({ slice, view: { log, host } }: StorageTurn): void {
  if (!isAdopted({ storage: slice, log, host })) slice.settled = { log, states: host.states };
}

function hasNews({ slice, view: { log, output } }: StorageTurn): boolean {
  const { gaps, forks, forgotten, rows, kept } = slice.news;
  return log.totals.arrivals !== slice.settled.log.totals.arrivals ||
    output.place.taken !== slice.printed ||
    gaps.length + forks.length + forgotten.length + rows.length + kept.length > 0;
}

function addNews(
  { slice }: StorageTurn,
  { gaps = [], forks = [], forgotten = [] }: Partial<News>,
): void {
  const { news } = slice;
  slice.news = {
    ...news,
    gaps: [...news.gaps, ...gaps],
    forks: [...news.forks, ...forks],
    forgotten: [...news.forgotten, ...forgotten],
  };
}

function addAppNews(
  { slice }: StorageTurn,
  rows: readonly AppRow[],
  kept: readonly Kept[],
): void {
  const { news } = slice;
  slice.news = { ...news, rows: news.rows.append(rows), kept: news.kept.append(kept) };
}

/** What was delivered since the last batch, in the order of its delivery. */
function newEntries(log: LogState, settled: LogState): StoreEntry[] {
  const entries: StoredEntry[] = [];
  for (const [name, { order }] of log.topics) {
    for (const one of order.from(settled.topics.get(name)?.order.end ?? 0)) entries.push(one);
  }
  entries.sort((a, b) => a.arrival - b.arrival);
  return entries.map(({ arrival, log: index, seq, line }) => {
    const { origin, topic } = log.heads[index];
    return { arrival, origin, topic, seq, line };
  });
}

/** The arrival of the oldest entry that retention has not dropped. */
function oldestKept(log: LogState): number {
  let oldest = log.totals.arrivals;
  for (const [name, { order }] of log.topics) {
    const first = isKeptWhole(log, name) ? undefined : order.get(order.first);
    if (first !== undefined) oldest = Math.min(oldest, first.arrival);
  }
  return oldest;
}
