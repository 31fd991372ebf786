/**
 * Rumor mongering: a new entry goes to one link at random, and to one more as long as a coin falls on
 * heads. Those who were left out learn of it when the clocks are exchanged, and ask for it. (A. Demers
 * et al., "Epidemic Algorithms for Replicated Database Maintenance", 1987, sections 1.3 and 1.4, where
 * the exchange is called anti-entropy.)
 */

import type { LinkId } from "../types.ts";
import { nextRandom, type Random } from "../data/random.ts";
import type { Spread } from "./branch.ts";

export const gossip: Spread = {
  first: (branch, from, links, random) => {
    const others = links().filter((link) => link !== from);
    const [chosen, next] = choose(others, random);
    const lazy = new Set(others.filter((link) => !chosen.has(link)));
    return [{ ...branch, source: from, lazy }, next];
  },
  again: (branch) => [branch, null],
  pruned: (branch) => [branch, false],
  grafted: (branch) => branch,
};

/** One of the links, and more as long as the coin says so. */
function choose(links: readonly LinkId[], before: Random): [Set<LinkId>, Random] {
  const rest = [...links], chosen = new Set<LinkId>();
  let random = before, coin = 0;
  while (rest.length > 0 && (chosen.size === 0 || coin < 0.5)) {
    let place: number;
    [place, random] = nextRandom(random);
    chosen.add(rest.splice(Math.floor(place * rest.length), 1)[0]);
    [coin, random] = nextRandom(random);
  }
  return [chosen, random];
}
