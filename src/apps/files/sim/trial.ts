/** Small networks of all kinds, each from a seed, and what must hold in them. */

import { Dice } from "../../../sim/dice.ts";
import { reduceSwarm } from "../swarm/reduce_swarm.ts";
import { leastTime } from "./bound.ts";
import { Broken, SwarmJudge } from "./judge.ts";
import { LIES } from "./lies.ts";
import { type ModelOptions, partsOf, runModel } from "./model.ts";

const KIB = 1_024, MIB = 1_048_576;

/** So much longer than the bound may it take, and so much more for what lies. */
const PACE_FACTOR = 2.5, PACE_MORE_MS = 3_000, LIE_MS = 6_000;

/** Runs a network from a seed, and gives what did not hold; null where all did. */
export function runTrial(seed: number, reduce: typeof reduceSwarm = reduceSwarm): Broken | null {
  const options = draw(seed);
  try {
    const judges = new Map<number, SwarmJudge>();
    const { times_ms } = runModel({
      ...options,
      reduce,
      watch: (fetcher, event, outs, now_ms) => {
        if (!judges.has(fetcher)) judges.set(fetcher, new SwarmJudge());
        judges.get(fetcher)!.take(event, outs, now_ms);
      },
    });
    const last_ms = Math.max(...times_ms), most_ms = mostMs(options);
    if (last_ms === Infinity) throw new Broken("ends", `in network ${seed}`);
    if (last_ms > most_ms) throw new Broken("pace", `${last_ms} ms, not ${most_ms}, in ${seed}`);
    return null;
  } catch (error) {
    if (error instanceof Broken) return error;
    throw error;
  }
}

/** How long the last may take. */
function mostMs(options: ModelOptions): number {
  const { size, seeds, fetchers, up, down, full_ms } = options;
  const honest = seeds.filter(({ lie, has }) => lie === null && has === null);
  const rates = {
    seeds: honest.map((one) => one.up),
    fetchers: Array(fetchers).fill({ up, down }),
  };
  const bound_ms = leastTime(size, rates) * 1_000;
  if (options.seed % 10 === 0) return bound_ms + 500;
  const lies = seeds.length - honest.length, full = full_ms === undefined ? 0 : full_ms[1];
  return bound_ms * PACE_FACTOR + PACE_MORE_MS + lies * LIE_MS + full + 20 * options.delay_ms;
}

/** What a network is like. */
function draw(seed: number): ModelOptions {
  const dice = Dice.of(seed, "trial");
  if (seed % 10 === 0) return tired(seed);
  const size = Math.floor(
    dice.chance(0.2) ? dice.logUniform(1, MIB) : dice.logUniform(MIB, 4 * MIB),
  );
  const seed_up = dice.logUniform(256 * KIB, 4 * MIB);
  const seeds: ModelOptions["seeds"][number][] = [{ up: seed_up, has: null, lie: null }];
  if (dice.chance(0.3)) seeds.push({ up: seed_up, has: partsOf(size, 0.1)[0], lie: null });
  while (dice.chance(0.4) && seeds.length < 4) {
    seeds.push({ up: seed_up, has: null, lie: dice.pick(LIES) });
  }
  const from_ms = dice.between(0, 500);
  return {
    size,
    seeds,
    fetchers: dice.pick([1, 1, 2, 3, 8]),
    up: seed_up,
    down: 4 * seed_up,
    delay_ms: dice.between(0, 100),
    order: "rarest",
    seed,
    ...(dice.chance(0.2) ? { full_ms: [from_ms, from_ms + 2_500] as const } : {}),
  };
}

/** Somebody slow stops just before the end: what it owes must come from the others. */
function tired(seed: number): ModelOptions {
  const fast = { up: MIB, has: null, lie: null };
  const seeds = [fast, fast, { up: 100 * KIB, has: null, lie: "tire" } as const];
  const size = 8 * MIB, up = MIB, down = 8 * MIB;
  return { size, seeds, fetchers: 1, up, down, delay_ms: 20, order: "rarest", seed };
}
