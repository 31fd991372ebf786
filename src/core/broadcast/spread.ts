/**
 * How entries travel: which links get a new one at once, and which are only told of it with the next
 * acknowledgement. Each kind is a small pure module with one interface, about the entries of one
 * origin at one node; nodes and simulations use the same. What is only told of is not lost: whoever
 * finds that it misses something asks for it, and gets it.
 */

import type { SpreadKind } from "../data/config.ts";
import type { Spread } from "./branch.ts";
import { flood } from "./flood.ts";
import { gossip } from "./gossip.ts";
import { tree } from "./tree.ts";

/** The rules of each kind. */
export const SPREADS: Readonly<Record<SpreadKind, Spread>> = { flood, gossip, tree };
