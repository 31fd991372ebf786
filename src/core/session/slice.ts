/** Who is at the other end of each connection, and how far the greeting with it went. */

import type { Address, Id, LinkId, Right } from "../types.ts";
import { SharedMap } from "../data/shared_map.ts";

/** How far the greeting went: nothing yet, hello exchanged, both proved (or a guest). */
export type Stage = "hello" | "proof" | "up";

/** One connection. */
export interface Session {
  readonly id: LinkId;
  readonly role: "stranger" | "peer" | "guest" | "tracker";
  readonly stage: Stage;
  /** The address that was asked for, null where it came in. */
  readonly dialled: Address | null;
  readonly remote_host: string;
  /** Whether lines may be lost, come twice, or overtake each other. */
  readonly lossy: boolean;
  /** What a guest may do here. */
  readonly right: Right;
  readonly opened_ms: number;
  /** Of the peer; "" before its hello. */
  readonly peer: Id;
  readonly address: Address;
  readonly greeting: Greeting;
  readonly pulse: Pulse;
  readonly farewell: Farewell | null;
}

/** The proofs of identity. */
export interface Greeting {
  /** What the peer must sign, and what this node must. */
  readonly nonce: string;
  readonly peer_nonce: string;
  /** This node's own signature, "" before it was sent. */
  readonly proof: string;
  readonly proof_good: boolean;
}

/** When something came last, and when something was sent last. */
export interface Pulse {
  readonly heard_ms: number;
  readonly spoke_ms: number;
}

/** Why a link ends. */
export interface Farewell {
  /** The code and reason of the peer's goodbye, "" where it said nothing. */
  readonly code: string;
  readonly why: string;
  /** This end closed it, because it heard nothing. */
  readonly died: boolean;
}

/** Where this node is to be dialled. */
export interface Place {
  readonly address: Address | null;
  readonly fallback_host: string;
  readonly port: number;
}

/** The slice of this room. */
export interface Sessions {
  readonly links: SharedMap<LinkId, Session>;
  readonly place: Place;
}

/** A node to which nobody is connected. */
export function newSessions(advertise: Address | null): Sessions {
  return {
    links: SharedMap.of(),
    place: { address: advertise, fallback_host: "127.0.0.1", port: 0 },
  };
}

/** Whether a link is a peer's and ready. */
export function isPeer({ role, stage }: Pick<Session, "role" | "stage">): boolean {
  return role === "peer" && stage === "up";
}

/** The links to peers, oldest first. */
export function peersOf({ links }: Sessions): Session[] {
  return [...links.values()].filter(isPeer);
}

/** How many peers are linked. */
export function countPeers({ links }: Sessions): number {
  let count = 0;
  for (const session of links.values()) if (isPeer(session)) count++;
  return count;
}

/** The link to a peer, if there is one. */
export function linkTo({ links }: Sessions, id: Id): Session | undefined {
  for (const session of links.values()) if (session.peer === id && isPeer(session)) return session;
}

/** What the peer said when it went, "" where it said nothing. */
export function byeOf({ farewell }: Session): string {
  return farewell?.code ?? "";
}
