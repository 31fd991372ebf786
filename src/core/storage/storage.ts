/**
 * What a node with a store does before it shows anything: each tick first has everything stored that
 * was delivered since the last one, in one transaction, and goes on when that is done. What is shown
 * is the log as it was stored last. So when the disk takes nothing, what is stored can still be read,
 * and nothing more is acknowledged; peers keep what they have sent, within their windows.
 */

import type { Fork, Gap, StoreBatch, StoreEntry } from "../types.ts";
import type { ForgottenLog } from "../log/forgotten.ts";
import { frontTopic } from "../output/front.ts";
import { isKeptWhole, type LogState, type StoredEntry } from "../log/log.ts";
import type { NodeState, Settled, Turn } from "../state.ts";
import { STORE_DROP_ENTRIES, STORE_RETRY_MS } from "../data/limits.ts";

export interface Storage {
  /** Why the disk took nothing, last time. */
  readonly fault: string | null;
  readonly retry_ms: number;
  /** The batch under way, and what will be settled when it is stored. */
  readonly under_way: (Settled & { readonly batch: StoreBatch; readonly printed: number }) | null;
  /** Since the last batch. */
  readonly gaps: readonly Gap[];
  readonly forks: readonly Fork[];
  readonly forgotten: readonly ForgottenLog[];
  /** As it was stored last. */
  readonly printed: number;
  readonly drop_before: number;
}

/** Nothing was stored. */
export function newStorage(): Storage {
  return {
    fault: null,
    retry_ms: 0,
    under_way: null,
    gaps: [],
    forks: [],
    forgotten: [],
    printed: 0,
    drop_before: 0,
  };
}

/** Has stored what is new. Whether it goes on at once: else the answer `stored` does. */
export function settle(turn: Turn): boolean {
  const { state } = turn;
  const { storage, log, ledger } = state;
  if (!state.config.durable || !hasNews(state)) {
    if (state.settled.log !== log || state.settled.ledger !== ledger) {
      state.settled = { log, ledger };
    }
    return true;
  }
  if (storage.under_way !== null) return false;
  if (storage.fault !== null && turn.now_ms < storage.retry_ms) {
    turn.wakeAt(storage.retry_ms);
    return true;
  }
  const oldest = oldestKept(log);
  const drops = oldest - storage.drop_before >= STORE_DROP_ENTRIES;
  const drop_before = drops ? oldest : storage.drop_before;
  const printed = state.front.taken;
  const { gaps, forks, forgotten } = storage;
  const batch: StoreBatch = {
    entries: newEntries(state),
    gaps,
    forks,
    printed: printed === storage.printed ? [] : [[frontTopic(state.config.front), printed]],
    drop_before,
    forgotten,
  };
  state.storage = { ...storage, under_way: { log, ledger, printed, batch } };
  turn.effect({ kind: "persist", batch });
  return false;
}

/** The answer: what was stored may be shown. */
export function takeStored(turn: Turn, fault: string | null): void {
  const { state } = turn;
  const { storage } = state;
  if (storage.under_way === null) throw new Error("Nothing was to be stored");
  if ((fault === null) !== (storage.fault === null)) turn.notice({ kind: "storage", fault });
  if (fault !== null) {
    turn.count("store-failed");
    const retry_ms = turn.now_ms + STORE_RETRY_MS;
    turn.wakeAt(retry_ms);
    state.storage = { ...storage, fault, retry_ms, under_way: null };
    return;
  }
  const { log, ledger, printed, batch } = storage.under_way;
  state.settled = { log, ledger };
  state.storage = {
    ...newStorage(),
    printed,
    drop_before: batch.drop_before,
    gaps: storage.gaps.slice(batch.gaps.length),
    forks: storage.forks.slice(batch.forks.length),
    forgotten: storage.forgotten.slice(batch.forgotten.length),
  };
}

/** Whether everything that was delivered is stored. */
export function isSettled({ settled, log, config }: NodeState): boolean {
  return !config.durable || settled.log.arrivals === log.arrivals;
}

function hasNews({ storage, settled, log, front }: NodeState): boolean {
  return log.arrivals !== settled.log.arrivals || front.taken !== storage.printed ||
    storage.gaps.length + storage.forks.length + storage.forgotten.length > 0;
}

/** What was delivered since the last batch, in the order of its delivery. */
function newEntries({ log, settled }: NodeState): StoreEntry[] {
  const entries: StoredEntry[] = [];
  for (const [name, { order }] of log.topics) {
    entries.push(...order.from(settled.log.topics.get(name)?.order.end ?? 0));
  }
  entries.sort((a, b) => a.arrival - b.arrival);
  return entries.map(({ arrival, log: index, seq, line }) => {
    const { origin, topic } = log.heads[index];
    return { arrival, origin, topic, seq, line };
  });
}

/** The arrival of the oldest entry that retention has not dropped. */
function oldestKept(log: LogState): number {
  let oldest = log.arrivals;
  for (const [name, { order }] of log.topics) {
    const first = isKeptWhole(name) ? undefined : order.get(order.first);
    if (first !== undefined) oldest = Math.min(oldest, first.arrival);
  }
  return oldest;
}
