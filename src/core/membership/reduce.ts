/** The door of the membership: who is there, who is missed, whom to link to, when to go. */

import { type Reduced, RoomTurn } from "../wire/room.ts";
import { forgetDeparted } from "./depart.ts";
import { advanceJoin, aimJoin, joinFromTrackers, start, takeRenewed } from "./join.ts";
import { endStale, renew } from "./key.ts";
import { advanceLeave, beginLeave } from "./leave.ts";
import { dialFailed, greeted, lost, opened } from "./links.ts";
import { introduce, sendPeers } from "./lists.ts";
import { keepOverlay } from "./overlay.ts";
import { refute, takePresence } from "./presence.ts";
import { reviveLinked } from "./revive.ts";
import type { Membership } from "./slice.ts";
import { watchMembers } from "./suspicion.ts";
import { keepTrackers, takeListed } from "./trackers.ts";
import {
  type MembershipEvent,
  type MembershipOut,
  type MembershipTurn,
  type MembershipView,
  setKey,
} from "./turn.ts";
import { announce, seek } from "./word.ts";

/** What the membership does about an event. */
export function reduceMembership(
  before: Membership,
  event: MembershipEvent,
  view: MembershipView,
): Reduced<Membership, MembershipOut> {
  const turn: MembershipTurn = new RoomTurn(before, { ...before }, view);
  handle(turn, event);
  // Whatever became of a tracker, a join may wait for it.
  if (turn.slice.trackers !== before.trackers) joinFromTrackers(turn);
  return turn.finish();
}

function handle(turn: MembershipTurn, event: MembershipEvent): void {
  switch (event.kind) {
    case "started":
      return start(turn, event.started);
    case "restored":
      return setKey(turn, { stale: event.stale });
    case "opened":
      return event.dialled === null ? undefined : opened(turn, event.link, event.dialled);
    case "dial_failed":
      return dialFailed(turn, event.address, event.why);
    case "greeted":
      return greeted(turn, event.session);
    case "lost":
      return lost(turn, event.session);
    case "presence":
      return event.entries.forEach((entry) => takePresence(turn, entry));
    case "peers":
      return introduce(turn, event.line.p);
    case "listed":
      return takeListed(turn, event.session, event.line);
    case "ask_peers":
      return sendPeers(turn, event.link);
    case "clock":
      return aimJoin(turn, event.link, event.clock, event.complete);
    case "forged":
      return renew(turn);
    case "renewed":
      return takeRenewed(turn, event.id);
    case "announce":
      return announce(turn);
    case "seek":
      return seek(turn, event.ids);
    case "leave":
      return beginLeave(turn, event.deadline_ms);
    case "watch":
      // In this order, because what one finds out the next acts on: who is gone, who is suspected,
      // who doubts this node, who is called failed though it is linked.
      keepTrackers(turn);
      watchMembers(turn);
      refute(turn);
      return reviveLinked(turn);
    case "advance":
      advanceJoin(turn);
      return endStale(turn);
    case "overlay":
      return keepOverlay(turn);
    case "leave_on":
      return advanceLeave(turn, event.debts);
    case "depart":
      return forgetDeparted(turn);
  }
}
