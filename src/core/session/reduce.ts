/** The door of the sessions: connections come, greet, live and go. */

import { type Reduced, RoomTurn } from "../wire/room.ts";
import {
  closeStrangers,
  farewell,
  greetAgain,
  openLink,
  place,
  settleAt,
  takeHello,
  takeProof,
} from "./greeting.ts";
import { keepLinksAlive } from "./heartbeat.ts";
import type { Sessions } from "./slice.ts";
import {
  type SessionEvent,
  type SessionOut,
  type SessionTurn,
  type SessionView,
  setSession,
} from "./turn.ts";

/** What the sessions do about an event. */
export function reduceSession(
  before: Sessions,
  event: SessionEvent,
  view: SessionView,
): Reduced<Sessions, SessionOut> {
  const turn: SessionTurn = new RoomTurn(before, { ...before }, view);
  handle(turn, event);
  return turn.finish();
}

function handle(turn: SessionTurn, event: SessionEvent): void {
  const { slice, now_ms } = turn;
  switch (event.kind) {
    case "opened":
      return openLink(turn, event.opened);
    case "placed":
      return place(turn, event.host, event.fallback_host, event.port);
    case "settled_at":
      return settleAt(turn, event.host);
    case "gone":
      slice.links = slice.links.without(event.link);
      return;
    case "watch":
      closeStrangers(turn);
      return keepLinksAlive(turn, event.late_ms);
    case "spoke":
      for (const id of event.links) {
        const session = slice.links.get(id);
        if (session === undefined || session.pulse.spoke_ms === now_ms) continue;
        setSession(turn, { ...session, pulse: { ...session.pulse, spoke_ms: now_ms } });
      }
      return;
  }
  const session = slice.links.get(event.link);
  if (session === undefined) return;
  switch (event.kind) {
    case "heard":
      if (session.pulse.heard_ms === now_ms) return;
      return void setSession(turn, { ...session, pulse: { ...session.pulse, heard_ms: now_ms } });
    case "hello":
      return takeHello(turn, session, event.hello, event.guess);
    case "proof":
      return takeProof(turn, session, event.proof);
    case "bye":
      return farewell(turn, session, event.bye);
    case "greet_again":
      return greetAgain(turn, session);
  }
}
