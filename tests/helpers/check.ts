/** How properties are checked here: always the same cases, unless somebody goes looking for more. */

import fc from "fast-check";
import { LONG } from "./long.ts";

// FC_SEED=7 FC_RUNS=20 deno test ...: other cases, and twenty times as many.
const seed = Number(Deno.env.get("FC_SEED") ?? 1);
const factor = Number(Deno.env.get("FC_RUNS") ?? 1);

/**
 * Checks a property on `runs` cases, or, where each takes long, on the first `quick_runs` of them unless
 * the long tests run; throws with the smallest case that fails.
 */
export function check<T>(property: fc.IProperty<T>, runs = 100, quick_runs = runs): void {
  fc.assert(property, { seed, numRuns: Math.ceil((LONG ? runs : quick_runs) * factor) });
}
