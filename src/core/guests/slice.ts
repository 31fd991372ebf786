/** Guests are short-lived programs that use a node. They have no identity and relay nothing. */

import type { LinkId, Right } from "../types.ts";
import { SharedMap } from "../data/shared_map.ts";

/** The slice of this room. */
export interface Guests {
  readonly guests: SharedMap<LinkId, Guest>;
}

/** One guest. */
export interface Guest {
  /** What it handed over and was not answered for. */
  readonly open_requests: number;
  /** What it asked, and how many rows of the answer it got. */
  readonly asked: Asked | null;
}

/** A guest's question, answered line by line as the guest asks on. */
export interface Asked {
  readonly number: number;
  readonly question: string;
  readonly names: readonly string[];
  readonly answered: number;
}

/** Nobody is a guest. */
export function newGuests(): Guests {
  return { guests: SharedMap.of() };
}

const RIGHTS: readonly Right[] = ["read", "say", "own"];

/** Whether a guest that has one right has another: each holds those before it. */
export function allows(has: Right, needed: Right): boolean {
  return RIGHTS.indexOf(has) >= RIGHTS.indexOf(needed);
}
