/**
 * What is remembered for a while: a bounded table that gives back. What was noted stays for at least
 * `keep_ms` and less than three times that, unless more than `most` things were noted meanwhile.
 */

import { SharedMap } from "../../../core/data/shared_map.ts";

/** Two halves: what is noted goes to the young one, which becomes the old one after a while. */
export interface Recent<V> {
  readonly young: SharedMap<string, V>;
  readonly old: SharedMap<string, V>;
  /** When the halves change next; Infinity where nothing is remembered. */
  readonly turn_ms: number;
}

/** How long, and how much. */
export interface Memory {
  readonly keep_ms: number;
  readonly most: number;
}

/** Nothing is remembered. */
export function noRecent<V>(): Recent<V> {
  return { young: SharedMap.of(), old: SharedMap.of(), turn_ms: Infinity };
}

/** What was noted by a key. */
export function recall<V>({ young, old }: Recent<V>, key: string): V | undefined {
  return young.get(key) ?? old.get(key);
}

/** Notes something by a key, instead of what was there. */
export function note<V>(
  before: Recent<V>,
  key: string,
  value: V,
  now_ms: number,
  { keep_ms, most }: Memory,
): Recent<V> {
  const is_full = before.young.size >= most / 2 && !before.young.has(key);
  const { young, old, turn_ms } = is_full ? turn(before, now_ms, keep_ms) : before;
  return { young: young.set(key, value), old, turn_ms: Math.min(turn_ms, now_ms + keep_ms) };
}

/** Forgets what is old; the same reference where it is not time for that. */
export function forgetOld<V>(before: Recent<V>, now_ms: number, { keep_ms }: Memory): Recent<V> {
  return now_ms < before.turn_ms ? before : turn(before, now_ms, keep_ms);
}

function turn<V>({ young }: Recent<V>, now_ms: number, keep_ms: number): Recent<V> {
  return {
    young: SharedMap.of(),
    old: young,
    turn_ms: young.size > 0 ? now_ms + keep_ms : Infinity,
  };
}
