/** One event at a node that fetches: the swarm as it is so far, and what is wanted. */

import { nextRandom } from "../../../core/data/random.ts";
import type { Id } from "../../../core/types.ts";
import type { Link } from "../link.ts";
import type { Range } from "../tasks.ts";
import type { ChunkSet } from "./chunk_set.ts";
import { demoted, expectedMs, patienceMs, withAsk, withoutAsk } from "./holder.ts";
import { rangeBytes } from "./ranges.ts";
import type { Ask, Fetch, Holder, Swarm, SwarmOut } from "./swarm.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Lives for one event. The swarm that came in stays as it is. */
export class SwarmTurn {
  readonly swarm: Writable<Swarm>;
  readonly outs: SwarmOut[] = [];
  /** Who may be asked for something more now. */
  readonly ready = new Set<Id>();
  readonly #before: Swarm;
  #holders: Map<Id, Holder> | null = null;

  constructor(before: Swarm, readonly now_ms: number) {
    this.#before = before;
    this.swarm = { ...before };
  }

  out(out: SwarmOut): void {
    this.outs.push(out);
  }

  /** A number in [0, 1). */
  luck(): number {
    const [luck, random] = nextRandom(this.swarm.random);
    this.swarm.random = random;
    return luck;
  }

  fetchOf(number: number): Fetch | undefined {
    return this.swarm.fetches.get(number);
  }

  /** Writes a fetch as it is now, and whether it wants something. */
  putFetch(file: Fetch): void {
    const { swarm } = this, { fetch: number, taken, levels } = file;
    swarm.fetches = swarm.fetches.set(number, file);
    const is_hungry = file.stuck === null && taken[0].count < levels[0].chunks;
    swarm.hungry = is_hungry ? swarm.hungry.add(number, 1) : swarm.hungry.remove(number, 1);
    const is_stuck = file.stuck !== null;
    swarm.stuck = is_stuck ? swarm.stuck.add(number, 1) : swarm.stuck.remove(number, 1);
  }

  holder(peer: Id): Holder | undefined {
    return this.swarm.holders.get(peer);
  }

  putHolder(holder: Holder): void {
    this.#ownHolders().set(holder.peer, holder);
    this.ready.add(holder.peer);
  }

  dropHolder(peer: Id): void {
    this.#ownHolders().delete(peer);
    this.ready.delete(peer);
  }

  /** What a peer has of a file now; null where nothing is known of it any more. */
  setHas(link: Link, peer: Id, has: ChunkSet | null): void {
    const { swarm } = this, having = new Map(swarm.has.get(link));
    if (has === null) having.delete(peer);
    else having.set(peer, has);
    swarm.has = having.size === 0 ? swarm.has.delete(link) : swarm.has.set(link, having);
  }

  /** Everybody may be asked again: something can be had that could not. */
  wakeAll(): void {
    for (const peer of this.swarm.holders.keys()) this.ready.add(peer);
  }

  /** The requests under way to a holder. */
  asksOf(holder: Holder): Ask[] {
    return holder.asks.map((ask) => this.swarm.asks.get(ask)!);
  }

  /** The requests of a fetch under way. */
  asksFor(number: number): Ask[] {
    const asks: Ask[] = [];
    for (const holder of this.swarm.holders.values()) {
      for (const ask of this.asksOf(holder)) if (ask.fetch === number) asks.push(ask);
    }
    return asks;
  }

  /** Asks a holder for chunks. */
  ask(file: Fetch, holder: Holder, range: Range): void {
    const { swarm, now_ms } = this, { peer, via } = holder, bytes = rangeBytes(file.levels, range);
    const ask: Ask = {
      ask: swarm.next_ask++,
      fetch: file.fetch,
      peer,
      range,
      bytes,
      sent_ms: now_ms,
      due_ms: now_ms + expectedMs(holder, bytes),
      patience_ms: patienceMs(holder, bytes),
    };
    swarm.asks = swarm.asks.set(ask.ask, ask);
    this.putHolder(withAsk(holder, ask, now_ms));
    const taken = withRange(file.taken, range);
    this.putFetch({ ...file, taken, asks: file.asks + 1 });
    this.out({ kind: "ask", ask: ask.ask, fetch: ask.fetch, peer, via, range });
  }

  /** A request is over: what is not there of it may be asked of others. */
  endAsk(ask: Ask): void {
    const { swarm } = this, { range } = ask;
    swarm.asks = swarm.asks.delete(ask.ask);
    const holder = this.holder(ask.peer);
    if (holder !== undefined) this.putHolder(withoutAsk(holder, ask));
    const file = this.fetchOf(ask.fetch);
    if (file === undefined) return;
    const taken = file.taken.slice(), there = file.there[range.level];
    taken[range.level] = keepRuns(
      taken[range.level].remove(range.first, range.count),
      there,
      range,
    );
    const one = { ...file, asks: file.asks - 1, taken };
    this.putFetch(file.duplicate_bytes === 0 ? one : { ...one, taken: this.#keepAsked(one, ask) });
  }

  /** Ends a request that is under way, and says so. */
  cancel(ask: Ask): void {
    this.endAsk(ask);
    this.out({ kind: "cancel", ask: ask.ask });
  }

  /** A holder brought nothing of use, and is left alone for a while. */
  demote(peer: Id): void {
    const holder = this.holder(peer);
    if (holder !== undefined) this.putHolder(demoted(holder, this.now_ms));
    this.wakeAll();
  }

  /** The swarm behind the event; the same reference where nothing changed. */
  finish(): [Swarm, SwarmOut[]] {
    const before = this.#before, after: Swarm = this.swarm;
    const keys = Object.keys(after) as (keyof Swarm)[];
    return [keys.some((key) => after[key] !== before[key]) ? after : before, this.outs];
  }

  /** What a request leaves free may be under way from somebody else. */
  #keepAsked(file: Fetch, ended: Ask): readonly ChunkSet[] {
    const taken = file.taken.slice();
    for (const { ask, range: { level, first, count } } of this.asksFor(file.fetch)) {
      if (ask !== ended.ask) taken[level] = taken[level].add(first, count);
    }
    return taken;
  }

  #ownHolders(): Map<Id, Holder> {
    this.#holders ??= new Map(this.#before.holders);
    this.swarm.holders = this.#holders;
    return this.#holders;
  }
}

/** Sets by levels, with a range. */
export function withRange(sets: readonly ChunkSet[], range: Range): readonly ChunkSet[] {
  return sets.map((set, level) => level === range.level ? set.add(range.first, range.count) : set);
}

/** A set with what another has within a range. */
function keepRuns(set: ChunkSet, other: ChunkSet, { first, count }: Range): ChunkSet {
  const end = first + count;
  let kept = set;
  for (let from = other.next(first); from < end;) {
    const to = Math.min(end, other.nextGap(from));
    kept = kept.add(from, to - from);
    from = other.next(to);
  }
  return kept;
}
