/** Many seeds, one after the other, and what came of them. */

import type { Options } from "./options.ts";
import { draw, runWith } from "./runner.ts";
import type { RunParts, RunResult } from "./session.ts";
import { addTally, newTally, type Tally } from "./tally.ts";
import { Violation } from "./violation.ts";

/** Each hundredth seed runs twice, and must do the same both times. */
const TWICE_EVERY = 100;
/** Failing seeds that are told; a campaign with more has one cause, or is hopeless. */
export const FAILURES_MAX = 20;

export interface Failure {
  readonly seed: number;
  readonly invariant: string;
  readonly detail: string;
  readonly options: Options;
}

export interface Campaign {
  seeds: number;
  events: number;
  readonly failures: Failure[];
  readonly tally: Tally;
  /** The longest that a healed network took to agree. */
  healed_ms_max: number;
}

/** A campaign that has not begun. */
export function newCampaign(): Campaign {
  return { seeds: 0, events: 0, failures: [], tally: newTally(), healed_ms_max: 0 };
}

/** Runs one seed; each hundredth twice. */
export function runSeed(
  seed: number,
  parts: Omit<RunParts, "crypto">,
  nodes?: number,
): RunResult & { readonly options: Options } {
  const drawn = draw(seed, parts, nodes), { options } = drawn;
  const result = { ...runWith(drawn, parts), options };
  if (seed % TWICE_EVERY !== 0 || result.violation !== null) return result;
  const again = runWith(drawn, parts);
  if (again.hash === result.hash && again.events === result.events) return result;
  const detail = `${result.events} events with hash ${result.hash}, then ${again.events} with ` +
    `${again.hash}`;
  return { ...result, violation: new Violation("same_seed_same_trace", detail) };
}

/** Adds what came of a seed. */
export function addResult(
  campaign: Campaign,
  seed: number,
  result: ReturnType<typeof runSeed>,
): void {
  campaign.seeds++;
  campaign.events += result.events;
  addTally(campaign.tally, result.tally);
  campaign.healed_ms_max = Math.max(campaign.healed_ms_max, result.healed_ms ?? 0);
  const { violation, options } = result;
  if (violation === null) return;
  const { invariant, detail } = violation;
  campaign.failures.push({ seed, invariant, detail, options });
}

/** Adds a campaign over other seeds. */
export function addCampaign(sum: Campaign, more: Campaign): void {
  sum.seeds += more.seeds;
  sum.events += more.events;
  sum.failures.push(...more.failures);
  addTally(sum.tally, more.tally);
  sum.healed_ms_max = Math.max(sum.healed_ms_max, more.healed_ms_max);
}
