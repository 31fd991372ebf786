/**
 * Nodes that fetch a file from each other in virtual time: bytes take as long as the rates of sender and
 * receiver say, and what is asked of whom is decided by the reducer of a running node.
 */

import { Clock } from "../../../sim/clock.ts";
import { Dice } from "../../../sim/dice.ts";
import { CHUNK_BYTES } from "../limits.ts";
import { formatLink } from "../link.ts";
import type { Runs } from "../runs.ts";
import { levelsOf } from "../tree.ts";
import { reduceSwarm } from "../swarm/reduce_swarm.ts";
import type { Order } from "../swarm/swarm.ts";
import type { Lie } from "./lies.ts";
import { Station, type Watch } from "./station.ts";

/** What is simulated. */
export interface ModelOptions {
  /** Bytes of the file. */
  readonly size: number;
  /** Who has it from the beginning. */
  readonly seeds: readonly SeedOptions[];
  /** How many fetch it; bytes a second that each sends, and takes. */
  readonly fetchers: number;
  readonly up: number;
  readonly down: number;
  /** From one node to another. */
  readonly delay_ms: number;
  readonly order: Order;
  readonly seed: number;
  /** From when to when the disk of the first fetcher is full. */
  readonly full_ms?: readonly [from: number, to: number];
  readonly reduce?: typeof reduceSwarm;
  /** Is told of everything that happens at a fetcher. */
  readonly watch?: Watch;
}

export interface SeedOptions {
  readonly up: number;
  /** What it says that it has; null for all. */
  readonly has: Runs | null;
  readonly lie: Lie | null;
}

/** What came of it. */
export interface ModelResult {
  /** When each fetcher had all; Infinity where it never did. */
  readonly times_ms: readonly number[];
  /** Bytes of the file, and of its hashes, that came to fetchers. */
  readonly bytes: number;
  readonly hash_bytes: number;
  /** Bytes that came to them for nothing: twice, or wrong. */
  readonly vain_bytes: number;
  /** How often a fetcher kept a holder out. */
  readonly excluded: number;
}

/** Others whom a fetcher knows of, beside the seeds. */
const NEIGHBOURS_MAX = 10;
/** Fetchers begin within this time. */
const BEGIN_MS = 100;
/** What takes longer is given up. */
const END_MS = 36_000_000;

/** Lets all fetchers fetch, until they have all, or nothing goes on. Same options, same result. */
export function runModel(options: ModelOptions): ModelResult {
  const { size, seeds, fetchers, seed, delay_ms } = options;
  const clock = new Clock(null, 0), dice = Dice.of(seed, "files");
  const link = formatLink({ root: "f".repeat(64), size }), levels = levelsOf(size);
  const stations: Station[] = [];
  const surroundings = { clock, delay_ms, link, levels, stations, watch: options.watch };
  const { up, down, order, reduce = reduceSwarm, full_ms = null } = options;
  const shared = { order, reduce, full_ms: null };
  for (const [number, one] of seeds.entries()) {
    stations.push(new Station(surroundings, { ...shared, number, ...one, down: 0, seed: 0 }));
  }
  for (let number = seeds.length; number < seeds.length + fetchers; number++) {
    const own = { ...shared, number, up, down, has: [], lie: null, seed: dice.below(2 ** 31) };
    const is_first = number === seeds.length;
    stations.push(new Station(surroundings, is_first ? { ...own, full_ms } : own));
  }
  const all = stations.slice(seeds.length);
  for (const station of all) {
    const known = [...stations.slice(0, seeds.length), ...neighboursOf(all, station, dice)];
    clock.at(dice.next() * BEGIN_MS, "work", () => station.begin(known));
  }
  while (clock.next_ms < END_MS && all.some(({ done_ms }) => done_ms === Infinity)) clock.step();
  return resultOf(all);
}

/** Some of the other fetchers: the next on a ring, so that all hang together, and some at random. */
function neighboursOf(all: readonly Station[], station: Station, dice: Dice): Station[] {
  const others = all.filter((one) => one !== station);
  if (others.length <= NEIGHBOURS_MAX) return others;
  const chosen = new Set([all[(all.indexOf(station) + 1) % all.length]]);
  while (chosen.size < NEIGHBOURS_MAX) chosen.add(dice.pick(others));
  return [...chosen];
}

function resultOf(all: readonly Station[]): ModelResult {
  const sum = (of: (station: Station) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    times_ms: all.map(({ done_ms }) => done_ms),
    bytes: sum((one) => one.came_bytes),
    hash_bytes: sum((one) => one.hash_bytes),
    vain_bytes: sum((one) => one.vain_bytes),
    excluded: sum((one) => one.excluded),
  };
}

/** A file without its last part, and that part, as runs. */
export function partsOf(size: number, part: number): readonly [before: Runs, end: Runs] {
  const chunks = Math.ceil(size / CHUNK_BYTES), first = Math.floor(chunks * (1 - part));
  return [first > 0 ? [[0, first]] : [], [[first, chunks - first]]];
}
