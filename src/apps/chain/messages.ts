/** What the chains of other nodes ask and tell. */

import type { Id, Json } from "../../core/types.ts";
import type { AppOut } from "../../core/host/app.ts";
import { takeBlock } from "./blocks.ts";
import { takeBest } from "./newest.ts";
import { messageTo, send, sendBlocks } from "./sending.ts";
import { lonelyFault } from "./tree.ts";
import type { ChainTurn } from "./turn.ts";
import { isHashText } from "./work.ts";

/** Another node lacks a block, brings one, or wants to know or tells which is the last. */
export function takeMessage(turn: ChainTurn, from: Id, items: readonly Json[]): void {
  for (const item of items) {
    const { want, block, best } = fieldsOf(item);
    if (isHashText(want)) sendBlocks(turn, from, want);
    if (block !== undefined) takeSent(turn, block, from);
    if (best === true) send(turn, from, [{ best: turn.tree.best.hash }]);
    else if (best === null || isHashText(best)) takeBest(turn, from, best);
  }
}

/** A block came in a message: whoever sends what nobody worked for is no honest node. */
function takeSent(turn: ChainTurn, block: Json, from: Id): void {
  const fault = lonelyFault(turn.tree.rules, block);
  if (fault === null) takeBlock(turn, block, from);
  else turn.out({ kind: "drop", peer: from, why: `as a block came what is none: ${fault}` });
}

/** What a node that follows no chain answers. */
export function answerWithout(from: Id, items: readonly Json[]): readonly AppOut[] {
  const is_asked = items.some((item) => fieldsOf(item).best === true);
  return is_asked ? [messageTo(from, [{ best: null }])] : [];
}

function fieldsOf(item: Json): { readonly [key: string]: Json | undefined } {
  const is_object = typeof item === "object" && item !== null && !Array.isArray(item);
  return is_object ? item as { readonly [key: string]: Json } : {};
}
