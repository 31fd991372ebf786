/** What happens to what this node says, what it hands back, and what it may read. */

import type { Json, LinkId, Topic } from "../types.ts";
import type { Entry } from "../log/entry.ts";
import type { LogState } from "../log/slice.ts";
import type { Replication } from "../replication/slice.ts";
import type { Sessions } from "../session/slice.ts";
import type { LineOf } from "../session/turn.ts";
import type { Out, RoomTurn, View } from "../wire/room.ts";
import type { Publish } from "./slice.ts";

/** Says of one item after the other why it may not be published, or null. */
export type Refuse = (item: Json) => string | null;

export type PublishEvent =
  /** The user's own items: bad ones are refused by their tag, the rest go on. */
  | {
    readonly kind: "publish";
    readonly topic: Topic;
    readonly items: readonly Json[];
    readonly first_tag: number;
    readonly refuse: Refuse;
  }
  /** A guest's items: all of them are taken, or none. */
  | {
    readonly kind: "guest";
    readonly link: LinkId;
    readonly line: LineOf<"publish">;
    readonly refuse: Refuse;
    /** Why nothing of this guest is taken now, or null. */
    readonly busy: string | null;
  }
  /** Items of this program itself. */
  | { readonly kind: "draft"; readonly topic: Topic; readonly items: readonly Json[] }
  /** The next entry of a topic is made, if there is a draft. */
  | { readonly kind: "seal"; readonly topic: Topic }
  /** Some peer holds an own log up to a number. */
  | { readonly kind: "held"; readonly log: number; readonly seq: number }
  /** Guests hear of what is held by as many nodes as they asked for. */
  | { readonly kind: "answer" }
  /** A link is no more. */
  | { readonly kind: "gone"; readonly link: LinkId }
  /** The numbers of these logs will mean others. */
  | { readonly kind: "forget"; readonly indices: ReadonlySet<number> };

export type PublishOut =
  | Out
  /** An own entry, signed: it is delivered here like everywhere. */
  | { readonly kind: "entry"; readonly entry: Entry }
  /** A guest has a request more under way, or one less. */
  | { readonly kind: "request"; readonly link: LinkId; readonly more: 1 | -1 };

/** What it may read. */
export interface PublishView extends View {
  readonly log: LogState;
  readonly session: Sessions;
  readonly replication: Replication;
  readonly storage: { readonly settled: { readonly log: LogState } };
}

export type PublishTurn = RoomTurn<Publish, PublishView, PublishOut>;
