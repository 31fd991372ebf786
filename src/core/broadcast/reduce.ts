/** The door of the broadcast: how entries spread, and what is done about what does not come. */

import { type Reduced, RoomTurn } from "../wire/room.ts";
import { acceptGaps, askForCauses, expire, takeGap } from "./gaps.ts";
import { closeLink, graftMissing, takeAnnounced } from "./graft.ts";
import { sendPrunes, takeAgain, takeFirst, takeGraft, takePrune } from "./push.ts";
import { relay, takeDelivered } from "./relay.ts";
import type { Broadcast } from "./slice.ts";
import type { BroadcastEvent, BroadcastOut, BroadcastTurn, BroadcastView } from "./turn.ts";

/** What the broadcast does about an event. */
export function reduceBroadcast(
  before: Broadcast,
  event: BroadcastEvent,
  view: BroadcastView,
): Reduced<Broadcast, BroadcastOut> {
  const turn: BroadcastTurn = new RoomTurn(before, { ...before }, view);
  handle(turn, event);
  return turn.finish();
}

function handle(turn: BroadcastTurn, event: BroadcastEvent): void {
  switch (event.kind) {
    case "first":
      return takeFirst(turn, event.link, event.entries);
    case "again":
      return takeAgain(turn, event.link, event.origin);
    case "prune":
      return takePrune(turn, event.link, event.origins);
    case "graft":
      return takeGraft(turn, event.link, Object.keys(event.clock));
    case "announced":
      return takeAnnounced(turn, event.link, event.clock);
    case "gap":
      return takeGap(turn, event.link, event.line);
    case "gone":
      return closeLink(turn, event.link);
    case "delivered":
      return takeDelivered(turn, event.bytes, event.own);
    case "gaps":
      acceptGaps(turn);
      return askForCauses(turn);
    case "expired":
      return expire(turn, event.log);
    case "graft_missing":
      return turn.slice.missing.size > 0 ? graftMissing(turn) : undefined;
    case "send_prunes":
      return sendPrunes(turn, event.link);
    case "relay":
      return relay(turn);
    case "departed":
      for (const id of event.ids) turn.slice.trees = turn.slice.trees.delete(id);
  }
}
