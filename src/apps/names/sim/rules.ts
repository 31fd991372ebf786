/** Names in the campaign: few of them, which many claim, and who judges whose they are. */

import { type AppRules, asRules, type User } from "../../../sim/campaign/app_rules.ts";
import type { Step } from "../../../sim/campaign/step.ts";
import { names } from "../app.ts";
import { CHAIN } from "../builds_on.ts";
import { chainIn } from "./builds_on.ts";
import { EFFECTS, namesJudge } from "./judge.ts";

/** Of the runs with a chain, so many have names. */
const SHARE = 0.5;
const NAMES = ["printer", "meeting room", "café", "__proto__"];
/** No deeper than nodes go by themselves that mine on demand. */
const DEPTH_MAX = 6;

export const namesRules: AppRules = asRules<null>({
  app: names,
  draw: (dice, options) => chainIn(options) !== null && dice.chance(SHARE) ? {} : null,
  operations: [["claim", 1]],
  act: claim,
  effects: EFFECTS,
  newView: () => null,
  judge: namesJudge,
});

/** Two claim a name at once, for different links; now and then somebody the same again. */
function claim({ machine, running }: User, { choice, for_ms, other }: Step): void {
  const name = NAMES[Math.floor(choice * NAMES.length)], depth = 1 + for_ms % DEPTH_MAX;
  for (const one of new Set([machine, running(other)])) {
    if (one === null || one.lies) continue;
    const link = `${one.name}:${for_ms % 2}`;
    one.node.request(CHAIN, { item: { k: "name", name, link }, depth });
  }
}
