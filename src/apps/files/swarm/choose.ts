/**
 * What a holder is asked for next of a file: hashes before the chunks that they are of, from the top
 * down, but only where chunks are wanted soon; then what the fewest have (rarest first: B. Cohen,
 * "Incentives Build Robustness in BitTorrent", 2003), and from the beginning on where all have all.
 */

import type { Id } from "../../../core/types.ts";
import { HORIZON_PIECES, LIST_CHUNKS_MAX, PIECE_CHUNKS, SAMPLE_PIECES } from "../limits.ts";
import type { Range } from "../tasks.ts";
import type { ChunkSet } from "./chunk_set.ts";
import { FAN_OUT } from "./ranges.ts";
import type { Fetch, Order } from "./swarm.ts";

/** What is known of a file's holders: what each has of its own chunks. */
export type Having = ReadonlyMap<Id, ChunkSet>;

/** Who is asked, for how much, and how it is chosen. */
export interface Wish {
  readonly peer: Id;
  /** At most so many chunks. */
  readonly chunks: number;
  readonly order: Order;
  /** From 0 to below 1: where to begin to look where others fetch, too. */
  readonly luck: number;
}

/**
 * Chunks of a file that a holder has, and that are neither there nor under way. Null where there are
 * none, or their hashes must come first and are under way.
 */
export function chooseRange(file: Fetch, having: Having, wish: Wish): Range | null {
  const { peer, chunks, order } = wish;
  const has = having.get(peer)!;
  let best: number | null = null, fewest = Infinity;
  for (const place of places(file, having, wish)) {
    const list = missingList(file, place);
    if (list !== null) {
      const range = listRange(file, has, list.level, list.first);
      if (range !== null) return range;
      continue;
    }
    const holders = order === "rarest" ? holdersOf(having, place) : 1;
    if (holders < fewest) [best, fewest] = [place, holders];
  }
  return best === null ? null : pieceRange(file, has, best, chunks);
}

/** Chunks to begin with: a few, one of each piece. */
function* places(file: Fetch, having: Having, wish: Wish): IterableIterator<number> {
  const has = having.get(wish.peer)!, [taken] = file.taken, all = file.levels[0].chunks;
  const { base, start, end, inside } = whereToLook(file, having, wish);
  let looked = 0;
  // Beyond the horizon is what only few have left over.
  for (const [from, to] of [[start, end], [base, start], [end, all]]) {
    let at = has.nextOutside(taken, from);
    while (at < to) {
      if (looked++ === SAMPLE_PIECES) return;
      const piece = at - at % PIECE_CHUNKS, later = has.nextOutside(taken, piece + inside);
      yield later < piece + PIECE_CHUNKS ? later : at;
      // Where the hashes are missing, they are for many pieces.
      const step = missingList(file, at) === null ? PIECE_CHUNKS : FAN_OUT;
      at = has.nextOutside(taken, at - at % step + step);
    }
  }
}

/** Chunks between which pieces are looked for, from `start` on, and where to begin inside of a piece. */
function whereToLook(file: Fetch, having: Having, { chunks, order, luck }: Wish): {
  readonly base: number;
  readonly start: number;
  readonly end: number;
  readonly inside: number;
} {
  const base = file.taken[0].nextGap(0), base_piece = Math.floor(base / PIECE_CHUNKS);
  const end = Math.min((base_piece + HORIZON_PIECES) * PIECE_CHUNKS, file.levels[0].chunks);
  if (order === "lowest" || !isShared(file, having)) return { base, start: base, end, inside: 0 };
  // Others choose at the same time: all are to begin somewhere else, by pieces and within them.
  const at = luck * (Math.ceil(end / PIECE_CHUNKS) - base_piece), part = at % 1;
  const start = Math.max(base, (base_piece + Math.floor(at)) * PIECE_CHUNKS);
  return { base, start, end, inside: Math.floor(part * PIECE_CHUNKS / chunks) * chunks };
}

/** Whether others fetch it, too: then all take other pieces, so that they can give them to each other. */
function isShared({ levels }: Fetch, having: Having): boolean {
  for (const has of having.values()) {
    if (has.count < levels[0].chunks) return true;
  }
  return false;
}

/** The highest chunk of hashes above a chunk of the file that is not there; null where all are. */
export function missingList(
  { there, levels }: Fetch,
  chunk: number,
): { readonly level: number; readonly first: number } | null {
  for (let level = levels.length - 1; level > 0; level--) {
    const first = Math.floor(chunk / FAN_OUT ** level);
    if (!there[level].has(first)) return { level, first };
  }
  return null;
}

/** Whether who has these of the file's own chunks has the hashes above some of them. */
export function hasList(has: ChunkSet, level: number, chunk: number): boolean {
  const span = FAN_OUT ** level;
  return has.next(chunk * span) < (chunk + 1) * span;
}

/** Hashes from a chunk of them on, that neither are there nor under way; null where those are. */
function listRange(
  { taken, levels }: Fetch,
  has: ChunkSet,
  level: number,
  first: number,
): Range | null {
  // Far up one is for so much that the next is not wanted soon.
  const most = level === 1 ? LIST_CHUNKS_MAX : 1;
  const end = Math.min(levels[level].chunks, (Math.floor(first / most) + 1) * most);
  let at = first;
  while (at < end && !taken[level].has(at) && hasList(has, level, at)) at++;
  return at === first ? null : { level, first, count: at - first };
}

/** How many have a chunk. */
function holdersOf(having: Having, chunk: number): number {
  let holders = 0;
  for (const has of having.values()) if (has.has(chunk)) holders++;
  return holders;
}

/** The chunks from one on that are in its piece, and that the holder has. */
function pieceRange({ taken }: Fetch, has: ChunkSet, first: number, chunks: number): Range {
  const piece_end = (Math.floor(first / PIECE_CHUNKS) + 1) * PIECE_CHUNKS;
  const end = Math.min(first + chunks, piece_end, has.nextGap(first), taken[0].next(first));
  return { level: 0, first, count: end - first };
}
