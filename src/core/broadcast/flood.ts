/** Flooding: a new entry goes out on every link but those whose peer is known to have it. */

import type { Spread } from "./branch.ts";

export const flood: Spread = {
  first: (branch, _from, _links, random) => [branch, random],
  again: (branch) => [branch, null],
  pruned: (branch) => [branch, false],
  grafted: (branch) => branch,
};
