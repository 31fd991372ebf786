/** Bugs, one rule of fetching broken in each: the real reducer with something changed around it. */

import type { Broken, Rule } from "../../../../src/apps/files/sim/judge.ts";
import { runTrial } from "../../../../src/apps/files/sim/trial.ts";
import { ChunkSet } from "../../../../src/apps/files/swarm/chunk_set.ts";
import { reduceSwarm } from "../../../../src/apps/files/swarm/reduce_swarm.ts";
import type {
  Fetch,
  Holder,
  Swarm,
  SwarmEvent,
  SwarmOut,
} from "../../../../src/apps/files/swarm/swarm.ts";
import type { Got } from "../../../../src/apps/files/tasks.ts";
import { SharedMap } from "../../../../src/core/data/shared_map.ts";

type Reduce = typeof reduceSwarm;

export interface PlantedBug {
  readonly name: string;
  /** Any of them may be the first to see it. */
  readonly found_by: readonly Rule[];
  /** A seed from which on it is found soon. */
  readonly from?: number;
  readonly plant: Reduce;
}

/** Changes the event. */
function onEvent(change: (event: SwarmEvent) => SwarmEvent): Reduce {
  return (swarm, event, view) => reduceSwarm(swarm, change(event), view);
}

/** Changes what came of a request. */
function onGot(change: (got: Got) => Got): Reduce {
  return onEvent((event) => event.kind === "got" ? { ...event, got: change(event.got) } : event);
}

/** Changes the swarm that the event meets. */
function onBefore(change: (swarm: Swarm, event: SwarmEvent) => Swarm): Reduce {
  return (swarm, event, view) => reduceSwarm(change(swarm, event), event, view);
}

/** Changes what comes out. */
function onOuts(change: (outs: SwarmOut[]) => SwarmOut[]): Reduce {
  return (swarm, event, view) => {
    const [after, outs] = reduceSwarm(swarm, event, view);
    return [after, change(outs)];
  };
}

function withFetches(swarm: Swarm, change: (fetch: Fetch) => Fetch): Swarm {
  const fetches = [...swarm.fetches.entries()].map(([at, one]) => [at, change(one)] as const);
  return { ...swarm, fetches: SharedMap.of(fetches) };
}

function withHolders(swarm: Swarm, change: (holder: Holder) => Holder): Swarm {
  const holders = [...swarm.holders].map(([peer, one]) => [peer, change(one)] as const);
  return { ...swarm, holders: new Map(holders) };
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "who sends garbage is asked again",
    from: 8,
    found_by: ["honest"],
    plant: onGot((got) => ({ ...got, wrong: false })),
  },
  {
    name: "windows are ignored",
    found_by: ["window"],
    plant: onBefore((swarm) => withHolders(swarm, (one) => ({ ...one, asked_bytes: 0 }))),
  },
  {
    name: "who says nothing is waited for",
    from: 7,
    found_by: ["patience"],
    plant: onBefore((swarm) => {
      const asks = [...swarm.asks.entries()].map(([ask, one]) =>
        [ask, { ...one, patience_ms: Infinity }] as const
      );
      return { ...swarm, asks: SharedMap.of(asks) };
    }),
  },
  {
    name: "everybody is taken to have everything",
    found_by: ["had"],
    plant: onEvent((event) => event.kind === "has" ? { ...event, has: null } : event),
  },
  {
    name: "who has not got something is asked for it again",
    from: 17,
    found_by: ["had"],
    plant: onGot((got) => ({ ...got, why: null })),
  },
  {
    name: "everything under way is asked for twice",
    found_by: ["twice"],
    plant: onBefore((swarm) => withFetches(swarm, (one) => ({ ...one, duplicate_bytes: 0 }))),
  },
  {
    name: "nothing is asked for twice",
    from: 10,
    found_by: ["pace"],
    plant: onBefore((swarm) => withFetches(swarm, (one) => ({ ...one, duplicate_bytes: 1e15 }))),
  },
  {
    name: "who comes second is not cancelled",
    from: 4,
    found_by: ["losers"],
    plant: onOuts((outs) => outs.filter(({ kind }) => kind !== "cancel")),
  },
  {
    name: "pieces are asked for before their hashes",
    found_by: ["hashes"],
    plant: onBefore((swarm) =>
      withFetches(swarm, (one) => ({
        ...one,
        there: one.there.map((there, level) =>
          level === 0 ? there : ChunkSet.of([[0, one.levels[level].chunks]])
        ),
      }))
    ),
  },
  {
    name: "all take the same pieces first",
    from: 6,
    found_by: ["pace"],
    plant: onBefore((swarm) => ({ ...swarm, order: "lowest" })),
  },
  {
    name: "what is under way is forgotten",
    found_by: ["twice", "missing"],
    plant: onBefore((swarm) => withFetches(swarm, (one) => ({ ...one, taken: one.there }))),
  },
  {
    name: "what is there is asked for again",
    found_by: ["missing", "twice", "once"],
    plant: onBefore((swarm, event) =>
      event.kind !== "has" ? swarm : withFetches(swarm, (one) => ({
        ...one,
        taken: one.taken.map((taken, level) => level === 0 ? taken.remove(0, 8) : taken),
      }))
    ),
  },
  {
    name: "a file is complete twice",
    found_by: ["once"],
    plant: onOuts((outs) => [...outs, ...outs.filter(({ kind }) => kind === "complete")]),
  },
  {
    name: "a full disk is asked for more at once",
    from: 4,
    found_by: ["disk"],
    plant: onGot((got) => ({ ...got, stuck: null })),
  },
  {
    name: "what a lost holder owes is not given to others",
    from: 7,
    found_by: ["ends", "patience", "had"],
    plant: onEvent((event) => event.kind === "lost" ? { kind: "stopped", fetch: 0 } : event),
  },
];

/** What the search for a bug found: what is broken, and by which seed. */
export interface Found {
  readonly seed: number;
  readonly broken: Broken;
}

/** The first network in which a bug breaks a rule that it is known for; null where none does. */
export function findBug({ plant, found_by, from = 1 }: PlantedBug, seeds: number): Found | null {
  for (let seed = from; seed < from + seeds; seed++) {
    const broken = runTrial(seed, plant);
    if (broken !== null && found_by.includes(broken.rule)) return { seed, broken };
  }
  return null;
}
