/** What happens on links, as far as bytes go. */

import type { LinkId } from "../types.ts";
import type { Out, RoomTurn, View } from "../wire/room.ts";
import type { Flow } from "./slice.ts";

/** What happens on a link. */
export type FlowEvent =
  & { readonly link: LinkId }
  & (
    | { readonly kind: "opened" | "gone" | "greeted" | "asked" }
    /** The peer says that it took so many bytes in all. */
    | { readonly kind: "acked"; readonly bytes: number }
    /** Entries went out. */
    | { readonly kind: "sent"; readonly bytes: number }
    /** A line of others went out; `bytes` is 0 where nothing says how much is under way. */
    | { readonly kind: "handed_on"; readonly bytes: number; readonly count: number }
    /** Bytes came that are owed an acknowledgement, soon. */
    | { readonly kind: "taken"; readonly bytes: number; readonly within_ms: number }
    /** An acknowledgement is due at a time, or sooner. */
    | { readonly kind: "due"; readonly due_ms: number }
    /** So many bytes were acknowledged, and when the next time is due. */
    | { readonly kind: "reported"; readonly bytes: number; readonly due_ms: number }
    /** The peer sent a control line. */
    | { readonly kind: "control" }
  );

export type FlowTurn = RoomTurn<Flow, View, Out>;
