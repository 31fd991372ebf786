/** Votes in the campaign: few voters, who vote at many nodes, and who judges which vote counts. */

import type { Json } from "../../../core/types.ts";
import { type AppRules, asRules, type User } from "../../../sim/campaign/app_rules.ts";
import type { Step } from "../../../sim/campaign/step.ts";
import { votes } from "../app.ts";
import { CHAIN } from "../builds_on.ts";
import { chainIn } from "./builds_on.ts";
import { EFFECTS, votesJudge } from "./judge.ts";

/** Of the runs with a chain, so many have votes. */
const SHARE = 0.5;
/** Two of them are one, spelled in two ways. */
const VOTERS = ["ann", "ben ", "ben", "__proto__"];
const CHOICES = ["red", "blue"], ELECTION = "board";
/** Of the votes in the election, so many are for what is no choice once it is opened. */
const STRAY_SHARE = 0.2;
/** No deeper than nodes go by themselves that mine on demand. */
const DEPTH_MAX = 6;

export const votesRules: AppRules = asRules<null>({
  app: votes,
  draw: (dice, options) => chainIn(options) !== null && dice.chance(SHARE) ? {} : null,
  operations: [["vote", 6], ["open", 2]],
  act,
  effects: EFFECTS,
  newView: () => null,
  judge: votesJudge,
});

/** Somebody opens an election, or votes with the same id at two nodes at once. */
function act({ machine, running }: User, step: Step): void {
  const depth = 1 + step.for_ms % DEPTH_MAX;
  for (const [at, one] of [...new Set([machine, running(step.other)])].entries()) {
    if (one === null || one.lies) continue;
    one.node.request(CHAIN, { item: itemFor(step, at), depth });
  }
}

function itemFor({ what, choice, for_ms }: Step, at: number): Json {
  // One opens, and the other votes at the same time.
  if (what === "open" && at === 0) return { k: "election", election: ELECTION, choices: CHOICES };
  const voter = VOTERS[for_ms % VOTERS.length];
  if (what === "vote" && choice < 0.5) return { k: "vote", voter, choice: CHOICES[at] };
  const is_stray = choice * 10 % 1 < STRAY_SHARE || what === "open";
  return { k: "vote", voter, choice: is_stray ? "green" : CHOICES[at], election: ELECTION };
}
