/** What happens to guests, what they want, and what may be read for them. */

import type { Json, LinkId, Right, Source } from "../types.ts";
import type { LineOf } from "../session/turn.ts";
import type { Out, RoomTurn } from "../wire/room.ts";
import type { QuestionView } from "./questions.ts";
import type { Guests } from "./slice.ts";

export type GuestEvent =
  & { readonly link: LinkId }
  & (
    | { readonly kind: "greeted" | "gone" }
    | { readonly kind: "ask"; readonly line: LineOf<"ask"> }
    | { readonly kind: "publish"; readonly line: LineOf<"publish"> }
    | { readonly kind: "request"; readonly line: LineOf<"request"> }
    /** What it handed over to be published is under way, or was answered for. */
    | { readonly kind: "published"; readonly more: 1 | -1 }
    /** How a request ended: `why` is null where it was done. */
    | {
      readonly kind: "answered";
      readonly number: number;
      readonly why: string | null;
      readonly late: boolean;
    }
  );

export type GuestOut =
  | Out
  /** A guest's items; `busy` says why nothing of it is taken now. */
  | {
    readonly kind: "guest_items";
    readonly link: LinkId;
    readonly line: LineOf<"publish">;
    readonly busy: string | null;
  }
  /** Its link is gone while it waits: whatever it wanted, nobody reads the answer. */
  | { readonly kind: "guest_gone"; readonly link: LinkId }
  /** Something that a guest wants of an app. */
  | {
    readonly kind: "guest_request";
    readonly app: string;
    readonly request: Json;
    readonly source: Source;
  };

/** What may be read for guests. */
export interface GuestView extends QuestionView {
  readonly storage: { readonly fault: string | null };
  /** Which right is needed to hand a request to an app; null where there is no such app. */
  readonly rightFor: (app: string, request: Json) => Right | null;
}

export type GuestTurn = RoomTurn<Guests, GuestView, GuestOut>;
