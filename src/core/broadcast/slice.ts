/** How entries spread from here, and what is missing here. */

import type { Id, LinkId } from "../types.ts";
import type { Gap } from "../data/stored.ts";
import type { Random } from "../data/random.ts";
import { SharedMap } from "../data/shared_map.ts";
import { type Backoff, NO_BACKOFF } from "./backoff.ts";
import type { Branch } from "./branch.ts";

/** The slice of this room. */
export interface Broadcast {
  /** How the entries of each origin travel here: its tree, as far as it is seen from this node. */
  readonly trees: SharedMap<Id, Branch>;
  /** Origins of which links are to be sent a prune. */
  readonly prunes: ReadonlyMap<LinkId, ReadonlySet<Id>>;
  /** Logs, by their keys, of which peers announced more than is here. */
  readonly missing: SharedMap<string, Missing>;
  /** Gaps that peers offered and that are not accepted yet, by link and log. */
  readonly offers: SharedMap<string, Offer>;
  /** When entries that wait for a cause are looked at next. */
  readonly pending_ms: number;
  readonly backoff: Backoff;
  readonly random: Random;
}

/** A peer has more of a log. */
export interface Missing {
  /** Links whose peers said so, and the one that was sent a graft last. */
  readonly links: readonly LinkId[];
  readonly asked: LinkId;
  /** How far it goes there, and went here when that was looked at last. */
  readonly seq: number;
  readonly have: number;
  /** When it is asked for, if it has not come, and how long it was waited for that. */
  readonly due_ms: number;
  readonly pause_ms: number;
}

/** A gap that a peer offered. */
export interface Offer {
  readonly gap: Gap;
  readonly link: LinkId;
  readonly since_ms: number;
  /** Whether the entry behind it was asked for. */
  readonly asked: boolean;
}

/** Nothing travelled yet. */
export function newBroadcast(random: Random): Broadcast {
  return {
    trees: SharedMap.of(),
    prunes: new Map(),
    missing: SharedMap.of(),
    offers: SharedMap.of(),
    pending_ms: Infinity,
    backoff: NO_BACKOFF,
    random,
  };
}

/** Of which origins entries are only announced on a link. */
export function lazyOn({ trees }: Broadcast, link: LinkId): (origin: Id) => boolean {
  if (trees.size === 0) return () => false;
  return (origin) => trees.get(origin)?.lazy.has(link) ?? false;
}
