/** What is mined: the next block of the best branch, as it is now. */

import type { Json } from "../../core/types.ts";
import { type Block, draftOn, headerOf } from "./blockchain.ts";
import { BLOCKS } from "./blocks.ts";
import { LOOK_MS_MIN, LOOK_PART, REST_DEPTH } from "./limits.ts";
import type { Mined, MineTask } from "./miner/task.ts";
import type { ChainOptions } from "./options.ts";
import { isAwaited, nextRecords } from "./pool.ts";
import { type ChainRecord, linesOf } from "./record.ts";
import { branchFrom } from "./tree.ts";
import type { ChainTurn } from "./turn.ts";

/** Begins, goes on, or ends mining, as the branch and the records are now. */
export function steer(turn: ChainTurn): void {
  const { options, started } = turn.state, { best } = turn.tree;
  if (options.mine === "never" || !started || !isLookDue(turn)) return;
  const records = look(turn);
  const wanted = options.mine === "always" || records.length > 0 || isShallow(turn) ||
    isAwaited(turn.tree, turn.state.pool.values());
  stop(turn);
  if (!wanted) return;
  const data = linesOf(records) as Json;
  const block = draftOn(turn.tree.rules, best, best.parent?.block, data, turn.now_ms);
  const tag = turn.state.next_tag++;
  turn.state.mining = { tag, block };
  const task: MineTask = { header: headerOf(turn.tree.rules, block), threads: options.threads };
  turn.out({ kind: "work", tag, task });
}

/** Looks for records that the next block may hold. */
function look(turn: ChainTurn): readonly ChainRecord[] {
  const { looked, pool } = turn.state, { best: { hash: best } } = turn.tree;
  const known = looked.best === best ? looked.refused : new Set<string>();
  const { records, refused: more } = nextRecords(turn.tree, pool.values(), known);
  const refused = more.length > 0 ? new Set([...known, ...more]) : known;
  turn.state.looked = { best, pool, at_ms: turn.now_ms, refused };
  return records;
}

/**
 * Whether to look again: at once where the branch is another, else now and then, as what is mined must
 * have a time that is about right, and a flood of records must not cost a look each.
 */
function isLookDue(
  { state: { mining, looked, pool, options }, tree: { best }, now_ms }: ChainTurn,
): boolean {
  if (looked.best !== best.hash) return true;
  if (mining === null && looked.pool === pool) return options.mine === "always";
  return now_ms >= looked.at_ms + lookPause(options);
}

/** When the next look is due; Infinity while nothing calls for one. */
export function nextLookAt(
  { state: { mining, looked, pool, options, started } }: ChainTurn,
): number {
  const calls = started && options.mine !== "never" && (mining !== null || looked.pool !== pool);
  return calls ? looked.at_ms + lookPause(options) : Infinity;
}

/** How long a miner works on a block before it is put together anew, with a new time. */
export function lookPause({ block_time_ms }: Pick<ChainOptions, "block_time_ms">): number {
  return Math.max(LOOK_MS_MIN, block_time_ms * LOOK_PART);
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
  // Whatever becomes of it, there is another look before long.
  turn.state.looked = { ...turn.state.looked, pool: null };
  if (fault !== null) return turn.out({ kind: "tell", text: `mining failed: ${fault}` });
  const block: Block = { ...mining.block, nonce: (result as Mined).nonce };
  turn.out({ kind: "publish", topic: BLOCKS, items: [block as unknown as Json] });
}
