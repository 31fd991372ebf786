/** A node that fetches among holders that do anything at any time, and the judge beside it. */

import fc from "fast-check";
import { formatLink, type Link, parseLink } from "../../../../src/apps/files/link.ts";
import type { Run, Runs } from "../../../../src/apps/files/runs.ts";
import { SwarmJudge } from "../../../../src/apps/files/sim/judge.ts";
import { reduceSwarm } from "../../../../src/apps/files/swarm/reduce_swarm.ts";
import {
  emptySwarm,
  type Swarm,
  type SwarmEvent,
  type SwarmOut,
  type Via,
} from "../../../../src/apps/files/swarm/swarm.ts";
import type { Got, Range } from "../../../../src/apps/files/tasks.ts";
import { levelsOf } from "../../../../src/apps/files/tree.ts";

export type Reduce = typeof reduceSwarm;

/** The link of a made-up file. */
export function linkOf(name: string, size: number): Link {
  return formatLink({ root: name.repeat(64).slice(0, 64), size });
}

/** An answer with nothing in it. */
export const NOTHING: Got = { good: [], wrong: false, why: null, stuck: null };

/** An answer with all that was asked for. */
export function goodGot({ first, count }: Range): Got {
  return { ...NOTHING, good: [[first, count]] };
}

/** One node, fed by hand. */
export class World {
  swarm: Swarm;
  now_ms = 1_000;
  /** When it wants to be woken. */
  wake_ms = Infinity;
  readonly judge = new SwarmJudge();
  readonly outs: SwarmOut[] = [];

  constructor(readonly reduce: Reduce = reduceSwarm, seed = 1) {
    this.swarm = emptySwarm(seed);
  }

  /** Gives what comes out of an event. */
  take(event: SwarmEvent): SwarmOut[] {
    const [swarm, outs] = this.reduce(this.swarm, event, { now_ms: this.now_ms });
    this.swarm = swarm;
    this.judge.take(event, outs, this.now_ms);
    for (const out of outs) {
      if (out.kind === "wake") this.wake_ms = out.at_ms;
      this.outs.push(out);
    }
    return outs;
  }

  /** Lets time pass, waking the node when it wants that. */
  pass(time_ms: number): SwarmOut[] {
    const end_ms = this.now_ms + time_ms, outs: SwarmOut[] = [];
    while (this.wake_ms <= end_ms) {
      this.now_ms = Math.max(this.now_ms, this.wake_ms);
      this.wake_ms = Infinity;
      outs.push(...this.take({ kind: "woken" }));
    }
    this.now_ms = end_ms;
    return outs;
  }

  begin(number: number, link: Link, has: readonly Runs[] = []): SwarmOut[] {
    return this.take({ kind: "begun", fetch: number, link, has });
  }

  /** A peer that has something of a file can be asked. */
  join(peer: string, link: Link, has: Runs | null, via: Via = "direct"): SwarmOut[] {
    const first = this.take({ kind: "has", peer, link, has });
    return [...first, ...this.take({ kind: "holder", peer, via })];
  }

  /** Requests under way, the oldest first. */
  get pending(): { ask: number; peer: string; range: Range; fetch: number }[] {
    return [...this.judge.asks].map(([ask, one]) => ({ ...one, ask }));
  }

  /** What is asked is answered, the oldest first, until nothing is any more. Null: no answer. */
  answerAll(answer: (range: Range, peer: string) => Got | null = goodGot, gap_ms = 1): void {
    for (let quiet = 0; quiet < 100;) {
      const next = this.pending.find(({ range, peer }) => answer(range, peer) !== null);
      this.pass(next === undefined ? 250 : gap_ms);
      if (next === undefined) quiet++;
      else if (this.judge.asks.has(next.ask)) {
        this.take({ kind: "got", ask: next.ask, got: answer(next.range, next.peer)! });
        quiet = 0;
      }
    }
  }
}

/** Something that happens, with numbers that say to whom and how. */
export interface Step {
  readonly what: (typeof STEPS)[number];
  readonly who: number;
  readonly how: number;
}

const RARE = ["wrong", "why", "nothing", "failed", "stuck", "holder", "has", "lost"] as const;
const OFTEN = ["answer", "answer", "answer", "answer", "part", "wait"] as const;
const STEPS = [...RARE, ...OFTEN, ...OFTEN] as const;

/** What happens in turn; much of it is answers. */
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    what: fc.constantFrom(...STEPS),
    who: fc.nat(1_000),
    how: fc.nat(1_000_000),
  }),
  { minLength: 1, maxLength: 80 },
);

/** Sizes at which something ends, and others. */
export const sizes: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 1, 8_191, 8_192, 8_193, 81_920, 262_144, 262_145, 2_097_152, 2_097_153),
  fc.nat(3_000_000),
);

export const PEERS = ["a", "b", "c", "d", "e"];

/** Does one step. */
export function doStep(world: World, links: readonly Link[], { what, who, how }: Step): void {
  const peer = PEERS[who % PEERS.length], link = links[how % links.length];
  switch (what) {
    case "holder":
      return void world.take({ kind: "holder", peer, via: how % 3 === 0 ? "routed" : "direct" });
    case "has":
      return void world.take({ kind: "has", peer, link, has: someOf(link, how) });
    case "lost":
      return void world.take({ kind: "lost", peer, why: "cut" });
    case "wait":
      return void world.pass(how % 3_000);
  }
  const { pending } = world;
  if (pending.length === 0) return;
  const { ask, range } = pending[who % pending.length];
  if (what === "failed") return void world.take({ kind: "failed", ask, why: "cut" });
  world.take({ kind: "got", ask, got: gotOf(what, range, how) });
}

function gotOf(what: Step["what"], range: Range, how: number): Got {
  const good = partOf(range, how);
  switch (what) {
    case "part":
      return { ...NOTHING, good };
    case "wrong":
      return { ...NOTHING, good, wrong: true };
    case "why":
      return { ...NOTHING, good, why: "gone" };
    case "nothing":
      return NOTHING;
    case "stuck":
      return { ...NOTHING, stuck: "no room" };
    default:
      return goodGot(range);
  }
}

/** The beginning of a range, or its end. */
function partOf({ first, count }: Range, how: number): Run[] {
  const part = how % (count + 1);
  if (part === 0) return [];
  return how % 2 === 0 ? [[first, part]] : [[first + count - part, part]];
}

/** Some chunks of a file; null for all. */
function someOf(link: Link, how: number): Runs | null {
  const [{ chunks }] = levelsOf(parseLink(link)!.size);
  if (how % 3 === 0 || chunks === 0) return how % 2 === 0 ? null : [];
  const every = 1 + how % 50, runs: Run[] = [];
  for (let at = how % 7; at < chunks; at += every + 1 + how % 3) {
    runs.push([at, Math.min(every, chunks - at)]);
  }
  return runs;
}
