/** What happens to messages to one node, what they hand back, and what they may read. */

import type { Id, Json, LinkId, Source } from "../types.ts";
import type { Flow } from "../flow/slice.ts";
import type { Entry } from "../log/entry.ts";
import type { Membership } from "../membership/slice.ts";
import { isPeer, linkTo, type Session, type Sessions } from "../session/slice.ts";
import type { LineOf } from "../session/turn.ts";
import type { Out, RoomTurn, View } from "../wire/room.ts";
import type { Lane, Outgoing, Unicast } from "./slice.ts";
import { laneKey } from "./slice.ts";

/** A line that is handed on. */
export type RouteLine = LineOf<"route">;

export type UnicastEvent =
  /** New entries came on a link: it leads to their origins. */
  | { readonly kind: "learn"; readonly link: LinkId; readonly entries: readonly Entry[] }
  /** A link is no more. */
  | { readonly kind: "gone"; readonly link: LinkId }
  /** Something is to be said to one node. */
  | { readonly kind: "send"; readonly errand: Errand }
  /** A packet for this node came. */
  | { readonly kind: "packet"; readonly line: RouteLine }
  /** A packet goes one hop on. */
  | { readonly kind: "hand_on"; readonly line: RouteLine }
  /** What was delivered is printed when the output has taken so much. */
  | { readonly kind: "shown"; readonly lane: Lane; readonly print: number }
  /** What was delivered is for an app that is not here. */
  | { readonly kind: "refused"; readonly lane: Lane; readonly number: number }
  /** Time passed: what is due goes out. */
  | { readonly kind: "send_due" }
  /** Senders are told what was read. */
  | { readonly kind: "acknowledge" }
  /** Nothing goes out any more. */
  | { readonly kind: "give_up" }
  /** This node goes on under another id. */
  | { readonly kind: "renewed" }
  /** These origins are forgotten. */
  | { readonly kind: "departed"; readonly ids: ReadonlySet<Id> };

/** Something that is to be said to one node. */
export interface Errand {
  readonly app: string;
  readonly to: Id;
  readonly items: readonly Json[];
  readonly source: Source;
  readonly deadline_ms: number;
  /** Large, and not in a hurry: it goes in small portions beside everything else. */
  readonly bulk: boolean;
}

export type UnicastOut =
  | Out
  | { readonly kind: "hand_on"; readonly line: RouteLine }
  /** A line of others went out; `bytes` is 0 where nothing says how much is under way. */
  | {
    readonly kind: "handed_on";
    readonly link: LinkId;
    readonly bytes: number;
    readonly count: number;
  }
  /** Messages for an app of this node. */
  | {
    readonly kind: "message";
    readonly app: string;
    readonly lane: Lane;
    /** Of the packet. */
    readonly number: number;
    readonly name: string;
    readonly time_ms: number;
    readonly items: readonly Json[];
  }
  /** How an errand ended: `why` is null where it was delivered; `late` where it was tried. */
  | {
    readonly kind: "answered";
    readonly app: string;
    readonly source: Source;
    readonly to: Id;
    readonly why: string | null;
    readonly late: boolean;
  }
  /** These members are to speak, so that the way to them is learnt anew. */
  | { readonly kind: "seek"; readonly ids: readonly Id[] };

/** What it may read. */
export interface UnicastView extends View {
  readonly log: { readonly self: Id };
  readonly session: Sessions;
  readonly flow: Flow;
  readonly membership: Membership;
  readonly output: {
    readonly debt: { readonly unprinted_bytes: number; readonly answered: number };
  };
}

export type UnicastTurn = RoomTurn<Unicast, UnicastView, UnicastOut>;

/** The link by which a node is reached: its own, else the learnt one; null where none is known. */
export function nextHop({ routes }: Unicast, sessions: Sessions, to: Id): Session | null {
  const direct = linkTo(sessions, to);
  if (direct !== undefined) return direct;
  const route = routes.get(to);
  const session = route === undefined ? undefined : sessions.links.get(route.link);
  return session !== undefined && isPeer(session) ? session : null;
}

export function setOutgoing(turn: UnicastTurn, one: Outgoing): void {
  turn.own("outgoing").set(laneKey(one), one);
}
