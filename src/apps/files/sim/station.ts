/** A node of the model: what it has, whom it serves, and what it fetches. */

import type { Clock } from "../../../sim/clock.ts";
import { RUNS_MAX } from "../limits.ts";
import type { Link } from "../link.ts";
import type { Runs } from "../runs.ts";
import { type Level, spanOf } from "../tree.ts";
import { type reduceSwarm } from "../swarm/reduce_swarm.ts";
import {
  emptySwarm,
  type Order,
  type Swarm,
  type SwarmEvent,
  type SwarmOut,
} from "../swarm/swarm.ts";
import { gotFrom, HONEST_PART, type Lie, SLOW_MS } from "./lies.ts";
import { type Request, Uplink } from "./uplink.ts";

/** Who is told of what happens at a fetcher, by its number. */
export type Watch = (
  fetcher: number,
  event: Parameters<typeof reduceSwarm>[1],
  outs: ReturnType<typeof reduceSwarm>[1],
  now_ms: number,
) => void;

/** What all nodes share. */
export interface Surroundings {
  readonly clock: Clock;
  readonly delay_ms: number;
  readonly link: Link;
  readonly levels: readonly Level[];
  readonly stations: readonly Station[];
  readonly watch: Watch | undefined;
}

export interface StationOptions {
  readonly number: number;
  readonly up: number;
  readonly down: number;
  /** What it has from the beginning, or claims to have; null for all. */
  readonly has: Runs | null;
  readonly lie: Lie | null;
  readonly order: Order;
  readonly seed: number;
  readonly reduce: typeof reduceSwarm;
  /** From when to when its disk is full. */
  readonly full_ms: readonly [from: number, to: number] | null;
}

/** How often a fetcher says what it has. */
const NEWS_MS = 250;
/** When others find out that somebody is gone. */
const LOST_MS = 3_000;
const FETCH = 1;

export class Station {
  readonly #around: Surroundings;
  readonly #own: StationOptions;
  readonly #uplink: Uplink;
  /** Who wants to know what it has. */
  readonly #watchers = new Set<Station>();
  #swarm: Swarm;
  /** When its line is free to take something. */
  #down_ms = 0;
  #is_gone = false;
  #has_news = false;
  #says_news = false;
  done_ms = Infinity;
  came_bytes = 0;
  hash_bytes = 0;
  vain_bytes = 0;
  excluded = 0;

  constructor(around: Surroundings, own: StationOptions) {
    this.#around = around;
    this.#own = own;
    this.#swarm = emptySwarm(own.seed, own.order);
    this.#uplink = new Uplink(around.clock, own.up, (request) => this.#sent(request));
  }

  get name(): string {
    return `n${this.#own.number}`;
  }

  /** What it says that it has. */
  get says(): Runs | null {
    const file = this.#swarm.fetches.get(FETCH), { has } = this.#own;
    if (file === undefined) return has;
    const there = file.there[0];
    if (there.count === file.levels[0].chunks) return null;
    const runs: (readonly [number, number])[] = [];
    for (const run of there.runs()) if (runs.push(run) === RUNS_MAX) break;
    return runs;
  }

  /** Fetches from all of these. */
  begin(known: readonly Station[]): void {
    this.#take({ kind: "begun", fetch: FETCH, link: this.#around.link, has: [] });
    for (const station of known) {
      station.#watchers.add(this);
      this.#hear(station, station.says);
      this.#take({ kind: "holder", peer: station.name, via: "direct" });
    }
  }

  #hear(station: Station, has: Runs | null): void {
    if (station.#is_gone) return;
    this.#take({ kind: "has", peer: station.name, link: this.#around.link, has });
  }

  #take(event: SwarmEvent): void {
    const { clock, watch } = this.#around, { reduce, number } = this.#own, { now_ms } = clock;
    const [swarm, outs] = reduce(this.#swarm, event, { now_ms });
    this.#swarm = swarm;
    watch?.(number, event, outs, now_ms);
    for (const out of outs) this.#do(out);
  }

  #do(out: SwarmOut): void {
    const { clock, delay_ms, stations, levels } = this.#around, from = this.#own.number;
    switch (out.kind) {
      case "ask": {
        const { ask, range } = out, holder = stations[Number(out.peer.slice(1))];
        const { bytes } = spanOf(levels[range.level], range.first, range.count);
        clock.at(clock.now_ms + delay_ms, "work", () => holder.#serve({ from, ask, range, bytes }));
        return;
      }
      case "cancel":
        // Whoever has it takes it out of its row.
        for (const station of stations) {
          clock.at(clock.now_ms + delay_ms, "work", () => station.#uplink.cancel(from, out.ask));
        }
        return;
      case "excluded":
        this.excluded++;
        return;
      case "complete":
        this.done_ms = clock.now_ms;
        return;
      case "wake":
        clock.at(out.at_ms, "timer", () => this.#take({ kind: "woken" }));
    }
  }

  /** Somebody asks. */
  #serve(request: Request): void {
    const { clock } = this.#around, { lie } = this.#own;
    if (this.#is_gone || lie === "stall") return;
    if (lie !== "slow") return this.#uplink.add(request);
    clock.at(clock.now_ms + SLOW_MS, "work", () => this.#uplink.add(request));
  }

  /** The last byte of an answer has left. */
  #sent(request: Request): void {
    const { clock, delay_ms, stations, levels } = this.#around;
    if (this.#is_gone) return;
    const receiver = stations[request.from], at_ms = clock.now_ms + delay_ms;
    const taken_ms = request.bytes * 1_000 / receiver.#own.down;
    // It takes it while it is sent, as far as its line is free.
    const start_ms = Math.max(receiver.#down_ms, at_ms - request.bytes * 1_000 / this.#own.up);
    receiver.#down_ms = Math.max(at_ms, start_ms + taken_ms);
    clock.at(receiver.#down_ms, "work", () => receiver.#receive(request, this));
    const { lie } = this.#own, is_mortal = lie === "tire" || lie === "vanish";
    if (!is_mortal || this.#uplink.sent_bytes < levels[0].bytes * HONEST_PART) return;
    if (lie === "vanish" && !this.#is_gone) this.#tellGone();
    this.#is_gone = true;
  }

  #tellGone(): void {
    const { clock } = this.#around;
    for (const station of this.#watchers) {
      clock.at(clock.now_ms + LOST_MS, "work", () => {
        station.#take({ kind: "lost", peer: this.name, why: "the connection ended" });
      });
    }
  }

  #receive({ ask, range, bytes }: Request, holder: Station): void {
    const { levels } = this.#around, { level } = range;
    const sent = gotFrom(holder.#own.lie, range, levels), [from, to] = this.#own.full_ms ?? [0, 0];
    const { now_ms } = this.#around.clock, is_full = now_ms >= from && now_ms < to;
    const got = is_full && !sent.wrong ? { ...sent, good: [], stuck: "the disk is full" } : sent;
    if (level === 0) this.came_bytes += bytes;
    else this.hash_bytes += bytes;
    const is_wanted = this.#swarm.asks.has(ask), before = this.#countThere(level);
    this.#take({ kind: "got", ask, got });
    const news = is_wanted ? this.#countThere(level) - before : 0;
    this.vain_bytes += bytes * (1 - news / range.count);
    this.#has_news ||= got.good.length > 0;
    this.#tellNews();
  }

  #countThere(level: number): number {
    return this.#swarm.fetches.get(FETCH)!.there[level].count;
  }

  /** Tells whoever watches, but not too often. */
  #tellNews(): void {
    if (this.#says_news || !this.#has_news) return;
    const { clock, delay_ms } = this.#around;
    this.#says_news = true;
    clock.at(clock.now_ms + NEWS_MS, "work", () => {
      const { says } = this;
      [this.#says_news, this.#has_news] = [false, false];
      for (const station of this.#watchers) {
        if (station.done_ms < Infinity) continue;
        clock.at(clock.now_ms + delay_ms, "work", () => station.#hear(this, says));
      }
    });
  }
}
