/** Blocks whose parents are not here, and who is asked for these. */

import type { Id } from "../../core/types.ts";
import { ORPHANS_MAX, PARENT_ASK_MS, PARENT_LOOK_MS, PARENT_ROUNDS } from "./limits.ts";
import { askFor } from "./sending.ts";
import type { Orphans } from "./state.ts";
import type { ChainTurn } from "./turn.ts";
import { excessOf, type Sent, waitingOf } from "./waiting.ts";

/** Keeps a block until its parent comes, and asks for that whoever sent the block. */
export function keepOrphan(turn: ChainTurn, sent: Sent): void {
  const { orphans } = turn.state, { block: { prev_hash: parent }, from } = sent;
  const one = waitingOf(turn.tree.rules, sent), known = orphans.get(parent);
  const is_new = !known?.blocks.some(({ hash }) => hash === one.hash);
  // While all are asked the first time, nothing is won by asking one of them again.
  const begins = known === undefined || known.round > 0;
  if (!is_new && !begins) return;
  const next = new Map(orphans), blocks = [...known?.blocks ?? [], ...(is_new ? [one] : [])];
  if (begins) {
    const ask_ms = turn.now_ms + PARENT_ASK_MS;
    next.set(parent, { blocks, asked: [from], round: 0, ask_ms });
  } else next.set(parent, { ...known, blocks });
  // The oldest go first: whoever wants them placed sends their parents.
  const all = [...next.values()].flatMap(({ blocks }) => blocks);
  for (const gone of excessOf(all, ORPHANS_MAX)) {
    const { prev_hash } = gone.block, siblings = next.get(prev_hash)!;
    const left = siblings.blocks.filter((other) => other !== gone);
    if (left.length === 0) next.delete(prev_hash);
    else next.set(prev_hash, { ...siblings, blocks: left });
  }
  if (begins && next.has(parent) && from !== turn.view.self) askFor(turn, parent, from);
  turn.state.orphans = next;
}

/** The orphans of a block that is placed now. */
export function adopt(turn: ChainTurn, hash: string): readonly Sent[] {
  const found = turn.state.orphans.get(hash);
  if (found === undefined) return [];
  const orphans = new Map(turn.state.orphans);
  orphans.delete(hash);
  turn.state.orphans = orphans;
  return found.blocks;
}

/** Asks another neighbour for each parent that did not come. */
export function askAgain(turn: ChainTurn): void {
  let orphans: Map<string, Orphans> | null = null;
  for (const [parent, one] of turn.state.orphans) {
    if (turn.now_ms < one.ask_ms) continue;
    const { next, ...asking } = nextAsk(one, turn.view.neighbours);
    const ask_ms = turn.now_ms + pauseOf(asking);
    (orphans ??= new Map(turn.state.orphans)).set(parent, { ...one, ...asking, ask_ms });
    if (next !== null) askFor(turn, parent, next);
  }
  if (orphans !== null) turn.state.orphans = orphans;
}

/**
 * Whom to ask next, if anybody. When all neighbours were asked, from the start again; after some rounds
 * only those who were not there before.
 */
function nextAsk(
  { asked, round }: Orphans,
  neighbours: readonly Id[],
): Pick<Orphans, "asked" | "round"> & { readonly next: Id | null } {
  // Who left is forgotten: whoever comes back may have learnt of it.
  const here = asked.filter((id) => neighbours.includes(id));
  const fresh = neighbours.find((id) => !here.includes(id));
  if (fresh !== undefined) return { next: fresh, asked: [...here, fresh], round };
  const is_over = neighbours.length === 0 || round >= PARENT_ROUNDS;
  if (is_over) return { next: null, asked: here, round };
  const again = round + 1 < PARENT_ROUNDS ? neighbours[0] : null;
  return { next: again, asked: again === null ? here : [again], round: round + 1 };
}

/** Pauses grow from round to round. */
function pauseOf({ round }: Pick<Orphans, "round">): number {
  return round < PARENT_ROUNDS ? PARENT_ASK_MS * 2 ** round : PARENT_LOOK_MS;
}
