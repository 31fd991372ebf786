/** What happens on links that lose lines, what follows, and what repair may read. */

import type { LinkId } from "../types.ts";
import type { Congestion, Flow } from "../flow/slice.ts";
import type { LogState, StoredEntry } from "../log/slice.ts";
import type { Replication } from "../replication/slice.ts";
import type { Sessions } from "../session/slice.ts";
import type { Out, RoomTurn, View } from "../wire/room.ts";
import type { Repair } from "./slice.ts";

/** What happens on a link; nothing where it loses no lines. */
export type RepairEvent =
  | { readonly kind: "opened"; readonly link: LinkId }
  | { readonly kind: "gone"; readonly link: LinkId }
  /** Time passed: greetings are said again where they were not answered. */
  | { readonly kind: "greet" }
  /** The peer was sent the whole clock. */
  | {
    readonly kind: "first_clock";
    readonly link: LinkId;
    readonly lines: readonly Uint8Array[];
  }
  /** Whether the peer was asked for its list of peers and has not answered. */
  | { readonly kind: "wants_peers"; readonly link: LinkId; readonly wants: boolean }
  /** The peer acknowledged, so it has the whole clock. */
  | { readonly kind: "answered"; readonly link: LinkId }
  | { readonly kind: "pong"; readonly link: LinkId; readonly x: number }
  | {
    readonly kind: "streamed";
    readonly link: LinkId;
    readonly entries: readonly StoredEntry[];
  }
  /** The peer is sent again what it should have answered by now. */
  | { readonly kind: "serve"; readonly link: LinkId }
  /** The peer is told what came, if that is due. */
  | { readonly kind: "acknowledge"; readonly link: LinkId; readonly congestion: Congestion }
  /** The numbers of these logs will mean others. */
  | { readonly kind: "forget"; readonly indices: ReadonlySet<number> };

export type RepairOut =
  | Out
  | { readonly kind: "greet_again"; readonly link: LinkId }
  | { readonly kind: "offer_again"; readonly link: LinkId }
  /** So many bytes are at the peer. */
  | { readonly kind: "acked"; readonly link: LinkId; readonly bytes: number }
  /** The peer was told of what came, but for these logs. */
  | { readonly kind: "told"; readonly link: LinkId; readonly kept: ReadonlySet<number> }
  | {
    readonly kind: "reported";
    readonly link: LinkId;
    readonly bytes: number;
    readonly due_ms: number;
  };

/** What repair may read. */
export interface RepairView extends View {
  readonly log: LogState;
  readonly session: Sessions;
  readonly flow: Flow;
  readonly replication: Replication;
  readonly storage: {
    readonly settled: { readonly log: LogState };
    readonly fault: string | null;
  };
}

export type RepairTurn = RoomTurn<Repair, RepairView, RepairOut>;
