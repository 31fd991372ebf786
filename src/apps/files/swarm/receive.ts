/** What follows from what a holder sent, or did not. */

import type { Id } from "../../../core/types.ts";
import { EXCLUDED_MAX, STUCK_RETRY_MS } from "../limits.ts";
import type { Link } from "../link.ts";
import { countRuns, type Run, type Runs } from "../runs.ts";
import type { Got, Range } from "../tasks.ts";
import { ChunkSet } from "./chunk_set.ts";
import { brought } from "./holder.ts";
import { FAN_OUT, rangeBytes } from "./ranges.ts";
import { measure } from "./meter.ts";
import { type Ask, excludedKey, type Fetch, isComplete } from "./swarm.ts";
import { type SwarmTurn, withRange } from "./turn.ts";

/** Holders of which is known how much each brought of a file. */
const BROUGHT_MAX = 1_000;

/** Something came of a request. */
export function receive(turn: SwarmTurn, ask: Ask, got: Got): void {
  const file = turn.fetchOf(ask.fetch)!, { range, peer } = ask;
  const good = cutRuns(got.good, range), is_all = countRuns(good) >= range.count;
  const came = got.stuck === null ? sumBytes(file, range.level, good) : ask.bytes;
  if (good.length > 0 || got.stuck !== null) {
    turn.putHolder(brought(turn.holder(peer)!, ask, came, turn.now_ms));
  }
  if (good.length > 0) keep(turn, file, ask, good);
  turn.endAsk(ask);
  if (good.length > 0) cancelLosers(turn, ask.fetch);
  if (got.wrong) exclude(turn, file.link, peer);
  else if (got.stuck !== null) pause(turn, ask.fetch, got.stuck);
  else if (got.why !== null) lower(turn, file.link, peer, range, good);
  else if (!is_all) turn.demote(peer);
  if (got.stuck === null && good.length > 0) unpause(turn, ask.fetch);
  finishAsk(turn, ask, is_all);
}

/** Whether a file is complete now, or else who may be asked for more of it. */
function finishAsk(turn: SwarmTurn, { fetch: number, range }: Ask, is_all: boolean): void {
  const file = turn.fetchOf(number)!;
  if (isComplete(file)) {
    turn.out({ kind: "complete", fetch: number });
    // Hashes beside the last chunks: nobody needs them any more.
    for (const other of turn.asksFor(number)) turn.cancel(other);
  } else if (range.level > 0 || !is_all) turn.wakeAll();
}

/** Writes down what is there now. */
function keep(turn: SwarmTurn, file: Fetch, { range, peer }: Ask, good: readonly Run[]): void {
  const { level } = range, bytes = sumBytes(file, level, good);
  let { there, taken } = file;
  for (const [first, count] of good) {
    there = withRange(there, { level, first, count });
    taken = withRange(taken, { level, first, count });
  }
  const sum = (file.brought.get(peer) ?? 0) + bytes;
  const is_counted = file.brought.has(peer) || file.brought.size < BROUGHT_MAX;
  turn.putFetch({
    ...file,
    there,
    taken,
    meter: level === 0 ? measure(file.meter, bytes, turn.now_ms) : file.meter,
    brought: is_counted ? new Map(file.brought).set(peer, sum) : file.brought,
  });
}

/** What is there need not come from anybody else. */
function cancelLosers(turn: SwarmTurn, number: number): void {
  const { there, duplicate_bytes } = turn.fetchOf(number)!;
  if (duplicate_bytes === 0) return;
  for (const other of turn.asksFor(number)) {
    const { level, first, count } = other.range;
    if (there[level].nextGap(first) >= first + count) turn.cancel(other);
  }
}

/** Who sent what is not in a file is not asked for it any more, nor told what it has of it. */
function exclude(turn: SwarmTurn, link: Link, peer: Id): void {
  const { swarm } = turn, excluded = new Set(swarm.excluded).add(excludedKey(link, peer));
  if (excluded.size > EXCLUDED_MAX) {
    for (const oldest of excluded) {
      excluded.delete(oldest);
      break;
    }
  }
  swarm.excluded = excluded;
  turn.setHas(link, peer, null);
  const fetches = swarm.by_link.get(link) ?? [];
  for (const ask of turn.asksOf(turn.holder(peer)!)) {
    if (fetches.includes(ask.fetch)) turn.cancel(ask);
  }
  for (const number of fetches) turn.out({ kind: "excluded", fetch: number, peer });
  turn.wakeAll();
}

/** The disk takes nothing: one request each second tries whether it does again. */
function pause(turn: SwarmTurn, number: number, why: string): void {
  const file = turn.fetchOf(number)!, retry_ms = turn.now_ms + STUCK_RETRY_MS;
  if (file.stuck?.why !== why) turn.out({ kind: "stuck", fetch: number, why });
  turn.putFetch({ ...file, stuck: { why, retry_ms } });
}

/** The disk takes something again. */
function unpause(turn: SwarmTurn, number: number): void {
  const file = turn.fetchOf(number)!;
  if (file.stuck === null) return;
  turn.putFetch({ ...file, stuck: null });
  turn.out({ kind: "stuck", fetch: number, why: null });
  turn.wakeAll();
}

/** A holder has not got this of a file, but for what came. */
function lower(turn: SwarmTurn, link: Link, peer: Id, range: Range, good: readonly Run[]): void {
  const has = turn.swarm.has.get(link)?.get(peer);
  if (has === undefined) return;
  const span = FAN_OUT ** range.level, end = range.first + range.count, came = ChunkSet.of(good);
  let left = has;
  for (let first = came.nextGap(range.first); first < end;) {
    const to = Math.min(end, came.next(first));
    left = left.remove(first * span, (to - first) * span);
    first = came.nextGap(to);
  }
  turn.setHas(link, peer, left);
}

/** Runs, as far as they are within a range. */
function cutRuns(runs: Runs, range: Range): Run[] {
  const end = range.first + range.count, cut: Run[] = [];
  for (const [first, count] of runs) {
    const from = Math.max(first, range.first), to = Math.min(first + count, end);
    if (from < to) cut.push([from, to - from]);
  }
  return cut;
}

function sumBytes(file: Fetch, level: number, runs: readonly Run[]): number {
  return runs.reduce(
    (sum, [first, count]) => sum + rangeBytes(file.levels, { level, first, count }),
    0,
  );
}
