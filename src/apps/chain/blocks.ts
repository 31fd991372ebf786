/** Blocks that come: placed in the tree, or kept until their parent or their time comes. */

import type { Id, Json } from "../../core/types.ts";
import type { Block } from "./blockchain.ts";
import type { AppOut } from "../../core/host/app.ts";
import { AHEAD_MS, EARLY_MAX, ORPHANS_MAX, PARENT_ASK_MS, SENT_BLOCKS_MAX } from "./limits.ts";
import { CHAIN } from "./options.ts";
import { movePool } from "./pool.ts";
import type { OrderedItem } from "./order.ts";
import { printSwitch } from "./printed.ts";
import { branchFrom, lonelyFault, placeBlock, type Placed, type Switch } from "./tree.ts";
import type { ChainTurn } from "./turn.ts";
import { excessOf, type Sent, waitingOf } from "./waiting.ts";

/** The topic of blocks. */
export const BLOCKS = "blocks";

/**
 * What nodes ask and tell each other beside the log: blocks that somebody lacks, and which block is the
 * last of a chain (`true` asks for it, null says that there is none).
 */
export type BlockMessage =
  | { readonly want: string }
  | { readonly block: Json }
  | { readonly best: string | true | null };

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

function keepOrphan(turn: ChainTurn, sent: Sent): void {
  const { orphans } = turn.state, { block: { prev_hash: parent }, from } = sent;
  const one = waitingOf(turn.tree.rules, sent), known = orphans.get(parent);
  if (known?.blocks.some(({ hash }) => hash === one.hash)) return;
  const next = new Map(orphans);
  if (known !== undefined) next.set(parent, { ...known, blocks: [...known.blocks, one] });
  else next.set(parent, { blocks: [one], asked: [from], ask_ms: turn.now_ms + PARENT_ASK_MS });
  // The oldest go first: whoever wants them placed sends their parents.
  const all = [...next.values()].flatMap(({ blocks }) => blocks);
  for (const gone of excessOf(all, ORPHANS_MAX)) {
    const { prev_hash } = gone.block, { blocks, ...more } = next.get(prev_hash)!;
    if (blocks.length === 1) next.delete(prev_hash);
    else next.set(prev_hash, { ...more, blocks: blocks.filter((other) => other !== gone) });
  }
  if (known === undefined && next.has(parent) && from !== turn.view.self) {
    askFor(turn, parent, from);
  }
  turn.state.orphans = next;
}

/** The orphans of a block that is placed now. */
function adopt(turn: ChainTurn, hash: string): readonly Sent[] {
  const found = turn.state.orphans.get(hash);
  if (found === undefined) return [];
  const orphans = new Map(turn.state.orphans);
  orphans.delete(hash);
  turn.state.orphans = orphans;
  return found.blocks;
}

/** Asks another node for each parent that did not come; when all were asked, from the start again. */
export function askAgain(turn: ChainTurn): void {
  let orphans:
    | Map<string, typeof turn.state.orphans extends ReadonlyMap<string, infer O> ? O : never>
    | null = null;
  for (const [parent, one] of turn.state.orphans) {
    if (turn.now_ms < one.ask_ms) continue;
    const others = turn.view.neighbours.filter((id) => !one.asked.includes(id));
    const next = others[0] ?? turn.view.neighbours[0];
    const ask_ms = turn.now_ms + PARENT_ASK_MS;
    const asked = others.length > 0 ? [...one.asked, others[0]] : [];
    (orphans ??= new Map(turn.state.orphans)).set(parent, { ...one, asked, ask_ms });
    if (next !== undefined) askFor(turn, parent, next);
  }
  if (orphans !== null) turn.state.orphans = orphans;
}

/** Asks a node for a block. */
export function askFor(turn: ChainTurn, hash: string, to: Id): void {
  send(turn, to, [{ want: hash }]);
}

/** Messages to the chain of another node, which need not arrive. */
export function messageTo(to: Id, items: readonly BlockMessage[]): AppOut {
  const source = { kind: "app", app: CHAIN, tag: 0 } as const;
  return { kind: "send", to, items, source, within_ms: PARENT_ASK_MS, bulk: true };
}

/** Sends messages to the chain of another node. */
export function send(turn: ChainTurn, to: Id, items: readonly BlockMessage[]): void {
  turn.out(messageTo(to, items));
}

/** Another node lacks a block, and gets it with those before it. */
export function sendBlocks(turn: ChainTurn, to: Id, hash: string): void {
  const placed = turn.tree.by_hash.get(hash);
  if (placed === undefined) return;
  const first = Math.max(1, placed.block.index - SENT_BLOCKS_MAX + 1);
  const blocks = branchFrom(placed, first).map(({ block }) => ({
    block: block as unknown as Json,
  }));
  if (blocks.length > 0) send(turn, to, blocks);
}
