/** What nodes say to each other beside the log. */

import type { Id, Json } from "../../core/types.ts";
import type { AppOut } from "../../core/host/app.ts";
import { PARENT_ASK_MS, SENT_BLOCKS_MAX } from "./limits.ts";
import { CHAIN } from "./options.ts";
import { branchFrom } from "./tree.ts";
import type { ChainTurn } from "./turn.ts";

/**
 * What nodes ask and tell each other beside the log: blocks that somebody lacks, and which block is the
 * last of a chain (`true` asks for it, null says that there is none).
 */
export type BlockMessage =
  | { readonly want: string }
  | { readonly block: Json }
  | { readonly best: string | true | null };

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
