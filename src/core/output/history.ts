/** Where printing begins: behind what was printed before, and with as much history as is wanted. */

import type { StoredEntry } from "../log/slice.ts";
import { type OutputTurn, setHistory, setPlace } from "./turn.ts";

/** After a restart: what was printed before is not printed again, unless history is wanted. */
export function resume(turn: OutputTurn, taken: number): void {
  const { slice } = turn, { log, records, config: { front } } = turn.view;
  setPlace(turn, { taken, position: taken });
  if (records !== null) {
    if (front.history === null) setPlace(turn, { cursor: Math.min(taken, records.end) });
    else setHistory(turn, { waiting: true });
    return;
  }
  if (front.history !== null) {
    return setHistory(turn, { waiting: true, clock: new Map(log.clock.entries()) });
  }
  const topic = log.topics.get(front.topic);
  if (topic === undefined) return;
  const { order } = topic, printed = slice.printed.slice();
  let cursor = order.first;
  for (; cursor < order.end && order.get(cursor)!.arrival < taken; cursor++) {
    const { log: index, seq } = order.get(cursor)!;
    printed[index] = seq;
  }
  for (const index of topic.logs.from()) {
    printed[index] = Math.max(printed[index] ?? 0, log.heads[index].entries.first - 1);
  }
  slice.printed = printed;
  setPlace(turn, { cursor });
}

/** The node is in step with the network: what the given clock covers was history. */
export function begin(turn: OutputTurn, history_clock: ReadonlyMap<number, number>): void {
  const { slice } = turn, { log, records, config: { front } } = turn.view;
  const { waiting, clock } = slice.history;
  if (!waiting || front.history === null) return;
  setHistory(turn, { waiting: false });
  if (records !== null) {
    return setPlace(turn, { cursor: Math.max(0, records.end - front.history) });
  }
  let items = 0;
  const before = new Map(history_clock);
  // What was there from an earlier run is history too.
  for (const [index, seq] of clock) before.set(index, Math.max(seq, before.get(index) ?? 0));
  for (const stored of log.topics.get(front.topic)?.order.from() ?? []) {
    if (isHistory(before, stored)) items += stored.count;
  }
  setHistory(turn, { clock: before, skip: Math.max(0, items - front.history) });
  if (items < front.history) return;
  // Nobody misses what lies before the history that was asked for.
  const printed = slice.printed.slice();
  for (const index of log.topics.get(front.topic)?.logs.from() ?? []) {
    printed[index] = log.heads[index].entries.first - 1;
  }
  slice.printed = printed;
}

/** Whether an entry was there before. */
export function isHistory(clock: ReadonlyMap<number, number>, stored: StoredEntry): boolean {
  return stored.seq <= (clock.get(stored.log) ?? 0);
}
