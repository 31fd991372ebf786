/** Who handed over a record, and waits until it is deep enough in the chain. */

import type { Json, LinkId, Source } from "../../core/types.ts";
import type { DeliveredItem } from "../../core/host/app.ts";
import { isCount } from "../../core/log/entry.ts";
import { WAITS_MAX } from "./limits.ts";
import { applyRecord, doneBy, recordFault } from "./order.ts";
import { type ChainRecord, RECORDS } from "./record.ts";
import type { Wait } from "./state.ts";
import { branchFrom, depthOf } from "./tree.ts";
import type { ChainTurn } from "./turn.ts";

/** What is wanted: a record that is to be so deep in the chain. */
export interface RecordRequest {
  readonly item: Json;
  readonly depth: number;
  /** How long it may take, in whole milliseconds; without it, as long as a guest stays. */
  readonly within_ms?: number;
}

/** Somebody hands over a record. */
export function takeRequest(turn: ChainTurn, request: Json, source: Source): void {
  const refuse = (why: string) => turn.out({ kind: "answer", source, why });
  const read = readRequest(request);
  if (read === null) return refuse("a record and its depth are expected");
  const { item, depth, within_ms = Infinity } = read;
  const { order, best } = turn.tree, text = JSON.stringify(item);
  const fault = recordFault(order, item);
  if (fault !== null) return refuse(fault);
  const key = ownRecord(turn, item, text);
  const probe = { key: "", origin: turn.view.self, item, line: "", place: 0 };
  const why = key === null ? applyRecord(order, best.states, probe, best.block.index + 1) : null;
  if (typeof why === "string") return refuse(why);
  makeRoom(turn);
  const deadline_ms = turn.now_ms + within_ms;
  turn.state.waits = [...turn.state.waits, { source, item: text, key, depth, deadline_ms }];
  if (key === null) turn.out({ kind: "publish", topic: RECORDS, items: [item] });
}

/** A request as it came from somebody, or null where it is none. */
function readRequest(request: Json): RecordRequest | null {
  const { item, depth, within_ms } = (request ?? {}) as {
    readonly [key: string]: Json | undefined;
  };
  const is_good = item !== undefined && isCount(depth, 1) &&
    (within_ms === undefined || isCount(within_ms, 0));
  return is_good ? { item, depth, within_ms } : null;
}

/**
 * The key of the own record that says the same and counts already, or waits to: whoever did not hear
 * of it tries again. Null where there is none, or where the same again is another record.
 */
function ownRecord({ tree, view, state }: ChainTurn, item: Json, text: string): string | null {
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
    if (typeof taken !== "string" && doneBy(order, taken, item) === key) return key;
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
  const text = JSON.stringify(item);
  const at = turn.state.waits.findIndex((wait) => wait.key === null && wait.item === text);
  if (at >= 0) turn.state.waits = turn.state.waits.with(at, { ...turn.state.waits[at], key });
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
function endOf({ tree, state }: ChainTurn, { key, depth }: Wait): string | null | undefined {
  if (key === null) return undefined;
  const is_deep = depthOf(tree, key) >= depth;
  if (is_deep) return null;
  const record = state.pool.get(key);
  if (record === undefined) return undefined;
  const { order, best } = tree;
  const why = applyRecord(order, best.states, record, best.block.index + 1);
  return typeof why === "string" ? why : undefined;
}
