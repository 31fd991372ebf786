/** Who is there, and this node's own place among them. */

import type { Address, Id, LinkId } from "../types.ts";
import type { Random } from "../data/random.ts";
import { type Members, noMembers } from "./members.ts";
import { DIALS_PER_SECOND } from "../data/limits.ts";

/** The slice of this room. */
export interface Membership {
  readonly life: Life;
  readonly members: Members;
  /** Members that are missed, or called suspect by others. */
  readonly watched: ReadonlyMap<Id, Watch>;
  /** When this node last said that it lives because somebody doubted it, and when it must again. */
  readonly answer: { readonly said_ms: number; readonly due_ms: number };
  readonly join: Join;
  readonly trackers: ReadonlyMap<Address, Tracker>;
  readonly dials: Dials;
  readonly key: KeyTrust;
  readonly due: Due;
  readonly random: Random;
}

/** How far this node's own life is. */
export interface Life {
  readonly phase: "starting" | "joining" | "running" | "leaving" | "goodbye" | "done";
  readonly leave_deadline_ms: number;
}

/** Somebody who is missed, or called suspect by others. */
export interface Watch {
  /** The member's incarnation: a newer word refutes everything. */
  readonly seq: number;
  /** Whether this node found out itself that it does not answer. */
  readonly evidence: boolean;
  /** When to look again. */
  readonly due_ms: number;
}

/** Finding somebody to join. */
export interface Join {
  readonly under_way: Joining | null;
  /** Where the addresses to join come from now. */
  readonly stage: "given" | "trackers" | "book" | "none";
  /** Who answered at the addresses to join. */
  readonly ids: ReadonlyMap<Address, Id>;
  /** When the addresses to join are tried again. */
  readonly rejoin_ms: number;
}

/** A join under way. */
export interface Joining {
  readonly rest: readonly Address[];
  readonly address: Address;
  readonly link: LinkId | null;
  readonly deadline_ms: number;
  /** What the peer had when it was joined: history, up to here. */
  readonly target: readonly (readonly [string, number])[];
  readonly target_complete: boolean;
  /** How many of the targets, from the end, are still to be reached. */
  readonly open: number;
  readonly arrivals: number;
}

/** One tracker, and how it stands with it. */
export interface Tracker {
  readonly stage: "dialling" | "linked" | "away";
  /** Who was there before this node; null before the first whole list. */
  readonly listed: readonly Address[] | null;
  readonly parts: readonly Address[];
  /** Whether it was tried, and did not answer or refused. */
  readonly failed: boolean;
  readonly failures: number;
  /** When it is dialled next, or given up for this time. */
  readonly due_ms: number;
}

/** Addresses that are being dialled, and how many more may be. */
export interface Dials {
  /** For whom; "" for whoever is there. */
  readonly open: ReadonlyMap<Address, Id | "">;
  /** For links that were dialled for a certain member, that member. */
  readonly expected: ReadonlyMap<LinkId, Id>;
  readonly budget: number;
  readonly budget_ms: number;
}

/** Whether this node may sign with its key. */
export interface KeyTrust {
  /** The key may have signed more than is known here. */
  readonly stale: boolean;
  /** When a node that is stale may trust what its peers had. */
  readonly trusted_ms: number;
  /** A new key is being made. */
  readonly renewing: boolean;
}

/** When something is looked at next; 0 for at once. */
export interface Due {
  readonly overlay_ms: number;
  /** Those who are gone. */
  readonly forget_ms: number;
  /** Those who are linked and called failed. */
  readonly revive_ms: number;
}

/** A node that knows nobody. */
export function newMembership(random: Random): Membership {
  return {
    life: { phase: "starting", leave_deadline_ms: Infinity },
    members: noMembers(),
    watched: new Map(),
    answer: { said_ms: 0, due_ms: Infinity },
    join: { under_way: null, stage: "given", ids: new Map(), rejoin_ms: 0 },
    trackers: new Map(),
    dials: { open: new Map(), expected: new Map(), budget: DIALS_PER_SECOND, budget_ms: 0 },
    key: { stale: false, trusted_ms: 0, renewing: false },
    due: { overlay_ms: 0, forget_ms: 0, revive_ms: 0 },
    random,
  };
}

/** Whether this node may sign. */
export function maySign({ key }: Membership): boolean {
  return !key.stale && !key.renewing;
}

/** Whether an address is that of a tracker which is dialled or linked. */
export function isTracker(
  { trackers }: Membership,
  address: Address | null,
): address is Address {
  const tracker = address === null ? undefined : trackers.get(address);
  return tracker !== undefined && tracker.stage !== "away";
}
