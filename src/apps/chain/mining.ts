/** What is mined: the next block of the best branch, as it is now. */

import type { Json } from "../../core/types.ts";
import { type Block, draftOn, headerOf } from "./blockchain.ts";
import { BLOCKS } from "./blocks.ts";
import { RENEW_MS_MIN, RENEW_PART, REST_DEPTH } from "./limits.ts";
import type { Mined, MineTask } from "./miner/task.ts";
import { nextRecords } from "./pool.ts";
import { linesOf } from "./record.ts";
import { branchFrom } from "./tree.ts";
import type { ChainTurn } from "./turn.ts";

/** Begins, goes on, or ends mining, as the branch and the records are now. */
export function steer(turn: ChainTurn): void {
  const { options, mining, pool } = turn.state, { best } = turn.tree;
  const records = options.mine === "never" ? [] : nextRecords(turn.tree, values(pool));
  const wanted = options.mine === "always" ||
    (options.mine === "auto" && (records.length > 0 || isShallow(turn)));
  if (!wanted) return stop(turn);
  const data = linesOf(records) as Json;
  const same = mining !== null && mining.block.prev_hash === best.hash &&
    JSON.stringify(mining.block.data) === JSON.stringify(data);
  if (same && turn.now_ms < mining.renew_ms) return;
  stop(turn);
  const block = draftOn(turn.tree.rules, best, best.parent?.block, data, turn.now_ms);
  const tag = turn.state.next_tag++;
  const pause_ms = Math.max(RENEW_MS_MIN, options.block_time_ms * RENEW_PART);
  turn.state.mining = { tag, block, renew_ms: turn.now_ms + pause_ms };
  const task: MineTask = { header: headerOf(turn.tree.rules, block), threads: options.threads };
  turn.out({ kind: "work", tag, task });
}

/** Whether some record is not yet so deep that it is left alone. */
function isShallow({ tree: { best } }: ChainTurn): boolean {
  return branchFrom(best, Math.max(1, best.block.index - REST_DEPTH + 2))
    .some(({ records }) => records.length > 0);
}

function stop(turn: ChainTurn): void {
  const { mining } = turn.state;
  if (mining === null) return;
  turn.out({ kind: "cancel", tag: mining.tag });
  turn.state.mining = null;
}

/** A nonce was found, or the miner fell. What was found is verified when it comes back from the log. */
export function takeMined(
  turn: ChainTurn,
  tag: number,
  result: unknown,
  fault: string | null,
): void {
  const { mining } = turn.state;
  if (mining?.tag !== tag) return;
  turn.state.mining = null;
  if (fault !== null) return turn.out({ kind: "tell", text: `mining failed: ${fault}` });
  const block: Block = { ...mining.block, nonce: (result as Mined).nonce };
  turn.out({ kind: "publish", topic: BLOCKS, items: [block as unknown as Json] });
}

function* values<V>(pool: { entries(): Iterable<readonly [string, V]> }): Generator<V> {
  for (const [, record] of pool.entries()) yield record;
}
