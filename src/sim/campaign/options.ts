/**
 * What a run is made of, drawn from its seed. Each fault is on or off, with a strength whose logarithm
 * is uniform: runs with few strong faults find what runs with a little of everything hide (A. Groce
 * and others, "Swarm Testing", 2012).
 */

import type { OverlayKind, SpreadKind } from "../../core/data/config.ts";
import { KEEP_BYTES_DEFAULT } from "../../core/data/limits.ts";
import type { Json } from "../../core/types.ts";
import type { Loss } from "../cables.ts";
import { Dice } from "../dice.ts";

/** What happens to machines and cables. */
export const FAULTS = [
  "cut",
  "partition",
  "one_way",
  "throttle",
  "crash",
  "lost_end",
  "backup",
  "damage",
  "full_disk",
  "pause",
  "clock_step",
  "slow_output",
] as const;
export type FaultKind = typeof FAULTS[number];

/** What a peer does that lies. */
export const LIES = ["forge", "replay", "equivocate", "withhold", "junk", "accuse"] as const;
export type LieKind = typeof LIES[number];

export interface Options {
  readonly seed: number;
  /** `heal`: faults, then a healed network that must converge; `unlimited`: only safety counts. */
  readonly mode: "heal" | "unlimited";
  /** Real signatures and framing, or cheap ones. */
  readonly real_bytes: boolean;
  readonly nodes: number;
  /** How many of them lie, at most a third. */
  readonly liars: number;
  /** How many of the others have a disk. */
  readonly durable: number;
  readonly overlay: OverlayKind;
  readonly spread: SpreadKind;
  readonly times: "fast" | "usual" | "wan";
  readonly latency_ms: readonly [number, number];
  readonly loss: Loss | null;
  readonly keep_bytes: number;
  /** How long a commit takes. */
  readonly disk_ms: number;
  /** What users do. */
  readonly operations: number;
  readonly span_ms: number;
  /** How often each fault happens. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** Longest pause of a process. */
  readonly pause_ms: number;
  /** How likely each lie is, for each write of a peer that lies. */
  readonly lies: Readonly<Partial<Record<LieKind, number>>>;
  /** What was drawn for apps that are not in every run, by their names. */
  readonly apps: Readonly<Record<string, Json>>;
}

const FAULT_SHARE = 0.3, LIE_SHARE = 0.5, LONE_LOSS_SHARE = 0.4;
/** A quarter of the runs is so mild that nobody may be declared failed. */
const MILD_SHARE = 0.25, MILD_LOSS = 0.05, MILD_PAUSE_MS = 2_000, MILD_LATENCY_MS = 200;

/** Draws the options of a seed, but for apps; `nodes` says how many where that is not to be drawn. */
export function drawOptions(seed: number, nodes?: number): Options {
  const dice = Dice.of(seed, "options");
  const mild = dice.chance(MILD_SHARE);
  const count = nodes ?? (dice.chance(0.05) ? dice.between(8, 14) : dice.between(2, 7));
  const lying = !mild && count >= 3 && dice.chance(0.35);
  const liars = lying ? dice.between(1, Math.floor(count / 3)) : 0;
  const durable = dice.chance(0.4) ? 0 : dice.between(1, count - liars);
  const most_ms = dice.logUniform(1, mild ? MILD_LATENCY_MS : 5_000);
  return {
    seed,
    mode: dice.chance(0.2) ? "unlimited" : "heal",
    real_bytes: dice.chance(0.22),
    nodes: count,
    liars,
    durable,
    overlay: dice.chance(0.5) ? "fingers" : "ring",
    spread: dice.pick(["tree", "tree", "flood", "gossip"]),
    times: mild ? "usual" : dice.pick(["usual", "usual", "fast", "wan"]),
    latency_ms: [round(dice.logUniform(0.5, most_ms)), round(most_ms)],
    loss: dice.chance(0.35) ? drawLoss(dice, mild) : null,
    keep_bytes: dice.chance(0.15) ? round(dice.logUniform(8_000, 60_000)) : KEEP_BYTES_DEFAULT,
    disk_ms: dice.chance(0.5) ? round(dice.logUniform(1, 200)) : 0,
    operations: round(dice.logUniform(10, 60)),
    span_ms: round(dice.logUniform(2_000, 20_000)),
    faults: drawFaults(dice, mild, durable),
    pause_ms: mild ? MILD_PAUSE_MS : round(dice.logUniform(100, 60_000)),
    lies: liars > 0 ? drawLies(dice) : {},
    apps: {},
  };
}

/** Whether nobody who lives may be declared failed: little is lost, and nobody is away for long. */
export function isMild(options: Options): boolean {
  const { loss, faults, liars, pause_ms, latency_ms, times } = options;
  const kinds = Object.keys(faults) as FaultKind[];
  return times !== "fast" && liars === 0 && latency_ms[1] <= MILD_LATENCY_MS &&
    (loss === null || loss.drop < MILD_LOSS) && pause_ms <= MILD_PAUSE_MS &&
    kinds.every((kind) => kind === "pause" || kind === "slow_output");
}

/** Faults by which a machine loses something that it stored. */
export const LOSSES: readonly FaultKind[] = ["lost_end", "backup", "damage"];

/**
 * Whether a machine that lost something finds out from the others how far its own log went: they are
 * there, and it reaches them soon.
 */
export function tellsOwnPast({ liars, loss, latency_ms, faults, disk_ms }: Options): boolean {
  const harmless: readonly string[] = [...LOSSES, "slow_output", "clock_step"];
  return liars === 0 && loss === null && latency_ms[1] <= MILD_LATENCY_MS &&
    disk_ms <= MILD_LATENCY_MS && Object.keys(faults).every((kind) => harmless.includes(kind));
}

function drawLoss(dice: Dice, mild: boolean): Loss {
  const share = (most: number) => dice.chance(0.6) ? dice.logUniform(0.001, most) : 0;
  return { drop: share(mild ? MILD_LOSS : 0.3), duplicate: share(0.5), reorder: share(0.2) };
}

function drawFaults(dice: Dice, mild: boolean, durable: number): Options["faults"] {
  const faults: Partial<Record<FaultKind, number>> = {};
  for (const kind of FAULTS) {
    const times = round(dice.logUniform(1, 8));
    const of_disk = kind === "full_disk" || LOSSES.includes(kind);
    const allowed = mild ? kind === "pause" || kind === "slow_output" : !of_disk || durable > 0;
    if (dice.chance(FAULT_SHARE) && allowed) faults[kind] = times;
  }
  const losses = LOSSES.filter((kind) => faults[kind] !== undefined);
  // What is lost counts most where the others are there to tell.
  if (losses.length > 0 && dice.chance(LONE_LOSS_SHARE)) {
    return Object.fromEntries(losses.map((kind) => [kind, faults[kind]]));
  }
  return faults;
}

function drawLies(dice: Dice): Options["lies"] {
  const lies: Partial<Record<LieKind, number>> = {};
  for (const kind of LIES) {
    const rate = Math.round(dice.logUniform(0.02, 0.5) * 1_000) / 1_000;
    if (dice.chance(LIE_SHARE)) lies[kind] = rate;
  }
  return lies;
}

function round(value: number): number {
  return Math.max(1, Math.round(value));
}
