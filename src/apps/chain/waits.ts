/** Who handed over a record, and waits until it is deep enough in the chain. */

import type { Json, LinkId } from "../../core/types.ts";
import type { AppEvent, DeliveredItem } from "../../core/host/app.ts";
import { isCount } from "../../core/log/entry.ts";
import { WAITS_MAX } from "./limits.ts";
import { refusalText } from "./losers.ts";
import { takeNewest } from "./newest.ts";
import { applyRecord, doneBy, isRefused, type OrderRule, recordFault, ruleOf } from "./order.ts";
import { type ChainRecord, RECORD_ITEM_BYTES_MAX, RECORDS } from "./record.ts";
import type { ChainState, Wait } from "./state.ts";
import { branchFrom, depthOf } from "./tree.ts";
import type { ChainTurn } from "./turn.ts";

const encoder = new TextEncoder();

/** What is wanted: a record that is to be so deep in the chain. */
export interface RecordRequest {
  readonly item: Json;
  readonly depth: number;
  /** Whether the same again, while the first waits or is on its way, is the same record. */
  readonly once?: boolean;
  /** How long it may take, in whole milliseconds; without it, as long as a guest stays. */
  readonly within_ms?: number;
}

/** What else may be wanted: an answer as soon as the newest chain is here that neighbours have. */
export interface NewestRequest {
  readonly newest: true;
}

/** Somebody hands over a record, or waits for the newest chain; `by` is the app that it was handed to first. */
export function takeRequest(
  turn: ChainTurn,
  { request, source, by }: Extract<AppEvent, { kind: "request" }>,
): void {
  const refuse = (why: string) => turn.out({ kind: "answer", source, why });
  if (asksForNewest(request)) return takeNewest(turn, source);
  const read = readRequest(request);
  if (read === null) return refuse("a record and its depth are expected");
  const { item, depth, within_ms = Infinity, once = false } = read;
  const { order, best } = turn.tree, text = JSON.stringify(item);
  const fault = ownFault(order, item);
  if (fault !== null) return refuse(fault);
  const rule = ruleOf(order, item)!;
  if (rule.guarded && rule.name !== by) return refuse(guardText(rule));
  const key = ownRecord(turn, item, text, once);
  const probe = { key: "", origin: turn.view.self, item, line: "", place: 0 };
  const taken = applyRecord(order, best.states, probe, best.block.index + 1);
  const is_lost = key === null && isRefused(taken) && !taken.later;
  if (is_lost) return refuse(refusalText(turn, taken));
  makeRoom(turn);
  const deadline_ms = turn.now_ms + within_ms;
  const wait: Wait = { source, item: text, key, depth, once, deadline_ms };
  const is_coming = wait.once && isComing(turn, text);
  turn.state.waits = [...turn.state.waits, wait];
  if (key === null && !is_coming) turn.out({ kind: "publish", topic: RECORDS, items: [item] });
}

/**
 * Why an item may not be published in the topic of records, or null. Records that are guarded may be
 * when they were handed over by their app, and so are waited for.
 */
export function publishFault({ order, waits }: ChainState, item: Json): string | null {
  const fault = ownFault(order, item);
  if (fault !== null) return fault;
  const rule = ruleOf(order, item)!;
  if (!rule.guarded) return null;
  return isComing({ state: { waits } }, JSON.stringify(item)) ? null : guardText(rule);
}

/** What is wrong with an item as an own record: whoever signs it must be able to put it into a block. */
function ownFault(order: readonly OrderRule[], item: Json): string | null {
  const fault = recordFault(order, item);
  if (fault !== null) return fault;
  const is_long = encoder.encode(JSON.stringify(item)).length > RECORD_ITEM_BYTES_MAX;
  return is_long ? `it has more than ${RECORD_ITEM_BYTES_MAX} bytes as JSON` : null;
}

/** Whether an own item was handed over and did not come back yet. */
function isComing({ state }: { readonly state: Pick<ChainState, "waits"> }, text: string): boolean {
  return state.waits.some((wait) => wait.key === null && wait.item === text);
}

function guardText({ name }: OrderRule): string {
  return `such records are handed over by the app ${name} only`;
}

/** A request as it came from somebody, or null where it is none. */
function readRequest(request: Json): RecordRequest | null {
  const { item, depth, within_ms, once } = (request ?? {}) as Partial<Record<string, Json>>;
  const is_good = item !== undefined && isCount(depth, 1) &&
    (within_ms === undefined || isCount(within_ms, 0));
  return is_good ? { item, depth, within_ms, once: once === true } : null;
}

function asksForNewest(request: Json): boolean {
  return ((request ?? {}) as Partial<Record<string, Json>>).newest === true;
}

/**
 * The key of the own record that says the same and counts already, or waits to: whoever did not hear
 * of it tries again. Null where there is none, or where the same again is another record.
 */
function ownRecord(
  { tree, view, state }: ChainTurn,
  item: Json,
  text: string,
  once: boolean,
): string | null {
  const isSame = (one: ChainRecord) =>
    one.origin === view.self && JSON.stringify(one.item) === text;
  const { order, best } = tree, done = doneBy(order, best.states, item);
  if (done !== null) {
    const index = best.taken.get(done);
    const [block] = index === undefined ? [] : branchFrom(best, index);
    const record = block?.records.find(({ key }) => key === done);
    return record !== undefined && isSame(record) ? done : null;
  }
  // What would count twice has no id; else the same may wait here already.
  for (const [key, record] of state.pool.entries()) {
    if (!isSame(record)) continue;
    const taken = applyRecord(order, best.states, record, best.block.index + 1);
    // It may wait for others, which wait before it.
    const is_same = isRefused(taken)
      ? once && taken.later
      : once || doneBy(order, taken, item) === key;
    if (is_same) return key;
  }
  return null;
}

/** The oldest waits no longer where there are too many. */
function makeRoom(turn: ChainTurn): void {
  const { waits } = turn.state;
  if (waits.length < WAITS_MAX) return;
  const why = "too many wait for records";
  turn.out({ kind: "answer", source: waits[0].source, why, late: true });
  turn.state.waits = waits.slice(1);
}

/** An own record came back from the log: whoever handed it over waits for its key from now on. */
export function bindWaits(
  turn: ChainTurn,
  { origin, item }: DeliveredItem,
  key: string | null,
): void {
  if (key === null || origin !== turn.view.self) return;
  const text = JSON.stringify(item),
    isBound = (wait: Wait) => wait.key === null && wait.item === text;
  const first = turn.state.waits.find(isBound);
  if (first === undefined) return;
  turn.state.waits = turn.state.waits.map((wait) =>
    wait === first || (wait.once && isBound(wait)) ? { ...wait, key } : wait
  );
}

/** A guest is gone, and waits for nothing. */
export function dropWaits(turn: ChainTurn, link: LinkId): void {
  const left = turn.state.waits.filter(({ source }) =>
    source.kind !== "guest" || source.link !== link
  );
  if (left.length < turn.state.waits.length) turn.state.waits = left;
}

/** Those whose time is over wait no longer; what they wait for may still come. */
export function endWaits(turn: ChainTurn): void {
  const isOver = ({ deadline_ms }: Wait) => turn.now_ms >= deadline_ms;
  const over = turn.state.waits.filter(isOver);
  if (over.length === 0) return;
  turn.state.waits = turn.state.waits.filter((wait) => !isOver(wait));
  const why = "it is not so deep in the chain yet";
  for (const { source } of over) turn.out({ kind: "answer", source, why, late: true });
}

/** Answers those whose records are deep enough, or have no place in the chain any more. */
export function answerWaits(turn: ChainTurn): void {
  const left: Wait[] = [];
  for (const wait of turn.state.waits) {
    const why = endOf(turn, wait);
    if (why === undefined) left.push(wait);
    else turn.out({ kind: "answer", source: wait.source, why });
  }
  if (left.length < turn.state.waits.length) turn.state.waits = left;
}

/** Null where it is done, why it never will be, or undefined while that is open. */
function endOf(turn: ChainTurn, { key, depth }: Wait): string | null | undefined {
  const { tree, state } = turn;
  if (key === null) return undefined;
  const is_deep = depthOf(tree, key) >= depth;
  if (is_deep) return null;
  const record = state.pool.get(key);
  if (record === undefined) return undefined;
  const { order, best } = tree;
  const taken = applyRecord(order, best.states, record, best.block.index + 1);
  return isRefused(taken) && !taken.later ? refusalText(turn, taken) : undefined;
}
