/** Records that wait to be ordered, and which of them the next block may hold. */

import type { Id } from "../../core/types.ts";
import type { DeliveredItem } from "../../core/host/app.ts";
import { BLOCK_BYTES_TARGET, POOL_MAX } from "./limits.ts";
import { applyRecord, isRefused, recordFault } from "./order.ts";
import { type ChainRecord, RECORD_LINE_BYTES_MAX, recordsOf } from "./record.ts";
import type { Switch, Tree } from "./tree.ts";
import type { ChainTurn } from "./turn.ts";

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
}

function keep(turn: ChainTurn, records: readonly ChainRecord[]): void {
  const pool = turn.state.pool.edit();
  for (const record of records) if (!pool.has(record.key)) pool.set(record.key, record);
  turn.state.pool = pool.finish();
}

/** Where too many records wait, whoever has most loses the oldest: nobody pushes out those of others. */
export function trimPool(turn: ChainTurn): void {
  let excess = turn.state.pool.size - POOL_MAX;
  if (excess <= 0) return;
  const by_origin = new Map<Id, string[]>();
  for (const [key, { origin }] of turn.state.pool.entries()) {
    const keys = by_origin.get(origin);
    if (keys === undefined) by_origin.set(origin, [key]);
    else keys.push(key);
  }
  const pool = turn.state.pool.edit();
  const lists = [...by_origin.values()].sort((a, b) => b.length - a.length);
  for (let at = 0; excess > 0; at++) {
    const least = lists[at + 1]?.length ?? 0;
    // Down to as many as the next one has, from each of those that have more.
    const share = Math.min(lists[at].length - least, Math.ceil(excess / (at + 1)));
    for (const keys of lists.slice(0, at + 1)) {
      for (const key of keys.splice(0, Math.min(share, excess))) {
        pool.delete(key);
        excess--;
      }
    }
  }
  turn.state.pool = pool.finish();
}

/** The records that a block behind the best branch may hold: as many as fit, in the order of the pool. */
export function nextRecords(tree: Tree, pool: Iterable<ChainRecord>): ChainRecord[] {
  const { order, best } = tree, index = best.block.index + 1;
  const records: ChainRecord[] = [];
  let { states } = best, bytes = 0, last_line = "";
  for (const record of pool) {
    // Records that follow each other in one entry share its line.
    const size = (record.line === last_line ? 0 : record.line.length) + 32;
    if (bytes + size > BLOCK_BYTES_TARGET) break;
    const next = applyRecord(order, states, record, index);
    // What has no place now may have one later.
    if (isRefused(next)) continue;
    states = next;
    bytes += size;
    last_line = record.line;
    records.push(record);
  }
  return records;
}
