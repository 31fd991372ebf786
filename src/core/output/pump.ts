/** Prints what is new: lines of a topic, or records of an app, from the cursor on. */

import type { Json, Printed } from "../types.ts";
import type { Gap } from "../data/stored.ts";
import { decodeStored, type Entry } from "../log/entry.ts";
import type { Delivered, Head, LogState, StoredEntry, TopicState } from "../log/slice.ts";
import { advanceClocks, clockOf } from "./clocks.ts";
import { reduceDedup } from "./dedup.ts";
import { isHistory } from "./history.ts";
import type { Records } from "./slice.ts";
import { type OutputTurn, print, setDebt, setHistory, setPlace } from "./turn.ts";
import { FRONT_WINDOW_BYTES, PRINT_BYTES } from "../data/limits.ts";

/** About what one record of an app takes on the output. */
const RECORD_BYTES = 64;

/** Prints what the window allows. */
export function pump(turn: OutputTurn): void {
  const { slice, now_ms, view: { config: { front }, settled_records } } = turn;
  const { unprinted_bytes, progress_ms } = slice.debt;
  if (unprinted_bytes === 0 && progress_ms !== now_ms) setDebt(turn, { progress_ms: now_ms });
  if (slice.beside.records.length > 0) {
    const { records, bytes } = slice.beside;
    slice.beside = { records: [], bytes: 0 };
    print(turn, records, bytes);
  }
  if (slice.history.waiting || front.app === "none") return;
  const next = () =>
    settled_records === null ? pumpLines(turn) : pumpRecords(turn, settled_records);
  // A little at a time, so that a slow output says often what it took.
  while (next()) { /* goes on as long as there is something */ }
}

function pumpRecords(turn: OutputTurn, records: NonNullable<Records>): boolean {
  const { app } = turn.view.config.front;
  let { cursor } = turn.slice.place, bytes = 0;
  const most_bytes = roomOf(turn);
  const printed: Printed[] = [];
  for (; cursor < records.end && bytes < most_bytes; cursor++) {
    printed.push({ kind: "record", app, record: records.get(cursor)! });
    bytes += RECORD_BYTES;
  }
  if (printed.length === 0) return false;
  setPlace(turn, { cursor, position: cursor });
  print(turn, printed, bytes);
  return true;
}

/** About so many bytes are printed at once. */
function roomOf({ slice: { debt } }: OutputTurn): number {
  return Math.min(FRONT_WINDOW_BYTES - debt.unprinted_bytes, PRINT_BYTES);
}

function pumpLines(turn: OutputTurn): boolean {
  const { slice, view } = turn, { log } = view.storage.settled;
  const topic = log.topics.get(view.config.front.topic);
  if (topic === undefined || isIdle(turn, topic)) return false;
  const lines = new Lines(turn, log, topic);
  lines.print(roomOf(turn));
  const { records, bytes, cursor } = lines;
  const delivered = slice.ready.delivered.slice(cursor - slice.place.cursor);
  const ready_bytes = delivered.reduce((sum, one) => sum + one.stored.line.length, 0);
  slice.ready = { delivered, bytes: ready_bytes };
  const position = topic.order.get(cursor)?.arrival ?? log.totals.arrivals;
  setPlace(turn, { cursor, position });
  if (records.length > 0) print(turn, records, bytes);
  // What is not for the output needs nobody to take it.
  else if (slice.debt.owed.length === 0) {
    setPlace(turn, { taken: Math.max(slice.place.taken, position) });
  }
  return records.length > 0;
}

function isIdle({ slice }: OutputTurn, { order }: TopicState): boolean {
  const full = slice.debt.unprinted_bytes >= FRONT_WINDOW_BYTES;
  return !slice.gapped && (slice.place.cursor >= order.end || full);
}

/** Makes records of the entries of a topic. */
class Lines {
  readonly records: Printed[] = [];
  bytes = 0;
  cursor: number;
  readonly #printed: number[];

  constructor(
    readonly turn: OutputTurn,
    readonly log: LogState,
    readonly topic: TopicState,
  ) {
    this.cursor = turn.slice.place.cursor;
    this.#printed = turn.slice.printed.slice();
  }

  /** Prints about so many bytes, and word of what is missing. */
  print(most_bytes: number): void {
    const { slice } = this.turn, { order } = this.topic;
    if (this.cursor < order.first) {
      this.#tellGaps();
      this.cursor = order.first;
    }
    const first = slice.place.cursor;
    for (; this.cursor < order.end && this.bytes < most_bytes; this.cursor++) {
      const stored = order.get(this.cursor)!;
      const hot: Delivered | undefined = slice.ready.delivered[this.cursor - first];
      this.#entry(stored, hot?.stored === stored ? hot.entry : decodeStored(stored.line));
    }
    if (slice.gapped && this.cursor >= order.end) {
      this.#tellGaps();
      slice.gapped = false;
    }
    slice.printed = this.#printed;
  }

  #entry(stored: StoredEntry, entry: Entry): void {
    const { slice, view: { config: { front } } } = this.turn;
    const head = this.log.heads[stored.log];
    const before = this.#printed[stored.log] ?? 0;
    if (stored.seq > before + 1) this.#tellGap(head, before + 1, stored.seq - 1);
    this.#printed[stored.log] = stored.seq;
    if (front.clock) slice.clocks = advanceClocks(slice.clocks, entry);
    const left_out = this.#leaveOut(stored, entry);
    if (head.origin === this.log.self && !front.echo) return;
    if (left_out >= entry.items.length) return;
    const items = left_out > 0 ? entry.items.slice(left_out) : entry.items;
    const { topic, origin, time_ms, deps } = entry, first = entry.first + left_out;
    const clock = front.clock ? { clock: clockOf(slice.clocks, origin) } : {};
    const record = { topic, origin, time_ms, entry: stored.seq, deps, ...clock };
    const records_before = this.records.length;
    if (front.dedup_text) this.#pushNew(record, first, items);
    else this.records.push({ kind: "items", ...record, first, items });
    // The output answers for what it is handed, and for nothing else.
    if (this.records.length > records_before) this.bytes += stored.line.length;
  }

  /** How many items of an entry are history that is not wanted. */
  #leaveOut(stored: StoredEntry, { items }: Entry): number {
    const { skip, clock } = this.turn.slice.history;
    if (skip === 0 || !isHistory(clock, stored)) return 0;
    const left_out = Math.min(skip, items.length);
    setHistory(this.turn, { skip: skip - left_out });
    return left_out;
  }

  /** Prints the items whose text is new, as one record for each. */
  #pushNew(
    record: Omit<Extract<Printed, { kind: "items" }>, "kind" | "first" | "items">,
    first: number,
    items: readonly Json[],
  ): void {
    const { slice } = this.turn;
    for (const [index, item] of items.entries()) {
      // Text and other items must not be taken for each other.
      const text = typeof item === "string" ? `t${item}` : `j${JSON.stringify(item)}`;
      const [dedup, fresh] = reduceDedup(slice.dedup, [text]);
      slice.dedup = dedup;
      if (fresh.length === 0) continue;
      this.records.push({ kind: "items", ...record, first: first + index, items: [item] });
    }
  }

  #tellGaps(): void {
    for (const index of this.topic.logs.from()) {
      const head = this.log.heads[index], from = (this.#printed[index] ?? 0) + 1;
      const to = head.entries.first - 1;
      if (from > to) continue;
      this.#tellGap(head, from, to);
      this.#printed[index] = to;
    }
  }

  #tellGap({ origin, topic }: Head, from: number, to: number): void {
    const gap: Gap = { topic, origin, from, to };
    this.records.push({ kind: "gap", gap });
  }
}
