/** Records that wait to be ordered, and which of them the next block may hold. */

import type { DeliveredItem } from "../../core/host/app.ts";
import { AWAITED_BLOCKS_MAX, BLOCK_BYTES_TARGET } from "./limits.ts";
import { applyRecord, isRefused, recordFault } from "./order.ts";
import { type ChainRecord, RECORD_LINE_BYTES_MAX, recordsOf } from "./record.ts";
import type { Switch, Tree } from "./tree.ts";
import { sweepPool } from "./trim.ts";
import type { ChainTurn } from "./turn.ts";

/** About what a place takes in a block's data, and a line besides what it is. */
const PLACE_BYTES = 4, LINE_BYTES = 32;

/** An item came that may be ordered; its key, or null where it is none. */
export function takeRecord(
  turn: ChainTurn,
  { origin, item, line, place }: DeliveredItem,
): string | null {
  if (line.length - 1 > RECORD_LINE_BYTES_MAX) return null;
  if (recordFault(turn.state.order, item) !== null) return null;
  const { text, hash } = turn.readLine(line);
  // Only its own place is filled; what else the entry holds comes by itself.
  const [record] = recordsOf({ origin, items: [item] }, text, hash);
  const key = `${hash}:${place}`;
  if (!turn.tree.best.taken.has(key)) keep(turn, [{ ...record, key, place }]);
  return key;
}

/** The best branch is another: what it orders waits no longer, and what left it waits again. */
export function movePool(turn: ChainTurn, { removed, added }: Switch): void {
  keep(turn, removed.toReversed().flatMap(({ records }) => records));
  const pool = turn.state.pool.edit();
  for (const { records } of added) for (const { key } of records) pool.delete(key);
  turn.state.pool = pool.finish();
  sweepPool(turn, added);
}

function keep(turn: ChainTurn, records: readonly ChainRecord[]): void {
  const pool = turn.state.pool.edit();
  for (const record of records) {
    if (pool.has(record.key)) continue;
    pool.set(record.key, record);
    turn.countLine(record.line);
  }
  turn.state.pool = pool.finish();
}

/**
 * The records that a block behind the best branch may hold, as many as fit, in the order of the pool;
 * and the keys of those that have no place in it. `refused` had none before, behind the same branch.
 */
export function nextRecords(
  tree: Tree,
  pool: Iterable<ChainRecord>,
  refused: ReadonlySet<string> = new Set(),
): { readonly records: readonly ChainRecord[]; readonly refused: readonly string[] } {
  const { order, best } = tree, index = best.block.index + 1;
  const records: ChainRecord[] = [], more: string[] = [];
  let { states } = best, bytes = 0;
  for (const record of pool) {
    if (refused.has(record.key)) continue;
    // Records that stand together share their line.
    const is_shared = records.at(-1)?.line === record.line;
    const size = is_shared ? PLACE_BYTES : record.line.length + LINE_BYTES;
    if (bytes + size > BLOCK_BYTES_TARGET) break;
    const next = applyRecord(order, states, record, index);
    // What has no place now may have one behind another block.
    if (isRefused(next)) {
      more.push(record.key);
      continue;
    }
    states = next;
    bytes += size;
    records.push(record);
  }
  return { records, refused: more };
}

/** Whether a record waits of which the next blocks decide, whatever else they hold. */
export function isAwaited({ order, best }: Tree, pool: Iterable<ChainRecord>): boolean {
  const index = best.block.index + 1;
  for (const record of pool) {
    const next = applyRecord(order, best.states, record, index);
    if (!isRefused(next) || next.until === undefined) continue;
    // Nobody makes others mine for longer by a claim.
    if (next.until < index + AWAITED_BLOCKS_MAX) return true;
  }
  return false;
}
