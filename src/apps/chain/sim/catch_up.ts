/**
 * The chance that who has a part of all power replaces a record that is so many blocks deep, as others
 * published it. Both mine from the block before the record on; whoever attacks shows nothing until the
 * record is that deep, and goes on as long as it takes.
 */

/**
 * M. Rosenfeld, "Analysis of hashrate-based double spending", 2012, section 4: how far the attacker is
 * when the record is deep enough has a negative binomial distribution. Its table 1 holds these numbers.
 */
export function rosenfeldChance(share: number, depth: number): number {
  if (share >= 0.5) return 1;
  const others = 1 - share;
  // How likely it is that the attacker has so many blocks by then, beginning with none.
  let chance = others ** depth, lost = 0;
  for (let blocks = 0; blocks < depth; blocks++) {
    lost += chance * (1 - (share / others) ** (depth - blocks));
    chance *= share * (depth + blocks) / (blocks + 1);
  }
  return 1 - lost;
}

/** S. Nakamoto, "Bitcoin", 2008, section 11: the same where the others take exactly their time. */
export function nakamotoChance(share: number, depth: number): number {
  if (share >= 0.5) return 1;
  const ratio = share / (1 - share), expected = depth * ratio;
  let chance = Math.exp(-expected), lost = 0;
  for (let blocks = 0; blocks < depth; blocks++) {
    lost += chance * (1 - ratio ** (depth - blocks));
    chance *= expected / (blocks + 1);
  }
  return 1 - lost;
}
