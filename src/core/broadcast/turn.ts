/** What happens to the spreading, what it hands back, and what it may read. */

import type { Id, LinkId } from "../types.ts";
import type { SpreadKind } from "../data/config.ts";
import type { Gap } from "../data/stored.ts";
import type { Entry } from "../log/entry.ts";
import type { Head, LogState } from "../log/slice.ts";
import type { Replication } from "../replication/slice.ts";
import { isPeer, type Session, type Sessions } from "../session/slice.ts";
import type { LineOf } from "../session/turn.ts";
import type { WireClock } from "../wire/line.ts";
import type { Out, RoomTurn } from "../wire/room.ts";
import { type Branch, OPEN } from "./branch.ts";
import type { Broadcast } from "./slice.ts";

export type BroadcastEvent =
  /** New entries came on a link, or were made `HERE`. */
  | { readonly kind: "first"; readonly link: LinkId; readonly entries: readonly Entry[] }
  /** An entry of an origin came that is here already. */
  | { readonly kind: "again"; readonly link: LinkId; readonly origin: Id }
  | { readonly kind: "prune"; readonly link: LinkId; readonly origins: readonly Id[] }
  | { readonly kind: "graft"; readonly link: LinkId; readonly clock: WireClock }
  /** A peer announced how far its logs go. */
  | {
    readonly kind: "announced";
    readonly link: LinkId;
    readonly clock: readonly (readonly [string, number])[];
  }
  /** A peer says that it no longer has some entries. */
  | { readonly kind: "gap"; readonly link: LinkId; readonly line: LineOf<"gap"> }
  /** A link is no more. */
  | { readonly kind: "gone"; readonly link: LinkId }
  /** Entries were delivered that may be relayed. */
  | { readonly kind: "delivered"; readonly bytes: number; readonly own: boolean }
  /** Time passed: gaps and causes that do not come. */
  | { readonly kind: "gaps" }
  /** The causes of what waits first in a log were waited for long enough. */
  | { readonly kind: "expired"; readonly log: number }
  /** Time passed: grafts for what was announced and is not sent. */
  | { readonly kind: "graft_missing" }
  /** Prunes go out on a link. */
  | { readonly kind: "send_prunes"; readonly link: LinkId }
  /** Is what is new sent on now; the answer is the out `relay`, or none. */
  | { readonly kind: "relay" }
  /** These origins are forgotten. */
  | { readonly kind: "departed"; readonly ids: ReadonlySet<Id> };

export type BroadcastOut =
  | Out
  /** Entries are given up: nobody who is asked has them. */
  | { readonly kind: "skip"; readonly gap: Gap }
  /** The causes of what waits first in a log did not come; `gaps` are they. */
  | { readonly kind: "waive"; readonly log: number; readonly gaps: readonly Gap[] }
  /** What waits first in a log is looked at again. */
  | { readonly kind: "expire"; readonly log: number }
  /** A peer is to hear soon how far a log is. */
  | { readonly kind: "touch"; readonly link: LinkId; readonly log: number }
  | { readonly kind: "relay" };

/** What the rules of spreading read. It is little, so that simulations can show it to them, too. */
export interface SpreadView {
  readonly config: { readonly spread: SpreadKind; readonly batch_ms?: number };
  readonly now_ms: number;
  readonly log: KnownLogs;
  readonly session: { readonly links: Pick<Sessions["links"], "has"> & LinkTable };
  readonly replication: { readonly links: { get(link: LinkId): KnownBy | undefined } };
}

/** A link, as far as spreading is concerned. */
export type SpreadLink = Pick<Session, "id" | "role" | "stage" | "peer" | "lossy">;

interface LinkTable {
  get(link: LinkId): SpreadLink | undefined;
  values(): Iterable<SpreadLink>;
}

/** How far logs are here, by their numbers. */
export interface KnownLogs {
  readonly keys: { find(key: string): number };
  readonly heads: readonly Pick<Head, "origin" | "topic" | "fork">[];
  readonly clock: readonly number[];
  readonly forgotten: { readonly seqs: { get(key: string): number | undefined } };
  readonly pending: { readonly logs: { get(log: number): readonly Waits[] | undefined } };
}

interface Waits {
  readonly entry: { readonly seq: number };
}

/** How far logs are at a peer, by their numbers. */
interface KnownBy {
  readonly logs: { get(log: number): { readonly has: number } | undefined };
}

/** What it may read. */
export interface BroadcastView {
  readonly config: { readonly spread: SpreadKind; readonly batch_ms?: number };
  readonly now_ms: number;
  readonly log: LogState;
  readonly session: Sessions;
  readonly replication: Replication;
}

export type BroadcastTurn = RoomTurn<Broadcast, BroadcastView, BroadcastOut>;
/** The same for the rules of spreading: push.ts and graft.ts. */
export type SpreadTurn = RoomTurn<Broadcast, SpreadView, BroadcastOut>;

/** The links to peers. */
export function peerLinks({ view }: SpreadTurn): SpreadLink[] {
  return [...view.session.links.values()].filter(isPeer);
}

/** The tree of an origin, as it is seen from here. */
export function treeOf({ slice }: SpreadTurn, origin: Id): Branch {
  return slice.trees.get(origin) ?? OPEN;
}

export function setTree(turn: SpreadTurn, origin: Id, branch: Branch): void {
  if (treeOf(turn, origin) === branch) return;
  turn.slice.trees = turn.slice.trees.set(origin, branch);
}

/** How far a log is here; Infinity where nothing more of it is taken. */
export function reached({ view: { log } }: SpreadTurn, key: string): number {
  const index = log.keys.find(key);
  if (index < 0) return log.forgotten.seqs.get(key) ?? 0;
  return log.heads[index].fork === null ? log.clock[index] : Infinity;
}
