/** What users of the chain do in simulations: they add texts, some under ids that others use, too. */

import type { Json } from "../../../../core/types.ts";
import type { User } from "../../../../sim/campaign/app_rules.ts";
import type { Step } from "../../../../sim/campaign/step.ts";
import { CHAIN } from "../../options.ts";

/** What they do, and how likely that is. */
export const OPERATIONS = [["record", 10], ["rival", 6], ["retry", 2], ["newest", 1]] as const;

/** Ids that several nodes use at once. */
const RIVAL_IDS = 5;
/** No deeper than nodes go by themselves that mine on demand. */
const DEPTH_MAX = 6;

/** Somebody does one of these. */
export function act({ machine, count }: User, { what, choice, for_ms }: Step): void {
  const depth = 1 + for_ms % DEPTH_MAX;
  const request: Json = what === "newest"
    ? { newest: true }
    : { item: itemFor(what, choice, machine.name, count), depth };
  machine.node.request(CHAIN, request);
}

function itemFor(what: string, choice: number, name: string, count: () => number): Json {
  if (what === "rival") {
    return { k: "data", text: `${name} ${count()}`, id: rivalId(Math.floor(choice * RIVAL_IDS)) };
  }
  // Whoever did not hear of it tries again, with the same id.
  if (what === "retry") return { k: "data", text: "again", id: `of ${name}` };
  return { k: "data", text: `${name} ${count()}` };
}

/** An id that several use. */
export function rivalId(number: number): string {
  return `r${number % RIVAL_IDS}`;
}
