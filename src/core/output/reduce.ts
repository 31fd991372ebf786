/** The door of the output: what is delivered is printed, as fast as the output takes it. */

import type { Printed } from "../types.ts";
import type { Gap } from "../data/stored.ts";
import { logKey } from "../log/entry.ts";
import type { Delivered } from "../log/slice.ts";
import { type Reduced, RoomTurn } from "../wire/room.ts";
import { begin, resume } from "./history.ts";
import { pump } from "./pump.ts";
import type { Output } from "./slice.ts";
import {
  type OutputEvent,
  type OutputOut,
  type OutputTurn,
  type OutputView,
  setDebt,
  setHistory,
  setPlace,
} from "./turn.ts";
import { FRONT_WINDOW_BYTES } from "../data/limits.ts";

/** What the output does about an event. */
export function reduceOutput(
  before: Output,
  event: OutputEvent,
  view: OutputView,
): Reduced<Output, OutputOut> {
  const turn: OutputTurn = new RoomTurn(before, { ...before }, view);
  handle(turn, event);
  return turn.finish();
}

function handle(turn: OutputTurn, event: OutputEvent): void {
  const { slice, view: { config: { front }, records } } = turn;
  switch (event.kind) {
    case "resumed":
      return resume(turn, event.taken);
    case "started":
      return setDebt(turn, { progress_ms: turn.now_ms });
    case "delivered":
      if (front.app === "none" || records !== null || slice.history.waiting) return;
      return offer(turn, event.delivered);
    case "begun":
      return begin(turn, event.history_clock);
    case "gapped":
      if (event.gap.topic === front.topic) slice.gapped = true;
      return;
    case "missed":
      if (front.app === "none" || records !== null) return;
      return tellMissed(turn, event.gaps.filter(({ topic }) => topic === front.topic));
    case "record": {
      const { app, record, bytes } = event;
      return beside(turn, [{ kind: "record", app, record }], bytes);
    }
    case "pump":
      return pump(turn);
    case "printed":
      return taken(turn, event.bytes);
    case "forget": {
      const { indices } = event, clock = new Map(slice.history.clock);
      for (const index of indices) clock.delete(index);
      setHistory(turn, { clock });
      slice.printed = slice.printed.map((seq, index) => indices.has(index) ? 0 : seq);
    }
  }
}

/** Keeps what was just delivered at hand, as far as the window reaches. */
function offer(turn: OutputTurn, delivered: readonly Delivered[]): void {
  const { slice, view: { config: { front } } } = turn;
  let { bytes } = slice.ready, all: Delivered[] | null = null;
  for (const one of delivered) {
    if (one.entry.topic !== front.topic || bytes >= FRONT_WINDOW_BYTES) continue;
    const next = slice.place.cursor + (all ?? slice.ready.delivered).length;
    if (one.stored.at !== next) continue;
    all ??= slice.ready.delivered.slice();
    all.push(one);
    bytes += one.stored.line.length;
  }
  if (all !== null) slice.ready = { delivered: all, bytes };
}

/** Tells of causes that did not come, once. They may come later all the same, and are printed then. */
function tellMissed(turn: OutputTurn, gaps: readonly Gap[]): void {
  const { keys } = turn.view.log, printed = turn.slice.printed.slice();
  for (const { origin, topic, to } of gaps) {
    const index = keys.find(logKey(origin, topic));
    if (index >= 0) printed[index] = Math.max(printed[index] ?? 0, to);
  }
  if (gaps.length > 0) turn.slice.printed = printed;
  beside(turn, gaps.map((gap) => ({ kind: "gap", gap })), 0);
}

/** Prints something with the next tick, wherever the cursor is. */
function beside(turn: OutputTurn, more: readonly Printed[], bytes: number): void {
  if (more.length === 0) return;
  const { beside } = turn.slice;
  turn.slice.beside = { records: [...beside.records, ...more], bytes: beside.bytes + bytes };
}

/** The output took some bytes. */
function taken(turn: OutputTurn, bytes: number): void {
  const { debt, place } = turn.slice;
  const [[, position] = [0, place.taken], ...owed] = debt.owed;
  setPlace(turn, { taken: Math.max(place.taken, position) });
  const unprinted_bytes = Math.max(0, debt.unprinted_bytes - bytes);
  const answered = debt.answered + 1;
  setDebt(turn, { unprinted_bytes, owed, answered, progress_ms: turn.now_ms });
}
