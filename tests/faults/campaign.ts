/**
 * What all fault scripts have in common: their flags, a tally of what really happened, and an end.
 *
 *     deno run -A tests/faults/kills.ts --seed 7 --times 200
 *
 * A script says at its end how many faults of which kind really happened, what it measured, and each
 * thing that must not be. It exits with 1 if there is such a thing, or if no fault happened.
 */

import { assertEquals } from "@std/assert";
import { Dice } from "../../src/sim/dice.ts";

/** How a campaign is run. */
export interface Plan {
  readonly seed: number;
  /** How often; each campaign says of what. */
  readonly times: number;
  /** A short version, for a test: shorter waits, smaller networks. */
  readonly fast: boolean;
}

/** Does harm, and notes in the tally what happened. */
export type Campaign = (plan: Plan, tally: Tally) => Promise<void>;

/** What happened, what was measured, and what should not have been. */
export class Tally {
  readonly violations: string[] = [];
  readonly #tell: (violation: string) => void;
  readonly #faults = new Map<string, number>();
  readonly #figures = new Map<string, string>();

  /** `tell` is called with each violation at once: a campaign can be long. */
  constructor(tell: (violation: string) => void = () => {}) {
    this.#tell = tell;
  }

  /** Notes faults that were really done. */
  fault(kind: string, count = 1): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + count);
  }

  /** How many faults were done, of one kind or of all. */
  count(kind?: string): number {
    if (kind !== undefined) return this.#faults.get(kind) ?? 0;
    return [...this.#faults.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Notes something worth knowing. */
  figure(name: string, value: string | number): void {
    this.#figures.set(name, String(value));
  }

  /** Counts something worth knowing that is no fault. */
  increase(name: string, by = 1): void {
    this.figure(name, Number(this.#figures.get(name) ?? 0) + by);
  }

  /** Notes something that must not be. */
  violate(text: string): void {
    this.violations.push(text);
    this.#tell(text);
  }

  /** Notes it unless the condition holds. */
  expect(condition: boolean, text: string | (() => string)): void {
    if (!condition) this.violate(typeof text === "string" ? text : text());
  }

  /** One line that says everything. */
  summary(name: string): string {
    const list = (map: ReadonlyMap<string, unknown>) =>
      [...map].map(([key, value]) => `${key} ${value}`).join(", ");
    const parts = [`${this.count()} faults (${list(this.#faults)})`, list(this.#figures)];
    parts.push(`${this.violations.length} violations`);
    return `${name}: ${parts.filter((part) => part !== "").join("; ")}`;
  }
}

/** Runs a campaign as a script: flags in, summary and exit code out. */
export async function runScript(name: string, times: number, campaign: Campaign): Promise<void> {
  const plan = readPlan(Deno.args, times);
  if (typeof plan === "string") {
    print(`${name}: ${plan}; allowed: --seed S --times N --fast`);
    Deno.exit(2);
  }
  // An interrupt takes the way of an exit, so that no processes and files stay behind.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => Deno.exit(130));
  }
  const tell = (violation: string) => print(`violation: ${violation}`);
  const tally = await carryOut(plan, campaign, new Tally(tell));
  print(`${tally.summary(name)}; seed ${plan.seed}`);
  Deno.exit(tally.violations.length > 0 || tally.count() === 0 ? 1 : 0);
}

/** Runs a short version as a test: there were faults, and nothing bad came of them. */
export async function checkCampaign(
  t: Deno.TestContext,
  campaign: Campaign,
  plan: Partial<Plan> = {},
): Promise<void> {
  const tally = await carryOut({ seed: 1, times: 1, fast: true, ...plan }, campaign);
  Deno.stderr.writeSync(new TextEncoder().encode(`    ${tally.summary(t.name)}\n`));
  assertEquals(tally.violations, []);
  assertEquals(tally.count() > 0, true, "no fault happened");
}

/** Waits, where the passing of time is the point. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until a condition holds; gives back the milliseconds, or null where it never did. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeout_ms: number,
  every_ms = 50,
): Promise<number | null> {
  const began = performance.now();
  for (;;) {
    if (await condition()) return performance.now() - began;
    if (performance.now() - began > timeout_ms) return null;
    await pause(every_ms);
  }
}

/** Some of a list, chosen at random. */
export function sample<T>(dice: Dice, list: readonly T[], count: number): T[] {
  const rest = [...list];
  return Array.from(
    { length: Math.min(count, list.length) },
    () => rest.splice(dice.below(rest.length), 1)[0],
  );
}

async function carryOut(plan: Plan, campaign: Campaign, tally = new Tally()): Promise<Tally> {
  try {
    await campaign(plan, tally);
  } catch (error) {
    tally.violate(`the campaign did not get to its end: ${(error as Error).message}`);
  }
  return tally;
}

function readPlan(args: readonly string[], times: number): Plan | string {
  let plan: Plan = { seed: Math.floor(Math.random() * 1_000_000), times, fast: false };
  for (let at = 0; at < args.length; at++) {
    if (args[at] === "--fast") {
      plan = { ...plan, fast: true };
      continue;
    }
    const name = args[at], value = Number(args[++at]);
    if (!Number.isInteger(value) || value < 1) return `cannot use ${name} ${args[at] ?? ""}`;
    if (name === "--seed") plan = { ...plan, seed: value };
    else if (name === "--times") plan = { ...plan, times: value };
    else return `cannot use ${name}`;
  }
  return plan;
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
