/** Links that come, greet and go: which rooms hear of it, in which order. */

import type { Event, LinkId } from "../types.ts";
import { owedBytes } from "../flow/slice.ts";
import { pingMark } from "../repair/slice.ts";
import { isPeer, type Session } from "../session/slice.ts";
import type { NodeTurn } from "./turn.ts";

export function openLink(turn: NodeTurn, event: Extract<Event, { kind: "opened" }>): void {
  const { link, dialled } = event;
  turn.tell("flow", { kind: "opened", link });
  turn.tell("replication", { kind: "opened", link });
  turn.tell("membership", { kind: "opened", link, dialled });
  turn.tell("session", { kind: "opened", opened: event });
  if (event.lossy) turn.tell("repair", { kind: "opened", link });
}

/** The one place where a link leaves the rooms. */
export function forgetLink(turn: NodeTurn, link: LinkId): void {
  const session = turn.state.session.links.get(link);
  if (session === undefined) return;
  turn.tell("session", { kind: "gone", link });
  turn.tell("flow", { kind: "gone", link });
  turn.tell("replication", { kind: "gone", link });
  turn.tell("repair", { kind: "gone", link });
  turn.tell("publish", { kind: "gone", link });
  turn.tell("guests", { kind: "gone", link });
  turn.tell("unicast", { kind: "gone", link });
  turn.tell("broadcast", { kind: "gone", link });
  turn.tell("membership", { kind: "lost", session });
}

/** Somebody is there: a peer is told what is here. */
export function takeGreeted(turn: NodeTurn, session: Session): void {
  const { id: link, role } = session;
  if (role === "guest") turn.tell("guests", { kind: "greeted", link });
  else turn.tell("flow", { kind: "greeted", link });
  if (role !== "tracker") {
    turn.tell("replication", { kind: "greeted", link, guest: role === "guest" });
  }
  turn.tell("membership", { kind: "greeted", session });
}

export function ping(turn: NodeTurn, link: LinkId): void {
  const session = turn.state.session.links.get(link)!;
  turn.say(link, {
    k: "ping",
    x: pingMark(session, turn.state.flow.links.get(link)!.outward.sent_bytes, turn.now_ms),
  });
}

/** The node leaves all links. */
export function sayGoodbye(turn: NodeTurn): void {
  turn.tell("unicast", { kind: "give_up" });
  for (const session of turn.state.session.links.values()) {
    const { id: link } = session;
    // Whoever sent something last needs to know that it arrived.
    const owes = isPeer(session) && owedBytes(turn.state.flow.links.get(link)!.inward) > 0;
    if (owes) turn.tell("replication", { kind: "acknowledge", link, congestion: null });
    turn.close(link, "left", "leaving");
  }
}

/** Forgets the links that this event closes, which may close others, and notes on which it speaks. */
export function finishLinks(turn: NodeTurn): void {
  for (const link of turn.closing) forgetLink(turn, link);
  const links = turn.speaking;
  if (links.length > 0) turn.tell("session", { kind: "spoke", links });
}
