/** What happens to what peers have, what follows from it, and what it may read. */

import type { Id, LinkId, Topic } from "../types.ts";
import type { Congestion, Flow } from "../flow/slice.ts";
import type { Entry } from "../log/entry.ts";
import type { LogState, StoredEntry } from "../log/slice.ts";
import type { Sessions } from "../session/slice.ts";
import type { WireClock } from "../wire/line.ts";
import type { Out, RoomTurn, View } from "../wire/room.ts";
import type { IsLazy } from "./pump.ts";
import { type Replica, ReplicaEdit, type Replication } from "./slice.ts";

/** What happens on a link that is open. */
export type LinkEvent =
  & { readonly link: LinkId }
  & (
    /** The greeting is over; a guest has no clock, and follows what it asks for. */
    | { readonly kind: "greeted"; readonly guest: boolean }
    /** Entries came, and were given to the log. */
    | { readonly kind: "received"; readonly entries: readonly Entry[] }
    /** An entry came that was here already. */
    | { readonly kind: "seen"; readonly log: number; readonly seq: number }
    /** The peer says what it has; `complete` where streaming may begin. */
    | { readonly kind: "has"; readonly clock: WireClock; readonly complete: boolean }
    /** The peer misses logs, and wants them from where it has them. */
    | { readonly kind: "graft"; readonly clock: WireClock }
    /** The peer misses one entry. */
    | { readonly kind: "want"; readonly o: Id; readonly t: Topic; readonly s: number }
    /** A guest follows a topic. */
    | { readonly kind: "subscribe"; readonly t: Topic; readonly history?: number }
    /** The peer is to hear soon how far a log is. */
    | { readonly kind: "touch"; readonly log: number }
    /** The peer is shown why logs end. */
    | { readonly kind: "prove"; readonly window_bytes: number }
    /** The peer is told what came. */
    | { readonly kind: "acknowledge"; readonly congestion: Congestion }
    /** What was sent is to be acknowledged soon. */
    | { readonly kind: "ask_ack" }
    /** The peer was told, but for these logs. */
    | { readonly kind: "told"; readonly kept: ReadonlySet<number> }
    /** Where lines are lost, gaps are offered until they are answered. */
    | { readonly kind: "offer_again" }
  );

/** What goes out on a link. */
export interface StreamTo {
  readonly link: LinkId;
  readonly topics: readonly Topic[];
  readonly window_bytes: number;
  readonly isLazy: IsLazy;
}

export type ReplicationEvent =
  | LinkEvent
  | { readonly kind: "opened"; readonly link: LinkId }
  | { readonly kind: "gone"; readonly link: LinkId }
  /** What is new goes out, as far as the windows allow: on all links at once, as it costs little for each. */
  | { readonly kind: "stream"; readonly to: readonly StreamTo[] }
  /** Logs ended in forks: all peers are to be shown why. */
  | { readonly kind: "forked"; readonly log: number }
  /** The numbers of these logs will mean others; positions in these topics are no longer valid. */
  | {
    readonly kind: "forget";
    readonly indices: ReadonlySet<number>;
    readonly moved: readonly Topic[];
  };

export type ReplicationOut =
  | Out
  /** The whole clock, for a peer that was just greeted. */
  | {
    readonly kind: "first_clock";
    readonly link: LinkId;
    readonly lines: readonly Uint8Array[];
  }
  /** Entries went out that were not on the link before. */
  | {
    readonly kind: "streamed";
    readonly link: LinkId;
    readonly entries: readonly StoredEntry[];
  }
  /** Bytes of entries went out. */
  | { readonly kind: "sent"; readonly link: LinkId; readonly bytes: number }
  /** The flow of a link has news. */
  | { readonly kind: "ack_due"; readonly link: LinkId; readonly due_ms: number }
  | {
    readonly kind: "reported";
    readonly link: LinkId;
    readonly bytes: number;
    readonly due_ms: number;
  }
  | { readonly kind: "asked"; readonly link: LinkId };

/** What it may read. */
export interface ReplicationView extends View {
  readonly log: LogState;
  readonly session: Sessions;
  readonly flow: Flow;
  readonly storage: {
    /** What may be shown to others. */
    readonly settled: { readonly log: LogState };
    readonly fault: string | null;
  };
}

export type ReplicationTurn = RoomTurn<Replication, ReplicationView, ReplicationOut>;

/** Changes what one peer has. */
export function edit(
  turn: ReplicationTurn,
  link: LinkId,
  change: (edit: ReplicaEdit) => void,
): void {
  const { slice } = turn;
  const before = slice.links.get(link)!;
  const editing = new ReplicaEdit(before);
  change(editing);
  const after = editing.finish();
  if (after !== before) slice.links = slice.links.set(link, after);
}

/** What a peer has, where there is one. */
export function replicaOf({ slice }: ReplicationTurn, link: LinkId): Replica | undefined {
  return slice.links.get(link);
}
