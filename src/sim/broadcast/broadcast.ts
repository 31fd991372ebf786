/** Broadcasts over a simulated overlay: some rounds, what they cost, and how far they came. */

import type { Id } from "../../core/types.ts";
import { OVERLAY_LINKS } from "../../core/data/limits.ts";
import { Dice } from "../dice.ts";
import type { Graph } from "../graph.ts";
import { drawIds, graphOf } from "../overlay_graph.ts";
import { Air } from "./air.ts";
import type { Entry } from "./entry.ts";
import type { BroadcastOptions, BroadcastReport, Delivery, Drawn, Wave } from "./options.ts";
import { Station } from "./station.ts";
import { makeWire } from "./wire.ts";

/** What counts as soon; and after the kill, one round begins each time, whatever the others do. */
export const SOON_MS = 1_000;
/**
 * When the survivors of a kill dial those whom they link to instead. The first dial to whoever is lost
 * comes after 125 to 375 ms and is refused, and so are some of those that come next.
 */
export const RELINK_MS = 1_000;
/** Messages that a new link needs before the clocks: connect, hello, proof. */
const GREETING_STEPS = 3;
/** The round in which each sender says its first entry. */
const WARM_UP = -1;

/** Runs all rounds. The same options give the same report. */
export function simulateBroadcast(options: BroadcastOptions): BroadcastReport {
  return new Broadcast(options).run();
}

/** The ids of nodes, and who links to whom when all know each other. */
export function drawOverlay(
  { nodes, overlay, seed }: Pick<BroadcastOptions, "nodes" | "overlay" | "seed">,
): Drawn {
  const ids = drawIds(nodes, seed);
  return { ids, graph: graphOf(ids, overlay, OVERLAY_LINKS) };
}

/** Each link once. */
function* pairsOf({ nodes, starts, targets }: Graph): Generator<[number, number]> {
  for (let node = 0; node < nodes; node++) {
    for (let at = starts[node]; at < starts[node + 1]; at++) {
      if (targets[at] > node) yield [node, targets[at]];
    }
  }
}

class Broadcast {
  readonly #options: BroadcastOptions;
  readonly #dice: Dice;
  readonly #air: Air;
  readonly #ids: readonly Id[];
  readonly #stations: Station[];
  readonly #deliveries: Delivery[] = [];
  /** Those that are under way, or that somebody misses. */
  #entries: Entry[] = [];
  #wave: Wave | null = null;
  #killed = 0;
  #ends = 0;

  constructor(options: BroadcastOptions) {
    this.#options = options;
    this.#dice = new Dice(options.seed);
    const { ids, graph } = options.drawn ?? drawOverlay(options);
    this.#ids = ids;
    this.#air = new Air({ ...options, seed: this.#dice.below(2 ** 31) });
    this.#stations = Array.from({ length: options.nodes }, (_, number) => {
      return new Station(number, this.#air, this.#dice.below(2 ** 31));
    });
    for (const [a, b] of pairsOf(graph)) this.#link(a, b);
  }

  run(): BroadcastReport {
    const { rounds, kill, kill_after, onProgress = () => {} } = this.#options;
    const links = this.#ends / 2;
    const senders = this.#drawSenders();
    const kill_round = kill > 0 ? kill_after ?? Math.floor(rounds / 2) : null;
    for (const sender of new Set(senders.flat())) this.#say(sender, WARM_UP);
    this.#rest(kill_round);
    const warm_up = this.#air.takeTraffic();
    onProgress(0);
    for (let round = 0; round < rounds; round++) {
      if (round === kill_round) this.#kill(senders[round]);
      const begin_ms = this.#air.now_ms;
      for (const sender of senders[round]) {
        if (this.#stations[sender].alive) this.#say(sender, round);
      }
      if (kill_round === null || round < kill_round) this.#rest(kill_round);
      else this.#air.run(begin_ms + SOON_MS);
      onProgress(round + 1);
    }
    this.#rest(kill_round);
    const measured = this.#air.takeTraffic();
    const { length: nodes } = this.#stations;
    const deliveries = this.#deliveries, wave = this.#wave!, killed = this.#killed;
    return { nodes, links, deliveries, warm_up, measured, wave, kill_round, killed };
  }

  /** Who speaks in each round. */
  #drawSenders(): number[][] {
    const { rounds, senders, nodes } = this.#options;
    const all = this.#stations.map(({ number }) => number);
    const one = this.#dice.below(nodes);
    return Array.from(
      { length: rounds },
      () => senders === "all" ? all : [senders === "one" ? one : this.#dice.below(nodes)],
    );
  }

  #say(origin: number, round: number): void {
    const { nodes, kill } = this.#options;
    const more_ends = kill > 0 ? 2 * OVERLAY_LINKS * nodes : 0;
    const { log, seq } = this.#air.logs.next(origin);
    const entry: Entry = {
      origin,
      log,
      seq,
      round,
      born_ms: this.#air.now_ms,
      payloads: 0,
      reached: 0,
      arrived_ms: new Int32Array(nodes).fill(-1),
      hops: new Uint16Array(nodes),
      from: new Int32Array(nodes).fill(-1),
      marks: new Uint8Array(this.#ends + more_ends),
    };
    this.#entries.push(entry);
    this.#air.logs.add(entry);
    if (seq === 1) { for (const station of this.#stations) station.clock.push(0); }
    this.#stations[origin].say(entry);
  }

  /** Runs until nothing is under way, and notes what became of the entries. */
  #rest(kill_round: number | null): void {
    this.#air.run();
    for (const entry of this.#entries) {
      if (entry.round === WARM_UP) continue;
      this.#deliveries.push(this.#deliveryOf(entry, kill_round));
      if (entry.round === 0) this.#wave = entry;
    }
    this.#entries = [];
    for (const station of this.#stations) station.settle();
    this.#air.logs.settle();
  }

  #deliveryOf(entry: Entry, kill_round: number | null): Delivery {
    const { round, origin: sender, payloads, arrived_ms, hops } = entry;
    let reached = 0, reached_soon = 0, last_ms = 0, last_hop = 0;
    for (const { number, alive } of this.#stations) {
      if (!alive || arrived_ms[number] < 0) continue;
      reached++;
      if (arrived_ms[number] <= SOON_MS) reached_soon++;
      last_ms = Math.max(last_ms, arrived_ms[number]);
      last_hop = Math.max(last_hop, hops[number]);
    }
    const alive = this.#stations.length - this.#killed;
    const rmr = alive > 1 ? payloads / (alive - 1) - 1 : 0;
    const after_kill = kill_round !== null && round >= kill_round;
    return {
      ...{ round, sender, after_kill, alive, reached, reached_soon },
      ...{ payloads, rmr, last_hop, last_ms },
    };
  }

  #link(a: number, b: number): void {
    const near = this.#stations[a], far = this.#stations[b];
    const near_link = near.wires.length + 1, far_link = far.wires.length + 1;
    near.wires.push(makeWire(near_link, this.#ends++, far, far_link));
    far.wires.push(makeWire(far_link, this.#ends++, near, near_link));
  }

  /** Some nodes die, but not those who speak next; the others notice it, and link to others. */
  #kill(speakers: readonly number[]): void {
    const { kill, nodes, senders } = this.#options;
    const spared = new Set(senders === "all" ? [] : speakers);
    const rest = this.#stations.filter(({ number }) => !spared.has(number));
    const count = Math.min(rest.length, Math.round(kill * nodes));
    for (let at = 0; at < count; at++) {
      rest.splice(this.#dice.below(rest.length), 1)[0].alive = false;
    }
    this.#killed = count;
    for (const station of this.#stations) {
      if (!station.alive) continue;
      const links = station.wires.flatMap(({ id, far }) => far.alive ? [] : [id]);
      if (links.length > 0) station.lose(links);
    }
    if (this.#ids.length > 0) this.#air.after(RELINK_MS, () => this.#relink());
  }

  #relink(): void {
    const { overlay } = this.#options;
    const alive = this.#stations.filter((station) => station.alive);
    const ids = alive.map(({ number }) => this.#ids[number]);
    for (const [low, high] of pairsOf(graphOf(ids, overlay, OVERLAY_LINKS))) {
      const near = alive[low], far = alive[high];
      if (near.wires.some((wire) => wire.far === far)) continue;
      let pause_ms = 0;
      for (let step = 0; step < GREETING_STEPS; step++) pause_ms += this.#air.latency();
      this.#air.after(pause_ms, () => {
        this.#link(near.number, far.number);
        near.meet(near.wires.length);
        far.meet(far.wires.length);
      });
    }
  }
}
