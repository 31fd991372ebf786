/**
 * The front is what this node prints: a cursor into a topic (or into the applied transactions), with
 * a window of bytes that the output may owe. A slow output costs only its position, like a slow peer.
 */

import type { FrontConfig, Gap, Json, Printed } from "../types.ts";
import { type Delivered, type Head, LEDGER, type LogState, type StoredEntry } from "../log/log.ts";
import type { Applied, Ledger } from "../apps/ledger.ts";
import { type Dedup, emptyDedup, reduceDedup } from "./dedup.ts";
import { advanceClocks, clockOf, type Clocks } from "./clocks.ts";
import { decodeStored } from "../log/entry.ts";
import { FRONT_WINDOW_BYTES, PRINT_BYTES } from "../data/limits.ts";

export interface Front {
  readonly config: FrontConfig;
  /** Position of the next entry, or of the next applied transaction. */
  readonly cursor: number;
  /** Just delivered and not printed yet, from `cursor` on: saves reading the stored bytes again. */
  readonly ready: readonly Delivered[];
  readonly ready_bytes: number;
  /** For each log, the newest entry that was printed, so that a gap is noticed. */
  readonly printed: readonly number[];
  readonly unprinted_bytes: number;
  /** What was handed to the output and not taken yet: bytes, and the position behind them. */
  readonly owed: readonly (readonly [number, number])[];
  /** How often the output was handed something, and how often it has taken that. */
  readonly handed: number;
  readonly answered: number;
  /** Where the next entry begins: its arrival, or in the ledger the number of transactions. */
  readonly position: number;
  /** Everything before this position was printed. */
  readonly taken: number;
  /** When the output last took something, or began to owe something. */
  readonly progress_ms: number;
  /** Printing waits until it is known what is history. */
  readonly waiting: boolean;
  /** What was there before this node joined; entries up to here are history. */
  readonly history_clock: ReadonlyMap<number, number>;
  /** History items that are left out before the first that is printed. */
  readonly skip: number;
  readonly dedup: Dedup;
  /** For each origin, what it had seen with its newest entry; kept where clocks are printed. */
  readonly clocks: Clocks;
  /** Entries were given up, so that there may be a gap behind the last printed one. */
  readonly gapped: boolean;
}

/** About what one transaction takes on the output. */
const APPLIED_BYTES = 64;

/** A front that has printed nothing; `joins` where there may be history. */
export function newFront(config: FrontConfig, joins: boolean): Front {
  return {
    config,
    cursor: 0,
    ready: [],
    ready_bytes: 0,
    printed: [],
    unprinted_bytes: 0,
    owed: [],
    handed: 0,
    answered: 0,
    position: 0,
    taken: 0,
    progress_ms: 0,
    waiting: joins && config.history !== null,
    history_clock: new Map(),
    skip: 0,
    dedup: emptyDedup(),
    clocks: new Map(),
    gapped: false,
  };
}

/** After a restart: what was printed before is not printed again, unless history is wanted. */
export function resumeFront(front: Front, log: LogState, ledger: Ledger, taken: number): Front {
  const { app, topic, history } = front.config;
  const before = { ...front, taken, position: taken };
  if (app === "ledger") {
    if (history === null) return { ...before, cursor: Math.min(taken, ledger.applied.end) };
    return { ...before, waiting: true };
  }
  if (history !== null) {
    return { ...before, waiting: true, history_clock: new Map(log.clock.entries()) };
  }
  const order = log.topics.get(topic)?.order;
  if (order === undefined) return before;
  const printed = front.printed.slice();
  let cursor = order.first;
  for (; cursor < order.end && order.get(cursor)!.arrival < taken; cursor++) {
    const { log: index, seq } = order.get(cursor)!;
    printed[index] = seq;
  }
  for (const index of log.topics.get(topic)!.logs.from()) {
    printed[index] = Math.max(printed[index] ?? 0, log.heads[index].entries.first - 1);
  }
  return { ...before, cursor, printed };
}

/** Notes that the output was handed bytes, up to where the front is. */
export function oweOutput(front: Front, bytes: number): Front {
  const owed = [...front.owed, [bytes, front.position] as const];
  return { ...front, owed, handed: front.handed + 1 };
}

/** Keeps what was just delivered at hand, as far as the window reaches. */
export function offerDelivered(front: Front, delivered: readonly Delivered[]): Front {
  if (front.config.app !== "chat" || front.waiting) return front;
  let ready: Delivered[] | null = null, bytes = front.ready_bytes;
  for (const one of delivered) {
    if (one.entry.topic !== front.config.topic || bytes >= FRONT_WINDOW_BYTES) continue;
    const next = front.cursor + (ready ?? front.ready).length;
    if (one.stored.at !== next) continue;
    ready ??= front.ready.slice();
    ready.push(one);
    bytes += one.stored.line.length;
  }
  return ready === null ? front : { ...front, ready, ready_bytes: bytes };
}

/** The node is in step with the network: what the given clock covers was history. */
export function beginPrinting(
  front: Front,
  log: LogState,
  ledger: Ledger,
  history_clock: ReadonlyMap<number, number>,
): Front {
  const { history, app, topic } = front.config;
  if (!front.waiting || history === null) return front;
  if (app === "ledger") {
    return { ...front, waiting: false, cursor: Math.max(0, ledger.applied.end - history) };
  }
  let items = 0;
  const before = new Map(history_clock);
  // What was there from an earlier run is history too.
  for (const [index, seq] of front.history_clock) {
    before.set(index, Math.max(seq, before.get(index) ?? 0));
  }
  for (const stored of log.topics.get(topic)?.order.from() ?? []) {
    if (isHistory(before, stored)) items += stored.count;
  }
  const printed = front.printed.slice();
  // Nobody misses what lies before the history that was asked for.
  if (items >= history) {
    for (const index of log.topics.get(topic)?.logs.from() ?? []) {
      printed[index] = log.heads[index].entries.first - 1;
    }
  }
  const skip = Math.max(0, items - history);
  return { ...front, waiting: false, history_clock: before, skip, printed };
}

/**
 * Prints what the window allows, at most about `PRINT_BYTES`, so that a slow output says often what
 * it took. Second, the records and the bytes they count for.
 */
export function pumpFront(
  front: Front,
  log: LogState,
  ledger: Ledger,
): [Front, Printed[], number] {
  if (front.waiting || front.config.app === "none") return [front, [], 0];
  if (front.config.app === "ledger") return pumpLedger(front, ledger);
  const topic = log.topics.get(front.config.topic);
  if (topic === undefined || isIdle(front, topic.order.end)) return [front, [], 0];
  let { cursor, skip, dedup, clocks, unprinted_bytes } = front;
  const records: Printed[] = [];
  const printed = front.printed.slice();
  if (cursor < topic.order.first) {
    records.push(...gapsBefore(log, printed, topic.logs.from()));
    cursor = topic.order.first;
  }
  const full_bytes = Math.min(FRONT_WINDOW_BYTES, unprinted_bytes + PRINT_BYTES);
  for (; cursor < topic.order.end && unprinted_bytes < full_bytes; cursor++) {
    const stored = topic.order.get(cursor)!;
    const hot: Delivered | undefined = front.ready[cursor - front.cursor];
    const entry = hot?.stored === stored ? hot.entry : decodeStored(stored.line);
    const head = log.heads[stored.log];
    const before = printed[stored.log] ?? 0;
    if (stored.seq > before + 1) records.push(gapRecord(head, before + 1, stored.seq - 1));
    printed[stored.log] = stored.seq;
    if (front.config.clock) clocks = advanceClocks(clocks, entry);
    let items = entry.items;
    let first = entry.first;
    if (skip > 0 && isHistory(front.history_clock, stored)) {
      const left_out = Math.min(skip, items.length);
      skip -= left_out;
      items = items.slice(left_out);
      first += left_out;
    }
    if (head.origin === log.self && !front.config.echo) continue;
    if (items.length === 0) continue;
    const records_before = records.length;
    const { topic: name, origin, time_ms, deps } = entry;
    const clock = front.config.clock ? { clock: clockOf(clocks, origin) } : {};
    const record = { topic: name, origin, time_ms, entry: stored.seq, deps, ...clock };
    if (front.config.dedup_text) dedup = pushNew(records, record, first, items, dedup);
    else records.push({ kind: "items", ...record, first, items });
    // The output answers for what it is handed, and for nothing else.
    if (records.length > records_before) unprinted_bytes += stored.line.length;
  }
  const gapped = front.gapped && cursor < topic.order.end;
  if (front.gapped && !gapped) records.push(...gapsBefore(log, printed, topic.logs.from()));
  const ready = front.ready.slice(cursor - front.cursor);
  const ready_bytes = ready.reduce((sum, one) => sum + one.stored.line.length, 0);
  const bytes = unprinted_bytes - front.unprinted_bytes;
  const position = topic.order.get(cursor)?.arrival ?? log.arrivals;
  // What is not for the output needs nobody to take it.
  const taken = records.length === 0 && front.owed.length === 0 ? position : front.taken;
  const output = { unprinted_bytes, printed, ready, ready_bytes, gapped };
  const rest = { cursor, skip, dedup, clocks, ...output };
  return [{ ...front, ...rest, position, taken: Math.max(taken, front.taken) }, records, bytes];
}

/** The output took some bytes. */
export function takePrinted(front: Front, bytes: number, now_ms: number): Front {
  const unprinted_bytes = Math.max(0, front.unprinted_bytes - bytes);
  const [[, position] = [0, front.taken], ...owed] = front.owed;
  const taken = Math.max(front.taken, position);
  const answered = front.answered + 1;
  return { ...front, unprinted_bytes, owed, answered, taken, progress_ms: now_ms };
}

/** Bytes that are delivered but not handed to the output. */
export function frontLagBytes(front: Front, log: LogState): number {
  if (front.config.app !== "chat" || front.waiting) return 0;
  const topic = log.topics.get(front.config.topic);
  const next = topic?.order.get(Math.max(front.cursor, topic.order.first));
  return next === undefined ? 0 : topic!.bytes - next.offset;
}

/** Whether everything that is to be printed was printed. */
export function isDrained(front: Front, log: LogState, ledger: Ledger): boolean {
  const end = front.config.app === "ledger"
    ? ledger.applied.end
    : front.config.app === "chat"
    ? log.topics.get(front.config.topic)?.order.end ?? 0
    : front.cursor;
  return front.unprinted_bytes === 0 && front.cursor >= end;
}

/** The topic that a front prints. */
export function frontTopic(config: FrontConfig): string {
  return config.app === "ledger" ? LEDGER : config.topic;
}

function pumpLedger(front: Front, ledger: Ledger): [Front, Printed[], number] {
  const records: Printed[] = [];
  let { cursor, unprinted_bytes } = front;
  const full_bytes = Math.min(FRONT_WINDOW_BYTES, unprinted_bytes + PRINT_BYTES);
  for (; cursor < ledger.applied.end && unprinted_bytes < full_bytes; cursor++) {
    const applied: Applied = ledger.applied.get(cursor)!;
    records.push({ kind: "applied", ...applied });
    unprinted_bytes += APPLIED_BYTES;
  }
  if (records.length === 0) return [front, records, 0];
  const bytes = unprinted_bytes - front.unprinted_bytes;
  return [{ ...front, cursor, position: cursor, unprinted_bytes }, records, bytes];
}

/** Prints the items whose text is new, as one record for each. */
function pushNew(
  records: Printed[],
  record: Omit<Extract<Printed, { kind: "items" }>, "kind" | "first" | "items">,
  first: number,
  items: readonly Json[],
  dedup: Dedup,
): Dedup {
  for (const [index, item] of items.entries()) {
    // Text and other items must not be taken for each other.
    const text = typeof item === "string" ? `t${item}` : `j${JSON.stringify(item)}`;
    const [next, fresh] = reduceDedup(dedup, [text]);
    dedup = next;
    if (fresh.length > 0) {
      records.push({ kind: "items", ...record, first: first + index, items: [item] });
    }
  }
  return dedup;
}

function isIdle(front: Front, end: number): boolean {
  return !front.gapped && (front.cursor >= end || front.unprinted_bytes >= FRONT_WINDOW_BYTES);
}

function isHistory(clock: ReadonlyMap<number, number>, stored: StoredEntry): boolean {
  return stored.seq <= (clock.get(stored.log) ?? 0);
}

function* gapsBefore(
  log: LogState,
  printed: number[],
  logs: Iterable<number>,
): Generator<Printed> {
  for (const index of logs) {
    const head = log.heads[index], from = (printed[index] ?? 0) + 1;
    const to = head.entries.first - 1;
    if (from > to) continue;
    yield gapRecord(head, from, to);
    printed[index] = to;
  }
}

function gapRecord(head: Head, from: number, to: number): Printed {
  const gap: Gap = { topic: head.topic, origin: head.origin, from, to };
  return { kind: "gap", gap };
}
