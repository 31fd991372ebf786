/** Which records wait no longer: where too many do, and those that have no place for good. */

import type { Id } from "../../core/types.ts";
import { POOL_BYTES_MAX, POOL_BYTES_TARGET, POOL_MAX, SWEEP_BLOCKS } from "./limits.ts";
import { applyRecord, isRefused } from "./order.ts";
import type { Placed } from "./tree.ts";
import type { ChainTurn } from "./turn.ts";

/** A line of which records wait; they share its bytes. */
interface Line {
  /** Of its records, the first one first. */
  readonly keys: string[];
  readonly bytes: number;
}

/**
 * Where too many records wait, or too many bytes of their lines, whoever has most loses the oldest:
 * nobody pushes out those of others.
 */
export function trimPool(turn: ChainTurn): void {
  const { pool, pool_bytes } = turn.state;
  if (pool.size <= POOL_MAX && pool_bytes <= POOL_BYTES_MAX) return;
  const lines = linesOf(turn), gone: string[] = [];
  shorten(lines, POOL_MAX, ({ keys }) => keys.length, ({ keys }, excess) => {
    gone.push(...keys.splice(0, excess));
  });
  // Down to less, so that it is not done again for each line that comes.
  if (sumOf(lines.values(), bytesOf) > POOL_BYTES_MAX) {
    shorten(lines, POOL_BYTES_TARGET, bytesOf, ({ keys }) => void gone.push(...keys.splice(0)));
  }
  drop(turn, gone);
  turn.state.pool_bytes = sumOf(lines.values(), bytesOf);
}

/**
 * Forgets records that had no place behind the best branch for so many blocks: their ids are used, or
 * their money is not there. Called when the best branch is another one.
 */
export function sweepPool(turn: ChainTurn, added: readonly Placed[]): void {
  const { order, best } = turn.tree, { pool, doubtful, options } = turn.state;
  if (!added.some(({ block }) => block.index % SWEEP_BLOCKS === 0)) return;
  // Whoever is only getting the chain knows nothing of its end.
  if (best.block.time < turn.now_ms - SWEEP_BLOCKS * options.block_time_ms) return;
  const gone: string[] = [], refused = new Set<string>();
  for (const [key, record] of pool.entries()) {
    const next = applyRecord(order, best.states, record, best.block.index + 1);
    if (!isRefused(next) || next.later) continue;
    if (doubtful.has(key)) gone.push(key);
    else refused.add(key);
  }
  turn.state.doubtful = refused;
  drop(turn, gone);
}

function drop(turn: ChainTurn, keys: readonly string[]): void {
  const pool = turn.state.pool.edit();
  for (const key of keys) pool.delete(key);
  turn.state.pool = pool.finish();
  // What had no place because of them may have one now.
  if (keys.length > 0) turn.state.looked = { ...turn.state.looked, refused: new Set() };
}

/** The lines whose records wait, the oldest first, by their origins. */
function linesOf({ state: { pool } }: ChainTurn): ReadonlyMap<Id, Line[]> {
  const by_origin = new Map<Id, Line[]>(), by_line = new Map<string, Line>();
  for (const [key, { origin, line }] of pool.entries()) {
    const known = by_line.get(line);
    if (known !== undefined) {
      known.keys.push(key);
      continue;
    }
    const one = { keys: [key], bytes: line.length }, lines = by_origin.get(origin);
    by_line.set(line, one);
    if (lines === undefined) by_origin.set(origin, [one]);
    else lines.push(one);
  }
  return by_origin;
}

function bytesOf({ keys, bytes }: Line): number {
  return keys.length > 0 ? bytes : 0;
}

function sumOf(lists: Iterable<readonly Line[]>, sizeOf: (line: Line) => number): number {
  let sum = 0;
  for (const lines of lists) for (const line of lines) sum += sizeOf(line);
  return sum;
}

/** Takes away the oldest of those who have most, until all together are not more than `max`. */
function shorten(
  by_origin: ReadonlyMap<Id, readonly Line[]>,
  max: number,
  sizeOf: (line: Line) => number,
  take: (line: Line, excess: number) => void,
): void {
  const lists = [...by_origin.values()].map((lines) => {
    return { lines, size: sumOf([lines], sizeOf) };
  });
  const level = levelOf(lists.map(({ size }) => size), max);
  for (const { lines, size } of lists) {
    let excess = size - level;
    for (const line of lines) {
      if (excess <= 0) break;
      const before = sizeOf(line);
      take(line, excess);
      excess -= before - sizeOf(line);
    }
  }
}

/** How much each may have at most, so that all together have no more than `max`. */
function levelOf(sizes: readonly number[], max: number): number {
  let left = max;
  for (const [at, size] of sizes.toSorted((a, b) => a - b).entries()) {
    const share = Math.floor(left / (sizes.length - at));
    if (size > share) return share;
    left -= size;
  }
  return Infinity;
}
