/** What is said in a broadcast simulation. */

/** One entry, and how far it has come. */
export interface Entry {
  readonly origin: number;
  /** The log of its origin, and its number there. */
  readonly log: number;
  readonly seq: number;
  readonly round: number;
  readonly born_ms: number;
  payloads: number;
  reached: number;
  readonly arrived_ms: Int32Array;
  readonly hops: Uint16Array;
  readonly from: Int32Array;
  /** For each end of a link, what its node knows of the peer and did; see `MARK`. */
  readonly marks: Uint8Array;
}

/** Bits of `Entry.marks`. */
export const MARK = {
  /** The peer is known to have it. */
  known: 1,
  /** It was sent to the peer. */
  sent: 2,
} as const;
