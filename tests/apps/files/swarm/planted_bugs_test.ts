import { assert } from "@std/assert";
import { findBug, PLANTED_BUGS } from "./planted_bugs.ts";

/** Where a bug is found later than this, give it a `from`. */
const SEEDS = 10;

for (const bug of PLANTED_BUGS) {
  Deno.test(`the model of fetchers finds that ${bug.name}`, () => {
    assert(findBug(bug, SEEDS) !== null, "not found");
  });
}
