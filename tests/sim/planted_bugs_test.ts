import { assert } from "@std/assert";
import { LONG } from "../helpers/long.ts";
import { findBug, PLANTED_BUGS } from "./planted_bugs.ts";

/** Where a bug is found later than this, give it a `from`. */
const RUNS_MAX = 40;

/** Those that take more than half a second to find, as most of those of the chain do. */
const LONG_SEARCHES = [
  "bad signatures are taken for good",
  "windows are not kept",
  "lost lines are not sent again",
  "whoever leaves says that it was acknowledged",
  "nobody says that it lives when it is doubted",
  "the id of a payment is used up by all who sign",
  "the last claim of a name wins",
  "votes are taken for what is no choice",
];

for (const bug of PLANTED_BUGS) {
  const is_of_chain = bug.change !== undefined && bug.app === undefined;
  const is_long = is_of_chain || LONG_SEARCHES.includes(bug.name);
  const ignore = !LONG && is_long;
  Deno.test(`the simulation finds that ${bug.name}`, { ignore }, () => {
    assert(findBug(bug, bug.from ?? 1, 2_000, RUNS_MAX) !== null, "not found");
  });
}
