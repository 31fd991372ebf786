/** Factors numbers, which takes long: the work of the counter outside the core. */

import { delay } from "@std/async/delay";

/** So many divisors are tried before others get their turn. */
const SLICE = 10_000;

/** The prime factors of a number; says once, in the middle of it, how many divisors were tried. */
export async function factor(
  task: unknown,
  signal: AbortSignal,
  report: (result: unknown) => void,
): Promise<number[]> {
  const factors: number[] = [];
  let rest = task as number, tried = 0;
  for (let divisor = 2; divisor * divisor <= rest; divisor++) {
    if (++tried % SLICE === 0) await delay(0, { signal });
    if (tried === SLICE) report(tried);
    while (rest % divisor === 0) {
      factors.push(divisor);
      rest /= divisor;
    }
  }
  return rest > 1 ? [...factors, rest] : factors;
}
