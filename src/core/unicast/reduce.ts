/** The door of unicast: ways are learnt, messages to one node go out, come in, and are answered. */

import { type Reduced, RoomTurn } from "../wire/room.ts";
import { acknowledge, noteRefused, noteShown, takePacket } from "./incoming.ts";
import { dropErrands, giveUp, repackAll, sendDue, takeErrand } from "./outgoing.ts";
import { forgetRoutes, handOn, learnRoutes } from "./routes.ts";
import type { Unicast } from "./slice.ts";
import type { UnicastEvent, UnicastOut, UnicastTurn, UnicastView } from "./turn.ts";

/** What unicast does about an event. */
export function reduceUnicast(
  before: Unicast,
  event: UnicastEvent,
  view: UnicastView,
): Reduced<Unicast, UnicastOut> {
  const turn: UnicastTurn = new RoomTurn(before, { ...before }, view);
  handle(turn, event);
  return turn.finish();
}

function handle(turn: UnicastTurn, event: UnicastEvent): void {
  switch (event.kind) {
    case "learn":
      return learnRoutes(turn, event.link, event.entries);
    case "gone":
      forgetRoutes(turn, event.link);
      return dropErrands(turn, event.link);
    case "send":
      return takeErrand(turn, event.errand);
    case "packet":
      return takePacket(turn, event.line);
    case "hand_on":
      return handOn(turn, event.line);
    case "shown":
      return noteShown(turn, event.lane, event.print);
    case "refused":
      return noteRefused(turn, event.lane, event.number);
    case "send_due":
      return sendDue(turn);
    case "acknowledge":
      return acknowledge(turn);
    case "give_up":
      return giveUp(turn);
    case "renewed":
      return repackAll(turn);
    case "departed":
      for (const id of event.ids) {
        if (turn.slice.routes.has(id)) turn.own("routes").delete(id);
      }
  }
}
