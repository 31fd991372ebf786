/** How the budget of a search is split over links. */

import { nextRandom, type Random } from "../../../core/data/random.ts";

/**
 * Shares of a budget for so many links, and the generator behind that: all of it, as evenly as can be;
 * who gets one more than others is chance. (The rule of expanding rings in the Peerster of EPFL's CS438.)
 */
export function splitBudget(
  budget: number,
  links: number,
  random: Random,
): readonly [shares: readonly number[], random: Random] {
  if (links === 0) return [[], random];
  const least = Math.floor(budget / links), more = budget % links;
  const shares = new Array<number>(links).fill(least);
  const places = shares.map((_, place) => place);
  let next = random;
  // The beginning of a shuffle of Fisher and Yates: only so many places are drawn.
  for (let at = 0; at < more; at++) {
    const [drawn, after] = nextRandom(next);
    next = after;
    const other = at + Math.floor(drawn * (links - at));
    [places[at], places[other]] = [places[other], places[at]];
    shares[places[at]]++;
  }
  return [shares, next];
}
