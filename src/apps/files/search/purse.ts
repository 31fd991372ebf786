/** What somebody may still spend: so much at once, and so much a second. */

/** What was left at a time. */
export interface Purse {
  readonly left: number;
  readonly at_ms: number;
}

/** What it is filled with. */
export interface Allowance {
  readonly most: number;
  readonly per_second: number;
}

/** The purse behind a cost; null where there is too little in it. Without a purse it is full. */
export function spend(
  purse: Purse | undefined,
  cost: number,
  { most, per_second }: Allowance,
  now_ms: number,
): Purse | null {
  const gained = purse === undefined ? 0 : (now_ms - purse.at_ms) / 1_000 * per_second;
  const left = purse === undefined ? most : Math.min(most, purse.left + gained);
  return left < cost ? null : { left: left - cost, at_ms: now_ms };
}
