/**
 * Somebody wants to go on with the newest chain that there is: the neighbours are asked for the last
 * block of theirs, and whoever asked is told when all of these are here, or after a while.
 */

import type { Id, Source } from "../../core/types.ts";
import { askFor, send } from "./sending.ts";
import { NEWEST_MAX, NEWEST_MS } from "./limits.ts";
import type { Catching } from "./state.ts";
import type { ChainTurn } from "./turn.ts";

/** Somebody waits for the newest chain. */
export function takeNewest(turn: ChainTurn, source: Source): void {
  const { catching } = turn.state, { neighbours } = turn.view;
  const until_ms = turn.now_ms + NEWEST_MS;
  for (const id of neighbours) send(turn, id, [{ best: true }]);
  const one: Catching = { source, asked: neighbours, missing: [], until_ms };
  // The oldest goes on with what is here.
  const [first, ...rest] = catching;
  if (catching.length >= NEWEST_MAX) turn.out({ kind: "answer", source: first.source, why: null });
  turn.state.catching = [...(catching.length >= NEWEST_MAX ? rest : catching), one];
}

/** A neighbour says which block is the last of its chain; null where it follows none. */
export function takeBest(turn: ChainTurn, from: Id, hash: string | null): void {
  const { by_hash, bad } = turn.tree;
  const is_missing = hash !== null && !by_hash.has(hash) && !bad.has(hash);
  let is_asked = false;
  turn.state.catching = turn.state.catching.map((one) => {
    if (!one.asked.includes(from)) return one;
    is_asked = true;
    const missing = is_missing ? [...one.missing, hash] : one.missing;
    return { ...one, asked: one.asked.filter((id) => id !== from), missing };
  });
  if (is_missing && is_asked) askFor(turn, hash, from);
}

/** Answers those who miss nothing any more, or waited long enough. */
export function answerCatching(turn: ChainTurn): void {
  const { catching } = turn.state, { neighbours } = turn.view;
  if (catching.length === 0) return;
  const left: Catching[] = [];
  for (const one of catching) {
    const missing = one.missing.filter((hash) => !turn.tree.by_hash.has(hash));
    const asked = one.asked.filter((id) => neighbours.includes(id));
    const is_over = turn.now_ms >= one.until_ms || missing.length + asked.length === 0;
    if (is_over) turn.out({ kind: "answer", source: one.source, why: null });
    else left.push({ ...one, asked, missing });
  }
  turn.state.catching = left;
}
