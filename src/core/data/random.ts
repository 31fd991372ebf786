/**
 * Randomness as a value: the generator's state is part of the node's state, so that the same events
 * give the same effects. (splitmix32, after G. L. Steele et al., "Fast Splittable Pseudorandom
 * Number Generators", OOPSLA 2014; good enough for jitter and choices, not for secrets.)
 */
export type Random = number;

/** The next number in [0, 1), and the generator after it. */
export function nextRandom(random: Random): [number, Random] {
  const next = (random + 0x9e3779b9) | 0;
  let bits = next ^ (next >>> 16);
  bits = Math.imul(bits, 0x21f0aaad);
  bits ^= bits >>> 15;
  bits = Math.imul(bits, 0x735a2d97);
  bits ^= bits >>> 15;
  return [(bits >>> 0) / 4_294_967_296, next];
}
