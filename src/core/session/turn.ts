/** What happens to the sessions, what they hand back, and what they may read. */

import type { Event, LinkId } from "../types.ts";
import type { Line } from "../wire/line.ts";
import type { Out, RoomTurn, View } from "../wire/room.ts";
import type { Session, Sessions } from "./slice.ts";

/** Lines of one kind. */
export type LineOf<K extends Line["k"]> = Extract<Line, { k: K }>;

export type SessionEvent =
  | { readonly kind: "opened"; readonly opened: Extract<Event, { kind: "opened" }> }
  | { readonly kind: "heard"; readonly link: LinkId }
  | { readonly kind: "spoke"; readonly links: Iterable<LinkId> }
  | {
    readonly kind: "hello";
    readonly link: LinkId;
    readonly hello: LineOf<"hello">;
    /** What the other rooms think of whoever says it. */
    readonly guess: { readonly stray: boolean; readonly tracker: boolean };
  }
  | { readonly kind: "proof"; readonly link: LinkId; readonly proof: LineOf<"proof"> }
  | { readonly kind: "bye"; readonly link: LinkId; readonly bye: LineOf<"bye"> }
  /** Where lines are lost, the own half of the greeting is said until it is answered. */
  | { readonly kind: "greet_again"; readonly link: LinkId }
  /** Where this node is to be dialled, as far as it is known now. */
  | {
    readonly kind: "placed";
    readonly host: string | null;
    readonly fallback_host: string;
    readonly port: number;
  }
  | { readonly kind: "settled_at"; readonly host: string }
  | { readonly kind: "gone"; readonly link: LinkId }
  /** `late_ms` says how much later than asked for the tick came. */
  | { readonly kind: "watch"; readonly late_ms: number };

export type SessionOut =
  | Out
  /** A peer, a tracker or a guest is there. */
  | { readonly kind: "greeted"; readonly session: Session }
  /** Nothing was heard for a while; the answer acknowledges, too. */
  | { readonly kind: "ping"; readonly link: LinkId };

/** What the sessions may read. */
export interface SessionView extends View {
  readonly log: { readonly self: string };
}

export type SessionTurn = RoomTurn<Sessions, SessionView, SessionOut>;

/** Replaces a session. */
export function setSession(turn: SessionTurn, session: Session): Session {
  turn.slice.links = turn.slice.links.set(session.id, session);
  return session;
}
