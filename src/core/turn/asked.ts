/** What the user, guests and apps want: what may be published, and how something ended. */

import type { Topic } from "../types.ts";
import { refuser } from "../host/refuse.ts";
import type { HostOut } from "../host/turn.ts";
import type { Refuse } from "../publish/turn.ts";
import type { NodeTurn } from "./turn.ts";

/** Tells of one item after the other why it may not be published in a topic, or null. */
export function refuserOf({ state }: NodeTurn, topic: Topic): Refuse {
  return refuser(state.host, state.log, state.publish, topic);
}

/** How something ended that the user, a guest or an app wanted. */
export function answer(
  turn: NodeTurn,
  { app, source, to, why, late }: Extract<HostOut, { kind: "answered" }>,
): void {
  if (source.kind === "guest") {
    const { link, request: number } = source;
    return turn.tell("guests", { kind: "answered", link, number, why, late });
  }
  if (source.kind === "app") return turn.tell("host", { ...source, kind: "sent", why });
  const { tag } = source;
  if (why === null) return turn.effect({ kind: "notice", notice: { kind: "done", tag } });
  if (to === "") turn.effect({ kind: "notice", notice: { kind: "refused", source, why } });
  else turn.effect({ kind: "notice", notice: { kind: "undelivered", app, to, tag, why } });
}
