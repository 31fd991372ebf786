/** How properties are checked here: always the same cases, unless somebody goes looking for more. */

import fc from "fast-check";

// FC_SEED=7 FC_RUNS=20 deno test ...: other cases, and twenty times as many.
const seed = Number(Deno.env.get("FC_SEED") ?? 1);
const factor = Number(Deno.env.get("FC_RUNS") ?? 1);

/** Checks a property on `runs` cases; throws with the smallest case that fails. */
export function check<T>(property: fc.IProperty<T>, runs = 100): void {
  fc.assert(property, { seed, numRuns: Math.ceil(runs * factor) });
}
