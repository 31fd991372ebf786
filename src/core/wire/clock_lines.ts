/** Clocks on the wire: `have` lines made of the log, and read against it. */

import type { Id, Topic } from "../types.ts";
import { logKey } from "../log/entry.ts";
import type { Line, WireClock } from "./line.ts";
import type { LogState } from "../log/slice.ts";

/**
 * A clock as it is sent, in lines that each fit: all logs, or the given ones. Of a log that ended in a
 * fork nothing more is needed: it counts as far as the peer `has` it, so that the peer does not send
 * its rest again and again.
 */
export function clockLines(
  log: LogState,
  indices: Iterable<number>,
  n: number | undefined,
  // 1,000 logs of 43 + 64 + 30 bytes stay well below the limit of a line.
  logs_max = 1_000,
  has: (index: number) => number = () => 0,
): Extract<Line, { k: "have" }>[] {
  const lines: Extract<Line, { k: "have" }>[] = [];
  let clock: Record<Id, Record<Topic, number>> = {}, logs = 0;
  for (const index of indices) {
    if (log.clock[index] === 0) continue;
    if (logs === logs_max) {
      lines.push({ k: "have", c: clock, more: true });
      clock = {};
      logs = 0;
    }
    const { origin, topic } = log.heads[index];
    const wanted = log.heads[index].fork === null ? 0 : has(index);
    (clock[origin] ??= {})[topic] = Math.max(log.clock[index], wanted);
    logs++;
  }
  lines.push(n === undefined ? { k: "have", c: clock } : { k: "have", c: clock, n });
  return lines;
}

/** Which of the logs that something came of can be acknowledged as they are, and which are not stored yet. */
export function splitTouched(
  touched: ReadonlySet<number>,
  settled: LogState,
  log: LogState,
): { told: ReadonlySet<number>; kept: ReadonlySet<number> } {
  if (settled === log) return { told: touched, kept: new Set() };
  const isBehind = (index: number) => settled.clock[index] !== log.clock[index];
  const kept = [...touched].filter(isBehind);
  const told = [...touched].filter((index) => index < settled.clock.length);
  return { told: new Set(told), kept: new Set(kept) };
}

/** The logs of a received clock: their number (-1 where unknown), key and length. */
export function* readClock(
  log: LogState,
  clock: WireClock,
): Generator<{ index: number; key: string; seq: number }> {
  for (const [origin, topics] of Object.entries(clock)) {
    for (const [topic, seq] of Object.entries(topics)) {
      const key = logKey(origin, topic);
      yield { index: log.keys.find(key), key, seq };
    }
  }
}
