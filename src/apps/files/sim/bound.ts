/** How fast a file can get to all at best. */

/** Who sends and who fetches, in bytes a second. */
export interface Rates {
  /** What each holder of the whole file sends. */
  readonly seeds: readonly number[];
  /** What each fetcher sends and takes. */
  readonly fetchers: readonly { readonly up: number; readonly down: number }[];
}

/**
 * The least time in which all fetchers can have a file, in seconds: no sooner than the holders can send
 * it once, the slowest fetcher can take it, or all together can send it to each. (R. Kumar and
 * K. W. Ross, "Peer-Assisted File Distribution: The Minimum Distribution Time", 2006, theorem 1; it is
 * reached where a file can be cut as fine as one likes, and there is no delay.)
 */
export function leastTime(size: number, { seeds, fetchers }: Rates): number {
  const sent = sum(seeds), all = sent + sum(fetchers.map(({ up }) => up));
  const slowest = fetchers.reduce((least, { down }) => Math.min(least, down), Infinity);
  return Math.max(size / sent, size / slowest, fetchers.length * size / all);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
