/** Blocks that wait until they can be placed, and which of them go where there are too many. */

import type { Id } from "../../core/types.ts";
import { type Block, type ChainRules, hashOf } from "./blockchain.ts";
import { WAITING_BYTES_MAX } from "./limits.ts";

/** A block as it came from somebody. */
export interface Sent {
  readonly block: Block;
  /** Who published it, or sent it in a message. */
  readonly from: Id;
}

/** A block that waits. */
export interface Waiting extends Sent {
  readonly hash: string;
  /** About what it takes in memory. */
  readonly bytes: number;
}

/** What a block takes beside its data. */
const HEAD_BYTES = 512;

/** A block that is to wait. */
export function waitingOf(rules: ChainRules, { block, from }: Sent): Waiting {
  const bytes = HEAD_BYTES + JSON.stringify(block.data).length;
  return { block, from, hash: hashOf(rules, block), bytes };
}

/**
 * Those that go where there are more than so many, or more bytes than may be. The ones of least work go
 * first: to push out others takes as much work as they have. Of as much work, those of whoever has most
 * bytes waiting, and of these the first in the list.
 */
export function excessOf(waiting: readonly Waiting[], count_max: number): ReadonlySet<Waiting> {
  const left = new Set(waiting), excess = new Set<Waiting>();
  const bytes_of = new Map<Id, number>();
  let bytes = 0;
  const add = ({ from, bytes: more }: Waiting, sign: 1 | -1) => {
    bytes += sign * more;
    bytes_of.set(from, (bytes_of.get(from) ?? 0) + sign * more);
  };
  for (const one of waiting) add(one, 1);
  while (left.size > count_max || bytes > WAITING_BYTES_MAX) {
    let worst: Waiting | null = null;
    for (const one of left) if (worst === null || isWorse(one, worst, bytes_of)) worst = one;
    left.delete(worst!);
    excess.add(worst!);
    add(worst!, -1);
  }
  return excess;
}

function isWorse(one: Waiting, other: Waiting, bytes_of: ReadonlyMap<Id, number>): boolean {
  // All are as long, so they are in the order of the numbers; a larger target is less work.
  const [a, b] = [one.block.target, other.block.target];
  return a === b ? bytes_of.get(one.from)! > bytes_of.get(other.from)! : a > b;
}
