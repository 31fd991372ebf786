/** Who is asked next, and for what: every holder as much as its window has room for. */

import type { Id } from "../../../core/types.ts";
import { CHUNK_BYTES, DUPLICATE_PART_MAX } from "../limits.ts";
import type { Range } from "../tasks.ts";
import { chooseRange, hasList, type Having } from "./choose.ts";
import type { ChunkSet } from "./chunk_set.ts";
import { askChunks, expectedMs, expectedRate, hasRoom } from "./holder.ts";
import { rangeBytes } from "./ranges.ts";
import type { Ask, Fetch, Holder, Swarm } from "./swarm.ts";
import type { SwarmTurn } from "./turn.ts";

/** With more files than these to be fetched there is enough to do for everybody. */
const FEW_FETCHES = 8;
/** Who takes over something under way must be so many times as fast as who has it. */
const TAKE_OVER_FACTOR = 2;

/** Asks those that may be asked; the one who would be done first comes first. */
export function schedule(turn: SwarmTurn): void {
  // Who leaves something to others, leaves it to those that come after.
  let is_left = false;
  for (const peer of byExpectation(turn, turn.ready)) is_left = fill(turn, peer) || is_left;
  if (is_left) {
    for (const peer of byExpectation(turn, turn.swarm.holders.keys())) fill(turn, peer);
  }
}

function byExpectation(turn: SwarmTurn, peers: Iterable<Id>): Id[] {
  const expected = [...peers].map((peer) => {
    return { peer, time_ms: expectedMs(turn.holder(peer)!, CHUNK_BYTES) };
  });
  return expected.sort((a, b) => a.time_ms - b.time_ms || (a.peer < b.peer ? -1 : 1)).map((
    { peer },
  ) => peer);
}

/** Asks a holder while its window has room. Gives whether it left something to faster ones. */
function fill(turn: SwarmTurn, peer: Id): boolean {
  let is_left = false;
  for (;;) {
    const holder = turn.holder(peer)!;
    if (!hasRoom(holder, CHUNK_BYTES, turn.now_ms)) return is_left;
    const next = nextAsk(turn, holder);
    if (next === "left") is_left = true;
    const chosen = next === "left" || next === null ? duplicate(turn, holder) : next;
    if (chosen === null) return is_left;
    const { file, range } = chosen, bytes = rangeBytes(file.levels, range);
    if (!hasRoom(holder, bytes, turn.now_ms)) return is_left;
    const more = chosen.is_duplicate ? bytes : 0;
    turn.ask({ ...file, duplicate_bytes: file.duplicate_bytes + more }, holder, range);
  }
}

/** A request that could be made. */
interface Chosen {
  readonly file: Fetch;
  readonly range: Range;
  readonly is_duplicate: boolean;
}

/** What a holder is asked for next: of each file in turn. Null for nothing. */
function nextAsk(turn: SwarmTurn, holder: Holder): Chosen | "left" | null {
  const { swarm } = turn;
  let is_left = false;
  for (const number of inTurn(swarm.hungry, holder.turn + 1)) {
    const range = rangeOf(turn, swarm.fetches.get(number)!, holder);
    if (range === null) continue;
    const file = swarm.fetches.get(number)!;
    if (!isBetterLeft(turn, file, holder, range)) return { file, range, is_duplicate: false };
    is_left = true;
  }
  return is_left ? "left" : null;
}

/** Numbers of a set, from one on and then from the beginning. */
function* inTurn(set: ChunkSet, from: number): IterableIterator<number> {
  for (let at = set.next(from); at < Infinity; at = set.next(at + 1)) yield at;
  for (let at = set.next(0); at < from; at = set.next(at + 1)) yield at;
}

/** What a holder could be asked for of a file. */
function rangeOf(turn: SwarmTurn, file: Fetch, holder: Holder): Range | null {
  const { has, order } = turn.swarm, { peer } = holder, having = has.get(file.link);
  if (having?.has(peer) !== true) return null;
  const luck = turn.luck();
  return chooseRange(file, having, { peer, chunks: askChunks(holder), order, luck });
}

/**
 * Whether others would be done with all that is left before this one would be with its part: at the
 * end nobody is to wait for the slowest.
 */
function isBetterLeft(turn: SwarmTurn, file: Fetch, holder: Holder, range: Range): boolean {
  const { swarm } = turn, open = openBytes(swarm);
  const bytes = rangeBytes(file.levels, range), own_ms = expectedMs(holder, bytes);
  // Somebody must begin: where nothing is under way, nobody would be asked again.
  if (open === null || file.asks === 0) return false;
  const having = swarm.has.get(file.link)!;
  let rates = 0, sum = open, soonest_ms = Infinity;
  for (const other of swarm.holders.values()) {
    if (other === holder || !isProven(other)) continue;
    if (!canGive(having, other.peer, range)) continue;
    rates += expectedRate(other);
    sum += other.asked_bytes;
    soonest_ms = Math.min(soonest_ms, expectedMs(other, bytes));
  }
  return rates > 0 && Math.max(soonest_ms, sum * 1_000 / rates) < own_ms;
}

/** Whether its rate is known, and it keeps to it. */
function isProven({ meter, stalls }: Holder): boolean {
  return meter.bytes_per_s !== null && stalls === 0;
}

/** Bytes that are neither there nor under way, of all files; null where there are many files. */
function openBytes({ hungry, fetches }: Swarm): number | null {
  let open = 0, looked = 0;
  for (const number of inTurn(hungry, 0)) {
    if (++looked > FEW_FETCHES) return null;
    const { levels, taken } = fetches.get(number)!;
    open += (levels[0].chunks - taken[0].count) * CHUNK_BYTES;
  }
  return open;
}

/** Whether a holder has all of a range. */
export function canGive(having: Having, peer: Id, { level, first, count }: Range): boolean {
  const has = having.get(peer);
  if (has === undefined) return false;
  if (level === 0) return has.nextGap(first) >= first + count;
  for (let at = first; at < first + count; at++) if (!hasList(has, level, at)) return false;
  return true;
}

/**
 * What somebody slower has under way and this one would bring sooner: at the end of a file, or where its
 * hashes are waited for (endgame mode: B. Cohen, "Incentives Build Robustness in BitTorrent", 2003).
 */
function duplicate(turn: SwarmTurn, holder: Holder): Chosen | null {
  const { swarm } = turn;
  let best: Chosen | null = null, longest_ms = 0;
  for (const other of swarm.holders.values()) {
    if (other.peer === holder.peer) continue;
    for (const ask of turn.asksOf(other)) {
      const left_ms = leftMs(ask, turn.now_ms);
      // While there is something else to do, it is only worth it for what keeps others from working.
      if (left_ms <= longest_ms || ask.range.level === 0 && swarm.hungry.has(ask.fetch)) continue;
      const file = swarm.fetches.get(ask.fetch)!, range = duplicateRange(turn, file, ask, holder);
      if (range === null) continue;
      const own_ms = expectedMs(holder, rangeBytes(file.levels, range));
      if (own_ms * TAKE_OVER_FACTOR >= left_ms) continue;
      [best, longest_ms] = [{ file, range, is_duplicate: true }, left_ms];
    }
  }
  return best;
}

/** How long a request will still take; one that is late will as long again as it is late. */
function leftMs({ due_ms }: Ask, now_ms: number): number {
  return Math.abs(due_ms - now_ms);
}

/** The end of what is under way, as much as may be asked for twice; null for nothing. */
function duplicateRange(turn: SwarmTurn, file: Fetch, ask: Ask, holder: Holder): Range | null {
  const { level, first, count } = ask.range, having = turn.swarm.has.get(file.link);
  const budget = file.levels[0].bytes * DUPLICATE_PART_MAX - file.duplicate_bytes;
  const most = Math.min(askChunks(holder), Math.floor(budget / CHUNK_BYTES), count);
  if (most < 1 || file.stuck !== null || having === undefined) return null;
  const range = { level, first: first + count - most, count: most };
  if (!canGive(having, holder.peer, range)) return null;
  const is_wanted = file.there[level].next(range.first) >= range.first + most;
  return is_wanted && !isTwice(turn, file, ask, range) ? range : null;
}

/** Whether somebody else has some of it under way already. */
function isTwice(turn: SwarmTurn, file: Fetch, ask: Ask, { level, first, count }: Range): boolean {
  if (file.duplicate_bytes === 0) return false;
  return turn.asksFor(file.fetch).some(({ ask: other, range }) =>
    other !== ask.ask && range.level === level && range.first < first + count &&
    range.first + range.count > first
  );
}

/** Asks somebody for one thing of a file that waits for the disk, to see whether it takes it again. */
export function tryStuck(turn: SwarmTurn, file: Fetch): void {
  for (const peer of byExpectation(turn, turn.swarm.holders.keys())) {
    const holder = turn.holder(peer)!;
    const range = rangeOf(turn, file, holder);
    if (range === null || !hasRoom(holder, rangeBytes(file.levels, range), turn.now_ms)) continue;
    turn.ask(file, holder, range);
    return;
  }
}
