/**
 * Joining. A node tries the addresses that it was given, then those that trackers name, then the
 * members that it knew when it ran last. It keeps the link to the first that answers, gets in step
 * with it, and then links to its ten and says that it is there.
 */

import type { Address, Event } from "../types.ts";
import { logKey } from "../log/entry.ts";
import { hasOf } from "../replication/slice.ts";
import { byeOf, isPeer, type Session } from "../session/slice.ts";
import { renew } from "./key.ts";
import { isThere } from "./members.ts";
import { dialTrackers, hasAnswered, isUndecided, listedAddresses } from "./trackers.ts";
import {
  dial,
  end,
  endDial,
  lookAtOverlay,
  type MembershipTurn,
  setJoin,
  setKey,
  setLife,
} from "./turn.ts";
import { announce } from "./word.ts";
import { BOOK_TRIES_MAX, JOIN_TIMEOUT_MS, LOGS_MAX, STALE_WAIT_MS } from "../data/limits.ts";

/** The node accepts connections: it joins, or is the first of its network. */
export function start(turn: MembershipTurn, event: Extract<Event, { kind: "started" }>): void {
  const { config, session } = turn.view;
  const known = config.join.length + config.trackers.length + bookOf(turn).length > 0;
  if (session.place.address === null && !known) {
    turn.out({ kind: "settle_at", host: event.fallback_host });
  }
  setLife(turn, { phase: "joining" });
  dialTrackers(turn);
  joinNext(turn, config.join);
}

/** The join under way came to nothing: the next address, or the next way to find one. */
export function joinFailed(turn: MembershipTurn, why: string): void {
  const { under_way } = turn.slice.join;
  if (under_way === null) return;
  setJoin(turn, { under_way: null });
  endDial(turn, under_way.address);
  turn.notice({ kind: "join_failed", address: under_way.address, why });
  joinNext(turn, under_way.rest);
}

/** A tracker has answered, or failed: whoever waited for it goes on. */
export function joinFromTrackers(turn: MembershipTurn): void {
  const { life, join, key } = turn.slice;
  if (life.phase === "joining" && join.under_way === null && !key.renewing) seekFurther(turn);
}

/** The link of a join broke. */
export function joinLost(turn: MembershipTurn, session: Session): void {
  // Two nodes that join each other keep one link: the join goes on over that.
  const links = [...turn.view.session.links.values()];
  const other = links.find((one) => one.peer === session.peer && one.id !== session.id);
  if (byeOf(session) === "duplicate" && other !== undefined) return continueJoin(turn, other);
  joinFailed(turn, joinFault(session));
}

/** Notes what the joined peer has, from its first clock: everything up to there is history. */
export function aimJoin(
  turn: MembershipTurn,
  link: number,
  clock: readonly (readonly [string, number])[],
  complete: boolean,
): void {
  const { under_way } = turn.slice.join;
  if (under_way?.link !== link || under_way.target_complete) return;
  const target = [...under_way.target, ...clock].slice(0, LOGS_MAX);
  setJoin(turn, {
    under_way: { ...under_way, target, target_complete: complete, open: target.length },
  });
}

/** Goes on with a join: in step with the peer, or too late. */
export function advanceJoin(turn: MembershipTurn): void {
  const { under_way } = turn.slice.join, { log, session } = turn.view;
  if (under_way === null) return;
  let { open } = under_way;
  if (under_way.target_complete) {
    for (; open > 0; open--) {
      const [key, seq] = under_way.target[open - 1];
      const index = log.keys.find(key);
      if ((index < 0 ? log.forgotten.seqs.get(key) ?? 0 : log.clock[index]) < seq) break;
    }
    if (open === 0) return joined(turn, true);
  }
  const up = under_way.link !== null && session.links.get(under_way.link)?.stage === "up";
  // A join that goes on, however slowly, has as long as it needs.
  const moved = up && (log.totals.arrivals !== under_way.arrivals || open !== under_way.open);
  const deadline_ms = moved ? turn.now_ms + JOIN_TIMEOUT_MS : under_way.deadline_ms;
  if (turn.now_ms < deadline_ms) {
    setJoin(turn, {
      under_way: { ...under_way, open, arrivals: log.totals.arrivals, deadline_ms },
    });
    return turn.wakeAt(deadline_ms);
  }
  if (up) return joined(turn, false);
  if (under_way.link !== null) turn.close(under_way.link, "timeout", "no greeting in time");
  joinFailed(turn, `no answer within ${JOIN_TIMEOUT_MS / 1000} s`);
}

/** The node has a new key, and goes on under the new id. */
export function takeRenewed(turn: MembershipTurn, id: string): void {
  const joining = turn.slice.life.phase === "joining";
  const why = joining
    ? "this copy of its data may be old, and nobody could say how far its log goes"
    : "another copy of its data was used to sign";
  for (const link of turn.view.session.links.keys()) {
    turn.close(link, "left", "going on under a new id");
  }
  setKey(turn, { stale: false, renewing: false });
  turn.notice({ kind: "renewed", id, why });
  if (joining) enterNetwork(turn, new Map());
  else announce(turn);
  lookAtOverlay(turn);
}

function joinNext(turn: MembershipTurn, addresses: readonly Address[]): void {
  if (addresses.length === 0) return seekFurther(turn);
  const [address, ...rest] = addresses;
  const deadline_ms = turn.now_ms + JOIN_TIMEOUT_MS;
  const fresh = { link: null, target: [], target_complete: false, open: 0 };
  const { arrivals } = turn.view.log.totals;
  setJoin(turn, { under_way: { ...fresh, rest, address, deadline_ms, arrivals } });
  dial(turn, address, "");
  turn.wakeAt(deadline_ms);
}

/** Where else somebody to join may be found. */
function seekFurther(turn: MembershipTurn): void {
  const { join } = turn.slice;
  if (join.stage === "given") setJoin(turn, { stage: "trackers" });
  if (turn.slice.join.stage === "trackers") {
    if (isUndecided(turn)) return;
    setJoin(turn, { stage: "book" });
    const { address: own } = turn.view.session.place;
    const listed = listedAddresses(turn).filter((address) => address !== own);
    if (listed.length > 0) return joinNext(turn, listed.slice(0, BOOK_TRIES_MAX));
  }
  if (turn.slice.join.stage === "book") {
    setJoin(turn, { stage: "none" });
    const book = bookOf(turn);
    if (book.length > 0) return joinNext(turn, book.slice(0, BOOK_TRIES_MAX));
  }
  stayAlone(turn);
}

/** Nobody is there to be joined. */
function stayAlone(turn: MembershipTurn): void {
  const { config } = turn.view;
  const invited = hasAnswered(turn);
  // Who belonged to a network before may wait for the others alone.
  const belongs = [...turn.slice.members.by_id.values()].some(({ seq }) => seq > 0);
  const sought = config.join.length + config.trackers.length > 0 || bookOf(turn).length > 0;
  const ends = config.must_join && !invited && !belongs;
  if (sought && !(invited && listedAddresses(turn).length === 0)) {
    turn.notice({ kind: "alone", then: ends ? "end" : belongs ? "wait" : "begin" });
  }
  if (ends) return end(turn, true);
  if (turn.slice.key.stale) return renew(turn);
  enterNetwork(turn, new Map());
}

/** Addresses of members that were there when this node ran last. */
function bookOf(turn: MembershipTurn): Address[] {
  const { config, log, session } = turn.view;
  // Whoever is to link to nobody else waits for those it was told.
  if (config.overlay === "given") return [];
  const there = [...turn.slice.members.by_id.values()].filter((member) =>
    isThere(member) && member.id !== log.self && member.address !== session.place.address
  );
  const addresses = there.map((member) => member.address);
  return [...new Set(addresses)].filter((one) => !config.join.includes(one));
}

function continueJoin(turn: MembershipTurn, session: Session): void {
  const { log, replication } = turn.view, { id: link } = session;
  setJoin(turn, { under_way: { ...turn.slice.join.under_way!, link } });
  const replica = replication.links.get(link);
  if (replica === undefined || !replica.streaming || !isPeer(session)) return;
  const clock = log.heads.map(({ origin, topic }, index): [string, number] => [
    logKey(origin, topic),
    hasOf(replica, index),
  ]);
  aimJoin(turn, link, clock.filter(([, seq]) => seq > 0), true);
  turn.send(link, { k: "want", peers: true });
}

function joinFault(session: Session): string {
  const code = byeOf(session);
  if (code === "self") return "that is this node";
  if (code !== "") return session.farewell!.why || code;
  if (session.role === "tracker") return "that is a tracker; use --tracker";
  return session.stage === "up" ? "the link broke" : "it does not speak rumor, or closed the link";
}

function joined(turn: MembershipTurn, complete: boolean): void {
  const { log } = turn.view, { address, target } = turn.slice.join.under_way!;
  const clock = new Map<number, number>();
  for (const [key, seq] of target) {
    const index = log.keys.find(key);
    if (index >= 0) clock.set(index, seq);
  }
  turn.notice({ kind: "joined", address });
  setJoin(turn, { under_way: null });
  // The peer knew of own entries that it did not send.
  if (turn.slice.key.stale && !complete) return renew(turn);
  setKey(turn, { trusted_ms: turn.now_ms + STALE_WAIT_MS });
  enterNetwork(turn, clock);
}

/** From here on the node speaks. */
function enterNetwork(turn: MembershipTurn, history_clock: ReadonlyMap<number, number>): void {
  const { life } = turn.slice, { place } = turn.view.session;
  if (place.address === null) turn.out({ kind: "settle_at", host: place.fallback_host });
  if (life.phase !== "joining") return;
  const phase = life.leave_deadline_ms === Infinity ? "running" : "leaving";
  setLife(turn, { phase });
  turn.out({ kind: "entered", history_clock });
  lookAtOverlay(turn);
  // Where it is, is only known when that was handed on.
  if (phase === "running") turn.out({ kind: "announce" });
}
