/**
 * The chance that who has a part of all power replaces a record that is so many blocks deep, as others
 * published it. Both mine from the block before the record on; whoever attacks shows nothing until the
 * record is that deep, and goes on as long as it takes.
 */

/** Terms of a sum that are smaller add nothing. */
const TERM_MIN = 1e-20;

/**
 * M. Rosenfeld, "Analysis of hashrate-based double spending", 2012, section 4: how many blocks the
 * attacker has when the record is deep enough follows a negative binomial distribution. Its table 1
 * holds these numbers.
 */
export function rosenfeldChance(share: number, depth: number): number {
  const first = (1 - share) ** depth;
  return chanceOf(share, depth, first, (blocks) => share * (depth + blocks) / (blocks + 1));
}

/** S. Nakamoto, "Bitcoin", 2008, section 11: the same where the others take exactly their time. */
export function nakamotoChance(share: number, depth: number): number {
  const expected = depth * share / (1 - share);
  return chanceOf(share, depth, Math.exp(-expected), (blocks) => expected / (blocks + 1));
}

/**
 * The sum over how many blocks the attacker has by then: how likely that is, times the chance to catch
 * up what is missing. `first` is how likely none are, `growth` the factor to one block more.
 */
function chanceOf(
  share: number,
  depth: number,
  first: number,
  growth: (blocks: number) => number,
): number {
  if (share >= 0.5) return 1;
  let chance = 0, likely = first;
  for (let blocks = 0; blocks < depth || likely > TERM_MIN; blocks++) {
    chance += likely * (share / (1 - share)) ** Math.max(0, depth - blocks);
    likely *= growth(blocks);
  }
  return chance;
}
