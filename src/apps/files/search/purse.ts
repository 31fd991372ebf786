/** What somebody may still spend: so much at once, and so much a second. */

import {
  ANSWERED_BYTES_MAX,
  ANSWERED_BYTES_PER_SECOND,
  NEIGHBOUR_COST_MAX,
  NEIGHBOUR_COST_PER_SECOND,
  ORIGIN_COST_MAX,
  ORIGIN_COST_PER_SECOND,
  OWN_COST_MAX,
  OWN_COST_PER_SECOND,
} from "../limits.ts";

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

/** For requests, by whom they are made, and for bytes of answers. */
export const ALLOWANCES = {
  neighbour: { most: NEIGHBOUR_COST_MAX, per_second: NEIGHBOUR_COST_PER_SECOND },
  origin: { most: ORIGIN_COST_MAX, per_second: ORIGIN_COST_PER_SECOND },
  own: { most: OWN_COST_MAX, per_second: OWN_COST_PER_SECOND },
  answers: { most: ANSWERED_BYTES_MAX, per_second: ANSWERED_BYTES_PER_SECOND },
} as const satisfies Readonly<Record<string, Allowance>>;

/** How long an empty purse takes until it is full: then it need not be remembered. */
export function fillingMs({ most, per_second }: Allowance): number {
  return most / per_second * 1_000;
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
