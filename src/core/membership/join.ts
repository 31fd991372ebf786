/**
 * Joining. A node tries the addresses that it was given, then those that trackers name, then the
 * members that it knew when it ran last. It keeps the link to the first that answers, gets in step
 * with it, and then links to its ten and says that it is there.
 */

import type { Address, Event } from "../types.ts";
import { logKey } from "../log/entry.ts";
import { isPeer, type Link } from "../session/link.ts";
import { beginPrinting } from "../output/front.ts";
import { endDial, setAddress } from "../session/greeting.ts";
import { renameSelf } from "../log/log.ts";
import { isThere } from "./members.ts";
import { dial } from "./overlay.ts";
import { announce } from "./presence.ts";
import { repack } from "../unicast/sender.ts";
import { finishRestore } from "../storage/restore.ts";
import { dialTrackers, hasAnswered, isUndecided, listedAddresses } from "./trackers.ts";
import type { Turn } from "../state.ts";
import { BOOK_TRIES_MAX, JOIN_TIMEOUT_MS, LOGS_MAX, STALE_WAIT_MS } from "../data/limits.ts";

/** The node accepts connections: it joins, or is the first of its network. */
export function start(turn: Turn, event: Extract<Event, { kind: "started" }>): void {
  const { state } = turn;
  finishRestore(turn);
  state.port = event.port;
  state.fallback_host = event.fallback_host;
  state.front = { ...state.front, progress_ms: turn.now_ms };
  if (state.address !== null) turn.notice({ kind: "listening", address: state.address });
  else if (event.host !== null) setAddress(turn, event.host);
  else if (state.config.join.length + state.config.trackers.length + bookOf(turn).length === 0) {
    setAddress(turn, event.fallback_host);
  }
  state.phase = "joining";
  dialTrackers(turn);
  joinNext(turn, state.config.join);
}

/** The join under way came to nothing: the next address, or the next way to find one. */
export function joinFailed(turn: Turn, why: string): void {
  const { joining } = turn.state;
  if (joining === null) return;
  turn.state.joining = null;
  endDial(turn, joining.address);
  turn.notice({ kind: "join_failed", address: joining.address, why });
  joinNext(turn, joining.rest);
}

/** A tracker has answered, or failed: whoever waited for it goes on. */
export function joinFromTrackers(turn: Turn): void {
  const { state } = turn;
  if (state.phase === "joining" && state.joining === null && !state.renewing) seekFurther(turn);
}

/** The link of a join broke. */
export function joinLost(turn: Turn, link: Link): void {
  const { state } = turn;
  // Two nodes that join each other keep one link: the join goes on over that.
  const other = [...state.links.values()].find((one) => one.peer === link.peer);
  if (link.bye === "duplicate" && other !== undefined) return continueJoin(turn, other);
  joinFailed(turn, joinFault(link));
}

/** Notes what the joined peer has, from its first clock: everything up to there is history. */
export function aimJoin(
  turn: Turn,
  link: Link,
  clock: readonly (readonly [string, number])[],
  complete: boolean,
): void {
  const { joining } = turn.state;
  if (joining?.link !== link.id || joining.target_complete) return;
  const target = [...joining.target, ...clock].slice(0, LOGS_MAX);
  turn.state.joining = { ...joining, target, target_complete: complete, open: target.length };
}

/** Goes on with a join: in step with the peer, or too late. */
export function advanceJoin(turn: Turn): void {
  const { state } = turn;
  const { joining, log } = state;
  if (joining === null) return;
  let { open } = joining;
  if (joining.target_complete) {
    for (; open > 0; open--) {
      const [key, seq] = joining.target[open - 1];
      const index = log.keys.find(key);
      if ((index < 0 ? log.forgotten.seqs.get(key) ?? 0 : log.clock[index]) < seq) break;
    }
    if (open === 0) return joined(turn, true);
  }
  const up = joining.link !== null && state.links.get(joining.link)?.stage === "up";
  // A join that goes on, however slowly, has as long as it needs.
  const moved = up && (log.arrivals !== joining.arrivals || open !== joining.open);
  const deadline_ms = moved ? turn.now_ms + JOIN_TIMEOUT_MS : joining.deadline_ms;
  if (turn.now_ms < deadline_ms) {
    state.joining = { ...joining, open, arrivals: log.arrivals, deadline_ms };
    return turn.wakeAt(deadline_ms);
  }
  if (up) return joined(turn, false);
  if (joining.link !== null) turn.close(joining.link, "timeout", "no greeting in time");
  joinFailed(turn, `no answer within ${JOIN_TIMEOUT_MS / 1000} s`);
}

/** The node has a new key, and goes on under the new id. */
export function takeRenewed(turn: Turn, id: string): void {
  const { state } = turn;
  const why = state.phase === "joining"
    ? "this copy of its data may be old, and nobody could say how far its log goes"
    : "another copy of its data was used to sign";
  for (const link of state.links.values()) turn.close(link.id, "left", "going on under a new id");
  state.config = { ...state.config, id };
  state.log = renameSelf(state.log, id);
  state.settled = { ...state.settled, log: renameSelf(state.settled.log, id) };
  state.stale = false;
  state.renewing = false;
  // What is in flight names the old id as its sender: it is sealed anew.
  for (const one of state.outgoing.values()) {
    turn.own("outgoing").set(one.peer, repack(one, ""));
  }
  // What was being signed is signed again, by the new key.
  for (const [topic, draft] of state.drafts) {
    turn.own("drafts").set(topic, { ...draft, signing: null });
  }
  turn.notice({ kind: "renewed", id, why });
  if (state.phase === "joining") enterNetwork(turn, new Map());
  else announce(turn);
  state.overlay_ms = 0;
}

/** This node's key may have signed more than is known here: it must not sign with it again. */
export function renew(turn: Turn): void {
  if (turn.state.renewing) return;
  turn.state.renewing = true;
  turn.effect({ kind: "renew" });
}

function joinNext(turn: Turn, addresses: readonly Address[]): void {
  const { state } = turn;
  if (addresses.length === 0) return seekFurther(turn);
  const [address, ...rest] = addresses;
  const deadline_ms = turn.now_ms + JOIN_TIMEOUT_MS;
  const fresh = { link: null, target: [], target_complete: false, open: 0 };
  state.joining = { ...fresh, rest, address, deadline_ms, arrivals: state.log.arrivals };
  dial(turn, address, "");
  turn.wakeAt(deadline_ms);
}

/** Where else somebody to join may be found. */
function seekFurther(turn: Turn): void {
  const { state } = turn;
  if (state.join_stage === "given") state.join_stage = "trackers";
  if (state.join_stage === "trackers") {
    if (isUndecided(turn)) return;
    state.join_stage = "book";
    const listed = listedAddresses(turn).filter((address) => address !== state.address);
    if (listed.length > 0) return joinNext(turn, listed.slice(0, BOOK_TRIES_MAX));
  }
  if (state.join_stage === "book") {
    state.join_stage = "none";
    const book = bookOf(turn);
    if (book.length > 0) return joinNext(turn, book.slice(0, BOOK_TRIES_MAX));
  }
  stayAlone(turn);
}

/** Nobody is there to be joined. */
function stayAlone(turn: Turn): void {
  const { state } = turn;
  const { config } = state;
  const invited = hasAnswered(turn);
  // Who belonged to a network before may wait for the others alone.
  const belongs = [...state.members.by_id.values()].some(({ seq }) => seq > 0);
  const sought = config.join.length + config.trackers.length > 0 || bookOf(turn).length > 0;
  const ends = config.must_join && !invited && !belongs;
  if (sought && !(invited && listedAddresses(turn).length === 0)) {
    turn.notice({ kind: "alone", then: ends ? "end" : belongs ? "wait" : "begin" });
  }
  if (ends) return turn.end(true);
  if (state.stale) return renew(turn);
  enterNetwork(turn, new Map());
}

/** Addresses of members that were there when this node ran last. */
function bookOf(turn: Turn): Address[] {
  const { members, address, config } = turn.state;
  // Whoever is to link to nobody else waits for those it was told.
  if (config.overlay === "given") return [];
  const there = [...members.by_id.values()].filter((member) =>
    isThere(member) && member.id !== config.id && member.address !== address
  );
  const addresses = there.map((member) => member.address);
  return [...new Set(addresses)].filter((one) => !config.join.includes(one));
}

function continueJoin(turn: Turn, link: Link): void {
  const { joining, log } = turn.state;
  turn.state.joining = { ...joining!, link: link.id };
  if (!link.streaming || !isPeer(link)) return;
  const clock = log.heads.map(({ origin, topic }, index): [string, number] => [
    logKey(origin, topic),
    link.has[index] ?? 0,
  ]);
  aimJoin(turn, link, clock.filter(([, seq]) => seq > 0), true);
  turn.send(link.id, { k: "want", peers: true });
}

function joinFault(link: Link): string {
  if (link.bye === "self") return "that is this node";
  if (link.bye !== "") return link.bye_why || link.bye;
  if (link.role === "tracker") return "that is a tracker; use --tracker";
  return link.stage === "up" ? "the link broke" : "it does not speak rumor, or closed the link";
}

function joined(turn: Turn, complete: boolean): void {
  const { joining, log, stale } = turn.state;
  const clock = new Map<number, number>();
  for (const [key, seq] of joining!.target) {
    const index = log.keys.find(key);
    if (index >= 0) clock.set(index, seq);
  }
  turn.notice({ kind: "joined", address: joining!.address });
  turn.state.joining = null;
  // The peer knew of own entries that it did not send.
  if (stale && !complete) return renew(turn);
  turn.state.trusted_ms = turn.now_ms + STALE_WAIT_MS;
  enterNetwork(turn, clock);
}

/**
 * A node that may have signed more than it knows signs nothing before it has asked around: the peer
 * that it joined may not have had everything either.
 */
export function endStale(turn: Turn): void {
  const { state } = turn;
  if (!state.stale || state.renewing || state.phase === "joining") return;
  if (turn.now_ms < state.trusted_ms) return turn.wakeAt(state.trusted_ms);
  const { log, config, links } = state;
  const is_behind = log.heads.some(({ origin }, index) =>
    origin === config.id &&
    [...links.values()].some((link) => isPeer(link) && link.has[index] > log.clock[index])
  );
  if (!is_behind) state.stale = false;
  else if (turn.now_ms < state.trusted_ms + JOIN_TIMEOUT_MS) {
    turn.wakeAt(state.trusted_ms + JOIN_TIMEOUT_MS);
  } else renew(turn);
}

/** From here on the node speaks. */
function enterNetwork(turn: Turn, history_clock: ReadonlyMap<number, number>): void {
  const { state } = turn;
  if (state.address === null) setAddress(turn, state.fallback_host);
  if (state.phase !== "joining") return;
  state.phase = state.leave_deadline_ms === Infinity ? "running" : "leaving";
  state.front = beginPrinting(state.front, state.log, state.ledger, history_clock);
  state.overlay_ms = 0;
  if (state.phase === "running") announce(turn);
}
