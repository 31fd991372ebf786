/** Blocks that come: placed in the tree, or kept until their parent or their time comes. */

import type { Id, Json } from "../../core/types.ts";
import type { Block } from "./blockchain.ts";
import { AHEAD_MS, EARLY_MAX } from "./limits.ts";
import { adopt, keepOrphan } from "./orphans.ts";
import { movePool } from "./pool.ts";
import type { OrderedItem } from "./order.ts";
import { printSwitch } from "./printed.ts";
import { lonelyFault, placeBlock, type Placed, type Switch } from "./tree.ts";
import type { ChainTurn } from "./turn.ts";
import { excessOf, type Sent, waitingOf } from "./waiting.ts";

/** The topic of blocks. */
export const BLOCKS = "blocks";

/** A block came from somebody; blocks that nobody worked for are left out. */
export function takeBlock(turn: ChainTurn, block: Json, from: Id): void {
  if (lonelyFault(turn.tree.rules, block) !== null) {
    return turn.out({
      kind: "ignored",
      origin: from,
      topic: BLOCKS,
      what: "block",
      why: "no block",
    });
  }
  put(turn, [{ block: block as unknown as Block, from }]);
}

/** Places blocks, and those that waited for them. */
function put(turn: ChainTurn, blocks: readonly Sent[]): void {
  const queue = [...blocks];
  const before = turn.tree.best;
  for (let sent = queue.shift(); sent !== undefined; sent = queue.shift()) {
    const { block, from } = sent;
    if (block.time > turn.now_ms + AHEAD_MS) {
      keepEarly(turn, sent);
      continue;
    }
    const placing = placeBlock(turn.tree, block);
    if (placing.kind === "orphan") keepOrphan(turn, sent);
    if (placing.kind === "orphan" || placing.kind === "known") continue;
    turn.state.tree = placing.tree;
    if (placing.kind === "bad") tellBad(turn, placing.why, from);
    else if (placing.switched.added.length > 0) follow(turn, placing.switched);
    queue.push(...adopt(turn, placing.hash));
  }
  const { best } = turn.tree;
  if (best !== before) turn.out({ kind: "wake", at_ms: turn.now_ms });
}

/** The best branch is another one. */
function follow(turn: ChainTurn, switched: Switch): void {
  const { removed, added } = switched;
  movePool(turn, switched);
  printSwitch(turn, switched);
  const order = {
    removed: removed.flatMap((placed) => orderedItems(placed).reverse()),
    added: added.flatMap(orderedItems),
  };
  if (order.removed.length + order.added.length > 0) turn.out({ kind: "order", ...order });
}

/** What those who build on the chain are told of a block's records. */
function orderedItems({ records, block: { index } }: Placed): OrderedItem[] {
  return records.map(({ key, origin, item }) => ({ index, key, origin, item }));
}

function tellBad(turn: ChainTurn, why: string, origin: Id): void {
  turn.out({ kind: "ignored", origin, topic: BLOCKS, what: "block", why });
}

/** The first is the one whose time comes first. */
function keepEarly(turn: ChainTurn, sent: Sent): void {
  const one = waitingOf(turn.tree.rules, sent), { early } = turn.state;
  if (early.some(({ hash }) => hash === one.hash)) return;
  const all = [...early, one].sort((a, b) => a.block.time - b.block.time);
  const excess = excessOf(all.toReversed(), EARLY_MAX);
  turn.state.early = all.filter((waiting) => !excess.has(waiting));
}

/** Blocks whose time has come. */
export function takeEarly(turn: ChainTurn): void {
  const { early } = turn.state;
  const due = early.filter(({ block }) => block.time <= turn.now_ms + AHEAD_MS);
  if (due.length === 0) return;
  turn.state.early = early.slice(due.length);
  put(turn, due);
}
