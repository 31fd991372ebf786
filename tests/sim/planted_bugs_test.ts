import { assert } from "@std/assert";
import { findBug, PLANTED_BUGS } from "./planted_bugs.ts";

/** Where a bug is found later than this, give it a `from`. */
const RUNS_MAX = 40;

for (const bug of PLANTED_BUGS) {
  Deno.test(`the simulation finds that ${bug.name}`, () => {
    assert(findBug(bug, bug.from ?? 1, 2_000, RUNS_MAX) !== null, "not found");
  });
}
