/** One seed, from its options to its result. */

import { fakeCrypto } from "../crypto.ts";
import { realCrypto } from "../real_crypto.ts";
import type { CampaignApps } from "./app_rules.ts";
import { drawOptions, type Options } from "./options.ts";
import { drawPlan, withSetups } from "./plan.ts";
import type { Step } from "./step.ts";
import { type RunParts, runPlan, type RunResult } from "./session.ts";

/** Everything that a run is drawn to be. */
export interface Drawn {
  readonly options: Options;
  readonly steps: readonly Step[];
}

/** What a seed means. */
export function draw(seed: number, { rules }: CampaignApps, nodes?: number): Drawn {
  const options = withSetups(drawOptions(seed, nodes), rules);
  return { options, steps: drawPlan(options, rules) };
}

/** Runs what was drawn. */
export function runWith(
  { options, steps }: Drawn,
  parts: Omit<RunParts, "crypto">,
): RunResult {
  return runPlan(options, steps, {
    crypto: options.real_bytes ? realCrypto() : fakeCrypto(),
    ...parts,
  });
}
