/** What happens to the membership, what it hands back, what it may read, and its smallest steps. */

import type { Address, Event, Id, Json, LinkId, Topic } from "../types.ts";
import type { Entry } from "../log/entry.ts";
import type { LogState } from "../log/slice.ts";
import type { Replication } from "../replication/slice.ts";
import { isPeer, type Session, type Sessions } from "../session/slice.ts";
import type { LineOf } from "../session/turn.ts";
import { draw, type Out, type RoomTurn, type View } from "../wire/room.ts";
import { type Member, setMember } from "./members.ts";
import type { Join, KeyTrust, Life, Membership } from "./slice.ts";
import { REDIAL_MAX_MS, REDIAL_MS } from "../data/limits.ts";

export type MembershipEvent =
  /** The node accepts connections. */
  | { readonly kind: "started"; readonly started: Extract<Event, { kind: "started" }> }
  /** What was stored says whether the key may be used. */
  | { readonly kind: "restored"; readonly stale: boolean }
  | { readonly kind: "opened"; readonly link: LinkId; readonly dialled: Address | null }
  | { readonly kind: "dial_failed"; readonly address: Address; readonly why: string }
  | { readonly kind: "greeted"; readonly session: Session }
  /** A link is no more. */
  | { readonly kind: "lost"; readonly session: Session }
  /** Entries of `presence` were delivered. */
  | { readonly kind: "presence"; readonly entries: readonly Entry[] }
  | { readonly kind: "peers"; readonly line: LineOf<"peers"> }
  | { readonly kind: "listed"; readonly session: Session; readonly line: LineOf<"peers"> }
  | { readonly kind: "ask_peers"; readonly link: LinkId }
  /** A peer says what it has. */
  | {
    readonly kind: "clock";
    readonly link: LinkId;
    readonly clock: readonly (readonly [string, number])[];
    readonly complete: boolean;
  }
  /** Somebody signed with this node's key. */
  | { readonly kind: "forged" }
  | { readonly kind: "renewed"; readonly id: Id }
  /** The node says that it is there. */
  | { readonly kind: "announce" }
  /** Members are to speak, so that ways to them are learnt anew. */
  | { readonly kind: "seek"; readonly ids: readonly Id[] }
  | { readonly kind: "leave"; readonly deadline_ms: number }
  /** Time passed: who is missed. */
  | { readonly kind: "watch" }
  /** Time passed: is this node in step. */
  | { readonly kind: "advance" }
  /** Time passed: who is to be linked. */
  | { readonly kind: "overlay" }
  /** Time passed: may this node go. */
  | { readonly kind: "leave_on"; readonly debts: Debts }
  /** Time passed: who is forgotten. */
  | { readonly kind: "depart" };

/** What a node that leaves still has to see through. */
export interface Debts {
  /** Everything that was delivered is stored. */
  readonly stored: boolean;
  /** Everything that is to be printed was printed. */
  readonly printed: boolean;
  /** Somebody who is there has messages to acknowledge. */
  readonly messages: boolean;
}

export type MembershipOut =
  | Out
  | { readonly kind: "dial"; readonly address: Address }
  /** This node has something to say in `presence`. */
  | { readonly kind: "speak"; readonly items: readonly Json[] }
  /** Others dial this node at a host. */
  | { readonly kind: "settle_at"; readonly host: string }
  /** The peer that is joined is asked whom it knows. */
  | { readonly kind: "want_peers"; readonly link: LinkId; readonly wants: boolean }
  /** From here on the node speaks; up to this clock, by numbers of logs, everything is history. */
  | { readonly kind: "entered"; readonly history_clock: ReadonlyMap<number, number> }
  /** The node is to say that it is there. */
  | { readonly kind: "announce" }
  /** The node needs another key. */
  | { readonly kind: "renew" }
  /** These members are forgotten, and with them these logs. */
  | {
    readonly kind: "departed";
    readonly ids: ReadonlySet<Id>;
    readonly indices: ReadonlySet<number>;
  }
  /** The node says goodbye to all. */
  | { readonly kind: "goodbye" }
  | { readonly kind: "ended"; readonly acknowledged: boolean };

/** What it may read. */
export interface MembershipView extends View {
  readonly log: LogState;
  readonly session: Sessions;
  readonly replication: Replication;
  readonly publish: {
    readonly drafts: ReadonlyMap<Topic, unknown>;
    /** For each own log, what some peer is known to hold. */
    readonly acknowledged: readonly number[];
  };
}

export type MembershipTurn = RoomTurn<Membership, MembershipView, MembershipOut>;

/** Adds or changes a member. */
export function putMember(turn: MembershipTurn, member: Member): void {
  turn.slice.members = setMember(turn.slice.members, member);
}

export function setLife(turn: MembershipTurn, life: Partial<Life>): void {
  turn.slice.life = { ...turn.slice.life, ...life };
}

export function setJoin(turn: MembershipTurn, join: Partial<Join>): void {
  turn.slice.join = { ...turn.slice.join, ...join };
}

export function setKey(turn: MembershipTurn, key: Partial<KeyTrust>): void {
  turn.slice.key = { ...turn.slice.key, ...key };
}

/** The overlay is looked at with the next tick. */
export function lookAtOverlay(turn: MembershipTurn): void {
  turn.slice.due = { ...turn.slice.due, overlay_ms: 0 };
}

/** The node ends, behind everything else that this event does. */
export function end(turn: MembershipTurn, acknowledged: boolean): void {
  setLife(turn, { phase: "done" });
  turn.out({ kind: "ended", acknowledged });
}

/** Dials an address, for a member or for whoever is there. */
export function dial(turn: MembershipTurn, address: Address, id: Id | ""): void {
  const { dials } = turn.slice;
  turn.slice.dials = { ...dials, open: new Map(dials.open).set(address, id) };
  turn.out({ kind: "dial", address });
}

/** An address is no longer being dialled. */
export function endDial(turn: MembershipTurn, address: Address): void {
  const { dials } = turn.slice;
  if (!dials.open.has(address)) return;
  const open = new Map(dials.open);
  open.delete(address);
  turn.slice.dials = { ...dials, open };
}

/** How long an address rests after so many failures: twice as long each time, with jitter. */
export function pauseAfter(turn: MembershipTurn, failures: number): number {
  const pause_ms = Math.min(REDIAL_MAX_MS, REDIAL_MS * 2 ** Math.min(failures, 16));
  return pause_ms * (0.5 + draw(turn));
}

/** Remembers who lives at an address to join. */
export function noteJoinId(turn: MembershipTurn, address: Address, id: Id): void {
  if (!turn.view.config.join.includes(address)) return;
  setJoin(turn, { ids: new Map(turn.slice.join.ids).set(address, id) });
}

/** Whether there is a link to a member. */
export function isLinked({ view }: MembershipTurn, id: Id): boolean {
  for (const session of view.session.links.values()) {
    if (isPeer(session) && session.peer === id) return true;
  }
  return false;
}

/** Up to so many milliseconds, by chance. */
export function jitter(turn: MembershipTurn, most_ms: number): number {
  return draw(turn) * most_ms;
}
