/** What an earlier run of the node stored comes back, before it starts. */

import type { Restored, StoredRow } from "../types.ts";
import { noteForks } from "../replication/forks.ts";
import { decodeTrusted, type Entry, hashedBytes, logKey, peekHeader } from "../log/entry.ts";
import { rememberForgotten } from "../log/forgotten.ts";
import { frontTopic, resumeFront } from "../output/front.ts";
import { isKeptWhole, trimLog } from "../log/log.ts";
import { LogEdit } from "../log/log_edit.ts";
import { applyDelivered } from "../host/deliver.ts";
import type { Turn } from "../state.ts";

/** While what was stored is loaded. */
export interface Restoring {
  readonly restored: Restored;
  /** The key of a log and the last entry of a gap in it. */
  readonly gaps: ReadonlySet<string>;
  /** Entries that were set aside. */
  readonly unfit: number;
  /** The keys of the logs in which something is damaged; "" where it cannot be said of which. */
  readonly damaged: ReadonlySet<string>;
}

/** Everything but the entries. */
export function takeRestored(turn: Turn, restored: Restored): void {
  const { state } = turn;
  const { gaps, forgotten, stale } = restored;
  state.stale = stale;
  state.log = { ...state.log, forgotten: rememberForgotten(state.log.forgotten, forgotten) };
  const known = gaps.map(({ origin, topic, to }) => gapKey(origin, topic, to));
  state.restoring = { restored, gaps: new Set(known), unfit: 0, damaged: new Set() };
}

/**
 * Stored entries, in the order of their delivery. Each must be what was stored and follow the one
 * before it in its log; what does not is set aside, and peers send it again.
 */
export function takeLoaded(turn: Turn, rows: readonly StoredRow[]): void {
  const { state } = turn;
  const edit = new LogEdit(state.log, turn.env);
  const unfit: number[] = [];
  const good = rows.filter(({ line, hash, arrival }) => {
    if (turn.env.sha256(hashedBytes(line)) === hash) return true;
    unfit.push(arrival);
    noteDamage(turn, line);
    return false;
  });
  for (const [at, entry] of decodeTrusted(good.map(({ line }) => line)).entries()) {
    if (entry === null || !restoreEntry(turn, edit, entry, good[at])) unfit.push(good[at].arrival);
  }
  const [log, { delivered, forks }] = edit.finish();
  state.log = log;
  noteForks(turn, forks);
  applyDelivered(turn, delivered);
  state.log = trimLog(state.log, state.config.keep_bytes);
  if (unfit.length === 0) return;
  // Own entries may be among them, so that the own log is longer than it seems.
  state.stale = true;
  state.restoring = { ...state.restoring!, unfit: state.restoring!.unfit + unfit.length };
  turn.effect({ kind: "quarantine", arrivals: unfit });
}

/** Everything was loaded. */
export function finishRestore(turn: Turn): void {
  const { state } = turn;
  if (state.restoring === null) return;
  const { restored, unfit } = state.restoring;
  const edit = new LogEdit(state.log, turn.env);
  for (const { origin, topic, lines } of restored.forks) edit.restoreFork(origin, topic, lines);
  const [log] = edit.finish();
  state.log = log;
  state.settled = { log, ledger: state.ledger };
  const topic = frontTopic(state.config.front);
  const taken = restored.printed.find(([name]) => name === topic)?.[1] ?? 0;
  state.front = resumeFront(state.front, log, state.ledger, taken);
  const { drop_before } = restored;
  state.storage = { ...state.storage, printed: taken, drop_before };
  state.restoring = null;
  if (unfit > 0) turn.notice({ kind: "quarantined", entries: unfit });
}

function restoreEntry(
  turn: Turn,
  edit: LogEdit,
  entry: Entry,
  { hash, arrival }: StoredRow,
): boolean {
  return edit.restore(entry, arrival, hash, () => {
    const { restored, gaps, damaged } = turn.state.restoring!;
    const { origin, topic, seq } = entry;
    if (gaps.has(gapKey(origin, topic, seq - 1))) return true;
    // Retention may have dropped how a log began; but so may damage.
    if (damaged.has("") || damaged.has(logKey(origin, topic))) return false;
    return restored.drop_before > 0 && !isKeptWhole(topic) && edit.isNew(origin, topic);
  });
}

function noteDamage(turn: Turn, line: Uint8Array): void {
  const restoring = turn.state.restoring!;
  const damaged = new Set(restoring.damaged).add(peekHeader(line)?.key ?? "");
  turn.state.restoring = { ...restoring, damaged };
}

function gapKey(origin: string, topic: string, to: number): string {
  return `${logKey(origin, topic)} ${to}`;
}
