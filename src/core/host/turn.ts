/** What happens to the apps, what they want, and what is shown to them. */

import type { Id, Json, LinkId, Source, Topic } from "../types.ts";
import type { AppRow, Kept } from "../data/stored.ts";
import type { Delivered, LogState } from "../log/slice.ts";
import type { Membership } from "../membership/slice.ts";
import { peersOf, type Sessions } from "../session/slice.ts";
import type { Errand, UnicastOut } from "../unicast/turn.ts";
import type { Out, RoomTurn, View } from "../wire/room.ts";
import type { AppView } from "./app.ts";
import type { Host } from "./slice.ts";

export type HostEvent =
  | { readonly kind: "delivered"; readonly delivered: readonly Delivered[] }
  /** There are two versions of the entry `seq`. */
  | { readonly kind: "forked"; readonly origin: Id; readonly topic: Topic; readonly seq: number }
  | {
    readonly kind: "message";
    readonly app: string;
    readonly from: Id;
    readonly name: string;
    readonly time_ms: number;
    readonly items: readonly Json[];
  }
  | {
    readonly kind: "request";
    readonly app: string;
    readonly request: Json;
    readonly source: Source;
  }
  /** A guest left before all that it wanted was answered. */
  | { readonly kind: "gone"; readonly link: LinkId }
  | {
    readonly kind: "sent";
    readonly app: string;
    readonly tag: number;
    readonly why: string | null;
  }
  | {
    readonly kind: "worked";
    readonly job: number;
    readonly result: unknown;
    readonly fault: string | null;
    readonly done: boolean;
  }
  | { readonly kind: "restored"; readonly kept: readonly Kept[] }
  /** The node begins. */
  | { readonly kind: "started" }
  /** Time passed: who wanted to be woken. */
  | { readonly kind: "wake" };

export type HostOut =
  | Out
  | { readonly kind: "publish"; readonly topic: Topic; readonly items: readonly Json[] }
  | { readonly kind: "send_message"; readonly errand: Errand }
  /** How a request ended, as an errand does. */
  | Extract<UnicastOut, { kind: "answered" }>
  | { readonly kind: "work"; readonly app: string; readonly job: number; readonly task: unknown }
  | { readonly kind: "cancel"; readonly job: number }
  | {
    readonly kind: "record";
    readonly app: string;
    readonly record: Json;
    readonly bytes: number;
  }
  /** Something for the disk. */
  | { readonly kind: "keep"; readonly kept: readonly Kept[]; readonly rows: readonly AppRow[] };

/** What it may read. */
export interface HostView extends View {
  readonly log: LogState;
  readonly session: Sessions;
  readonly membership: Membership;
}

export type HostTurn = RoomTurn<Host, HostView, HostOut>;

/** What an app is shown; `states` are what it and those below it made of what was delivered. */
export function appView(
  { config, env, now_ms, log, session, membership }: HostView,
  { apps }: Pick<Host, "apps">,
  states: Host["states"],
): AppView {
  return {
    env,
    self: log.self,
    name: config.name,
    now_ms,
    network: config.network,
    front: config.front,
    members: membership.members.by_id,
    get neighbours() {
      return peersOf(session).map(({ peer }) => peer);
    },
    below: (name) => apps.find((app) => app.name === name)?.offers?.(states.get(name)),
  };
}
