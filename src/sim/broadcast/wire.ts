/** Links of a broadcast simulation, as one of the two nodes sees them. */

import type { SpreadLink } from "../../core/broadcast/turn.ts";
import type { LinkId } from "../../core/types.ts";
import type { Direction } from "./air.ts";
import { idOf } from "./logs.ts";

/** One end of a link; its `id` is its place in `Station.wires`, counted from 1. */
export interface Wire<Station> extends Direction, SpreadLink {
  /** Number among all ends of all links. */
  readonly end: number;
  readonly far: Station;
  /** The number of the same link at the other end. */
  readonly back: LinkId;
  up: boolean;
  /** Logs of which something came on it that was not acknowledged. */
  owed: readonly number[];
}

const NOTHING: readonly number[] = [];

/** The same with what every link has: to the rules of spreading it is that of a peer. */
export function makeWire<Station extends { readonly number: number }>(
  id: LinkId,
  end: number,
  far: Station,
  back: LinkId,
): Wire<Station> {
  // Rules for links that lose lines would have no tree at all; what is lost is made up for below.
  const link = { id, role: "peer", stage: "up", peer: idOf(far.number), lossy: false } as const;
  return { ...link, end, far, back, last_ms: 0, up: true, owed: NOTHING };
}
