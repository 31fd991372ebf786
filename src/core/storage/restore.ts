/** What an earlier run of the node stored comes back, before it starts. */

import type { Restored, StoredRow } from "../data/stored.ts";
import { decodeTrusted, type Entry, hashedBytes, logKey, peekHeader } from "../log/entry.ts";
import type { Loaded } from "../log/turn.ts";
import { isKeptWhole } from "../log/slice.ts";
import { NO_NEWS, type Restoring } from "./slice.ts";
import type { StorageTurn } from "./turn.ts";

/** Everything but the entries. */
export function takeRestored(turn: StorageTurn, restored: Restored): void {
  const { gaps, forgotten, stale, kept } = restored;
  turn.out({ kind: "stale", stale });
  turn.out({ kind: "remember", logs: forgotten });
  turn.out({ kind: "kept", kept });
  const known = gaps.map(({ origin, topic, to }) => gapKey(origin, topic, to));
  turn.slice.restoring = { restored, gaps: new Set(known), unfit: 0, damaged: new Set() };
}

/**
 * Stored entries. Each must be what was stored and follow the one before it in its log; what does not
 * is set aside, and peers send it again.
 */
export function takeLoaded(turn: StorageTurn, rows: readonly StoredRow[]): void {
  const { env, log } = turn.view;
  const unfit: number[] = [], damaged = new Set(turn.slice.restoring!.damaged);
  const good = rows.filter(({ line, hash, arrival }) => {
    if (env.sha256(hashedBytes(line)) === hash) return true;
    unfit.push(arrival);
    damaged.add(peekHeader(line)?.key ?? "");
    return false;
  });
  const restoring = { ...turn.slice.restoring!, damaged };
  turn.slice.restoring = restoring;
  const loaded: Loaded[] = [];
  for (const [at, entry] of decodeTrusted(good.map(({ line }) => line)).entries()) {
    const { arrival, hash } = good[at];
    if (entry === null) unfit.push(arrival);
    else loaded.push({ entry, arrival, hash });
  }
  const jumps = (entry: Entry, is_new: boolean) =>
    mayJump(restoring, entry, !isKeptWhole(log, entry.topic) && is_new);
  if (unfit.length > 0) setAside(turn, unfit);
  turn.out({ kind: "load", rows: loaded, jumps });
}

/** Stored entries that are no good are set aside. */
export function setAside(turn: StorageTurn, arrivals: readonly number[]): void {
  // Own entries may be among them, so that the own log is longer than it seems.
  turn.out({ kind: "stale", stale: true });
  const restoring = turn.slice.restoring!;
  turn.slice.restoring = { ...restoring, unfit: restoring.unfit + arrivals.length };
  turn.out({ kind: "quarantine", arrivals });
}

/** Everything was loaded. */
export function finishRestore(turn: StorageTurn): void {
  const { slice, view: { config: { front } } } = turn;
  if (slice.restoring === null) return;
  const { restored, unfit } = slice.restoring;
  turn.out({ kind: "end_logs", forks: restored.forks });
  const taken = restored.printed.find(([name]) => name === front.topic)?.[1] ?? 0;
  turn.out({ kind: "resume", taken });
  slice.printed = taken;
  slice.drop_before = restored.drop_before;
  slice.restoring = null;
  // What was loaded was shown to SQL by the run that stored it; unless that was dropped.
  const shown = !restored.rows_stale && unfit === 0;
  if (shown) slice.news = { ...slice.news, rows: NO_NEWS.rows };
  if (unfit > 0) turn.notice({ kind: "quarantined", entries: unfit });
}

/** Whether what is missing before an entry may be missing. */
function mayJump(
  { restored, gaps, damaged }: Restoring,
  { origin, topic, seq }: Entry,
  begins: boolean,
): boolean {
  if (gaps.has(gapKey(origin, topic, seq - 1))) return true;
  // Retention may have dropped how a log began; but so may damage.
  if (damaged.has("") || damaged.has(logKey(origin, topic))) return false;
  return restored.drop_before > 0 && begins;
}

function gapKey(origin: string, topic: string, to: number): string {
  return `${logKey(origin, topic)} ${to}`;
}
