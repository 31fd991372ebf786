/** Links of a broadcast simulation, as one of the two nodes sees them. */

import type { LinkId } from "../../core/types.ts";
import type { Direction, Entry } from "./air.ts";

/** One end of a link; its number at its node is its place in `Station.wires`, counted from 1. */
export interface Wire<Peer> extends Direction {
  /** Number among all ends of all links. */
  readonly end: number;
  readonly peer: Peer;
  /** The number of the same link at the peer. */
  readonly back: LinkId;
  up: boolean;
  /** Entries that came on it and were not acknowledged. */
  owed: Entry[];
  /** Origins of which the peer is to be asked to be quiet. */
  prunes: Set<number>;
}
