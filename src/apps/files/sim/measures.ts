/** What is measured of nodes that fetch a file from each other. */

import { leastTime } from "./bound.ts";
import type { Lie } from "./lies.ts";
import { partsOf, runModel, type SeedOptions } from "./model.ts";
import type { Order } from "../swarm/swarm.ts";

/** What stays the same for any number of fetchers. */
export interface MeasureOptions {
  readonly size: number;
  /** How many have it, and what each sends, in bytes a second. */
  readonly seeds: number;
  readonly seed_up: number;
  /** What each fetcher sends and takes. */
  readonly up: number;
  readonly down: number;
  readonly delay_ms: number;
  /** More who claim to have it; each sends what a seed does. */
  readonly liars: readonly Lie[];
  /** Whether only the first of the seeds has the end of the file. */
  readonly rare: boolean;
  readonly order: Order;
  readonly seed: number;
}

/** Times in seconds, null for never; parts of the bytes that all fetchers need. */
export interface Measured {
  readonly fetchers: number;
  readonly alone_s: number;
  readonly bound_s: number;
  readonly median_s: number | null;
  readonly last_s: number | null;
  readonly vain: number;
  readonly hashes: number;
  /** How often a fetcher kept a holder out, and how many did not get the file. */
  readonly excluded: number;
  readonly unfinished: number;
}

/** The part of a file that is rare where something is. */
const RARE_PART = 0.1;

/** Lets so many fetch, and measures how long that takes. */
export function measureFetchers(
  options: MeasureOptions,
  fetchers: number,
  onProgress: (part: number) => void = () => {},
): Measured {
  const { size, seeds, seed_up, up, down } = options;
  let done = 0;
  const result = runModel({
    ...options,
    fetchers,
    seeds: seedsOf(options),
    watch: (_, event, outs) => {
      if (outs.some(({ kind }) => kind === "complete")) done++;
      if (event.kind === "woken") onProgress(done / fetchers);
    },
  });
  const times_s = result.times_ms.map((time_ms) => time_ms / 1_000).sort((a, b) => a - b);
  const rates = { up, down }, needed = size * fetchers;
  const own_seeds = Array<number>(seeds).fill(seed_up);
  const bound = leastTime(size, { seeds: own_seeds, fetchers: Array(fetchers).fill(rates) });
  const rare_s = options.rare ? size * RARE_PART / seed_up : 0;
  return {
    fetchers,
    alone_s: Math.max(needed / (seeds * seed_up), size / down),
    bound_s: Math.max(bound, rare_s),
    median_s: finite(times_s[Math.floor((fetchers - 1) / 2)]),
    last_s: finite(times_s[fetchers - 1]),
    vain: result.vain_bytes / needed,
    hashes: result.hash_bytes / needed,
    excluded: result.excluded,
    unfinished: times_s.filter((time_s) => time_s === Infinity).length,
  };
}

/** Who has it, and who says so. */
export function seedsOf(
  { size, seeds, seed_up, rare, liars }: Pick<
    MeasureOptions,
    "size" | "seeds" | "seed_up" | "rare" | "liars"
  >,
): SeedOptions[] {
  const [before] = partsOf(size, RARE_PART);
  const honest = Array.from({ length: seeds }, (_, at) => {
    return { up: seed_up, has: rare && at > 0 ? before : null, lie: null };
  });
  return [...honest, ...liars.map((lie) => ({ up: seed_up, has: null, lie }))];
}

function finite(time_s: number): number | null {
  return time_s === Infinity ? null : time_s;
}
