/** What links that come and go say of members. */

import type { Address, Id, LinkId } from "../types.ts";
import { byeOf, type Session } from "../session/slice.ts";
import { joinFailed, joinLost } from "./join.ts";
import { type Member, namedMember, removeMembers, speak } from "./members.ts";
import { isTracker, type Membership } from "./slice.ts";
import { missMember } from "./suspicion.ts";
import { trackerFailed, trackerLinked } from "./trackers.ts";
import {
  endDial,
  isLinked,
  lookAtOverlay,
  type MembershipTurn,
  noteJoinId,
  pauseAfter,
  putMember,
  setJoin,
} from "./turn.ts";
import { DIAL_FAILURES_MAX } from "../data/limits.ts";

/** A connection is open; whom it was dialled for is remembered. */
export function opened(turn: MembershipTurn, link: LinkId, dialled: Address): void {
  const { slice } = turn;
  const expected = slice.dials.open.get(dialled) ?? "";
  endDial(turn, dialled);
  if (expected !== "") {
    const all = new Map(slice.dials.expected).set(link, expected);
    slice.dials = { ...slice.dials, expected: all };
  }
  const { under_way } = slice.join;
  if (under_way?.address === dialled && under_way.link === null) {
    setJoin(turn, { under_way: { ...under_way, link } });
  }
}

/** Nobody answered at an address. */
export function dialFailed(turn: MembershipTurn, address: Address, why: string): void {
  const { slice } = turn, { under_way } = slice.join;
  if (isTracker(slice, address)) return trackerFailed(turn, address, why);
  if (under_way?.address === address && under_way.link === null) return joinFailed(turn, why);
  const id = slice.dials.open.get(address);
  endDial(turn, address);
  if (id) noteFailure(turn, id);
}

/** Whether somebody answers in place of a lost member, to whom no link, or no second, is wanted. */
export function isStray(
  { dials }: Membership,
  { overlay, join }: { readonly overlay: string; readonly join: readonly Address[] },
  { id, dialled }: Session,
  linked: boolean,
  peer: Id,
): boolean {
  const expected = dials.expected.get(id) ?? "";
  if (overlay !== "given" || expected === "" || expected === peer) return false;
  return !join.includes(dialled!) || linked;
}

/** A link to a member came up. */
export function greeted(turn: MembershipTurn, session: Session): void {
  const { slice } = turn, { peer, address, dialled, id, role } = session;
  if (role === "tracker") return trackerLinked(turn, dialled!);
  if (role !== "peer") return;
  const expected = slice.dials.expected.get(id) ?? "";
  // Somebody else lives at that address now.
  if (expected !== "" && expected !== peer) {
    const other = slice.members.by_id.get(expected);
    if (other) putMember(turn, { ...other, lost: true });
    noteFailure(turn, expected);
  }
  if (dialled !== null) noteJoinId(turn, dialled, peer);
  const known = slice.members.by_id.get(peer) ?? namedMember(peer, address, turn.now_ms);
  const calm = { failures: 0, retry_ms: 0, lost: false, suspected: 0 };
  putMember(turn, { ...known, ...calm, address: known.seq > 0 ? known.address : address });
  lookAtOverlay(turn);
  const wants = slice.join.under_way?.link === id;
  if (wants) turn.out({ kind: "want_peers", link: id, wants });
}

/** A link is no more. */
export function lost(turn: MembershipTurn, session: Session): void {
  const { slice } = turn, { id, dialled, peer } = session;
  const expected = forgetExpected(turn, id);
  lookAtOverlay(turn);
  if (dialled !== null) endDial(turn, dialled);
  if (slice.life.phase === "done") return;
  if (isTracker(slice, dialled)) return trackerFailed(turn, dialled, trackerFault(session));
  const code = byeOf(session);
  // Of an address that is this node's own nothing more can be had.
  if (code === "self" && dialled !== null) noteJoinId(turn, dialled, turn.view.log.self);
  if (slice.join.under_way?.link === id) return joinLost(turn, session);
  const member = slice.members.by_id.get(peer);
  if (session.stage !== "up") {
    // Who has not proved its id says nothing of whom that belongs to.
    if (expected !== "") noteFailure(turn, expected);
  } else if (code === "left") {
    // A polite goodbye is believed; everything else is dialled again.
    if (member?.state === "named") removeMember(turn, member.id);
    else if (member) believeLeft(turn, member);
  } else if (member && code !== "duplicate" && !isLinked(turn, member.id)) {
    // At once, because it is not known yet whether the peer is gone, or only the link.
    const retry_ms = turn.now_ms + pauseAfter(turn, 0);
    putMember(turn, { ...member, lost: member.lost || code !== "surplus", retry_ms });
    if (session.farewell?.died) missMember(turn, member.id);
  }
}

function noteFailure(turn: MembershipTurn, id: Id): void {
  const member = turn.slice.members.by_id.get(id);
  if (member === undefined) return;
  const failures = member.failures + 1;
  lookAtOverlay(turn);
  // Somebody who was only named, and is not there, was perhaps never there.
  if (member.state === "named" && failures >= DIAL_FAILURES_MAX) return removeMember(turn, id);
  putMember(turn, { ...member, failures, retry_ms: turn.now_ms + pauseAfter(turn, failures) });
  const missed = member.lost || member.state === "suspect" || failures >= DIAL_FAILURES_MAX;
  if (missed && !isLinked(turn, id)) missMember(turn, id);
}

/** Somebody said goodbye on its link; its entry that says so is on its way. */
function believeLeft(turn: MembershipTurn, member: Member): void {
  const left = speak(member, { ...member, seq: member.seq + 1, left: true }, turn.now_ms);
  // Only its own entry counts up its incarnation.
  putMember(turn, { ...left, seq: member.seq });
}

function removeMember(turn: MembershipTurn, id: Id): void {
  turn.slice.members = removeMembers(turn.slice.members, new Set([id]));
}

function forgetExpected({ slice }: MembershipTurn, link: LinkId): Id | "" {
  const known = slice.dials.expected.get(link);
  if (known === undefined) return "";
  const expected = new Map(slice.dials.expected);
  expected.delete(link);
  slice.dials = { ...slice.dials, expected };
  return known;
}

function trackerFault(session: Session): string {
  if (session.role === "peer") return "that is a node, not a tracker; use --join";
  const { code = "", why = "" } = session.farewell ?? {};
  return why || code || "it does not speak rumor, or closed the link";
}
