/**
 * Joining, and keeping links to the ten peers after this node. A node that joins keeps the link to
 * the peer that it asked, first gets in step with it, then links to its ten and says that it is there.
 */

import type { Address, Event, Id, LinkId } from "./types.ts";
import { type Entry, logKey } from "./entry.ts";
import { isAddress } from "./address.ts";
import type { Line } from "./line.ts";
import { isPeer, type Link } from "./link.ts";
import { type Member, nextMembers, removeMember, setMember, setMembers } from "./members.ts";
import { beginPrinting } from "./front.ts";
import { endDial, setAddress } from "./greeting.ts";
import { PRESENCE } from "./log.ts";
import { draftItems } from "./draft.ts";
import { nextRandom } from "./random.ts";
import type { Turn } from "./state.ts";
import {
  COURTESY_MS,
  DIAL_FAILURES_MAX,
  DIALS_PER_SECOND,
  JOIN_TIMEOUT_MS,
  LOGS_MAX,
  PEERS_PER_LINE,
  REDIAL_MAX_MS,
  REDIAL_MS,
} from "./limits.ts";

/** The node accepts connections: it joins, or is the first of its network. */
export function start(turn: Turn, event: Extract<Event, { kind: "started" }>): void {
  const { state } = turn;
  state.port = event.port;
  state.fallback_host = event.fallback_host;
  state.front = { ...state.front, progress_ms: turn.now_ms };
  if (state.address !== null) turn.notice({ kind: "listening", address: state.address });
  else if (event.host !== null) setAddress(turn, event.host);
  else if (state.config.join.length === 0) setAddress(turn, event.fallback_host);
  state.phase = "joining";
  joinNext(turn, state.config.join);
}

/** Nobody answered at an address. */
export function dialFailed(turn: Turn, address: Address, why: string): void {
  const { state } = turn;
  if (state.joining?.address === address && state.joining.link === null) {
    return joinFailed(turn, why);
  }
  const id = state.dialling.get(address);
  endDial(turn, address);
  if (id) noteFailure(turn, id);
}

/** A link is no more. */
export function forgetLink(turn: Turn, id: LinkId): void {
  const { state } = turn;
  const link = state.links.get(id);
  if (link === undefined) return;
  turn.deleteLink(id);
  state.overlay_ms = 0;
  if (link.dialled !== null) endDial(turn, link.dialled);
  if (state.phase === "done") return;
  if (state.joining?.link === id) {
    // Two nodes that join each other keep one link: the join goes on over that.
    const other = [...state.links.values()].find((one) => one.peer === link.peer);
    if (link.bye === "duplicate" && other !== undefined) return continueJoin(turn, other);
    return joinFailed(turn, joinFault(link));
  }
  // A polite goodbye is believed; everything else is dialled again.
  if (link.bye === "left" && link.peer !== "") {
    state.members = removeMember(state.members, link.peer);
  } else if (link.stage !== "up" && link.expected !== "") noteFailure(turn, link.expected);
  else {
    const member = state.members.by_id.get(link.peer);
    const pause_ms = link.bye === "duplicate" ? 0 : REDIAL_MS;
    if (member) delayMember(turn, member, pause_ms);
  }
}

/** An item of presence was delivered: somebody is there, or left. */
export function takePresence(turn: Turn, entry: Entry): void {
  const { state } = turn;
  for (const item of entry.items) {
    if (typeof item !== "object" || item === null || Array.isArray(item)) continue;
    const { address, left } = item as { address?: unknown; left?: unknown };
    if (entry.origin === state.config.id) continue;
    if (left === true) state.members = removeMember(state.members, entry.origin);
    else if (isAddress(address)) introduce(turn, [[entry.origin, address]], true);
  }
  state.overlay_ms = 0;
}

/** A peer's list of peers. Nothing in it is proved: it only says whom to try. */
export function takePeers(turn: Turn, line: Extract<Line, { k: "peers" }>): void {
  introduce(turn, line.p, false);
  turn.state.overlay_ms = 0;
}

/** A peer asks for the list, which holds this node too. */
export function sendPeers(turn: Turn, link: Link): void {
  const { members, config, address } = turn.state;
  const all: (readonly [Id, Address])[] = address === null ? [] : [[config.id, address]];
  for (const member of members.by_id.values()) all.push([member.id, member.address]);
  for (let at = 0; at < all.length; at += PEERS_PER_LINE) {
    const p = all.slice(at, at + PEERS_PER_LINE);
    const more = at + PEERS_PER_LINE < all.length;
    turn.send(link.id, more ? { k: "peers", p, more } : { k: "peers", p });
  }
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
      if (index < 0 || log.clock[index] < seq) break;
    }
    if (open === 0) return joined(turn);
  }
  const up = joining.link !== null && state.links.get(joining.link)?.stage === "up";
  // A join that goes on, however slowly, has as long as it needs.
  const moved = up && (log.arrivals !== joining.arrivals || open !== joining.open);
  const deadline_ms = moved ? turn.now_ms + JOIN_TIMEOUT_MS : joining.deadline_ms;
  if (turn.now_ms < deadline_ms) {
    state.joining = { ...joining, open, arrivals: log.arrivals, deadline_ms };
    return turn.wakeAt(deadline_ms);
  }
  if (up) return joined(turn);
  if (joining.link !== null) turn.close(joining.link, "timeout", "no greeting in time");
  joinFailed(turn, `no answer within ${JOIN_TIMEOUT_MS / 1000} s`);
}

/** Dials those of the ten that there is no link to. */
export function keepOverlay(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== "running") return;
  if (turn.now_ms < state.overlay_ms) return turn.wakeAt(state.overlay_ms);
  const linked = new Set<Id>([...state.links.values()].map((link) => link.peer || link.expected));
  const { wanted, silent } = nextMembers(state.members, state.config.id);
  let next_ms = Infinity;
  refillDials(turn);
  for (const member of [...wanted, ...silent]) {
    if (linked.has(member.id) || state.dialling.has(member.address)) continue;
    if (member.address === state.address) continue;
    if (member.retry_ms > turn.now_ms) next_ms = Math.min(next_ms, member.retry_ms);
    else if (state.dial_budget < 1) next_ms = Math.min(next_ms, turn.now_ms + 1000);
    else {
      state.dial_budget--;
      dial(turn, member.address, member.id);
    }
  }
  state.overlay_ms = next_ms;
  turn.wakeAt(next_ms);
}

/** How many peers are linked. */
export function countPeers(turn: Turn): number {
  let count = 0;
  for (const link of turn.state.links.values()) if (isPeer(link)) count++;
  return count;
}

function joinNext(turn: Turn, addresses: readonly Address[]): void {
  const { state } = turn;
  if (addresses.length === 0) {
    if (state.config.join.length > 0) turn.notice({ kind: "alone" });
    if (state.config.join.length === 0 || !state.config.must_join) {
      return enterNetwork(turn, new Map());
    }
    return turn.end(true);
  }
  const [address, ...rest] = addresses;
  const deadline_ms = turn.now_ms + JOIN_TIMEOUT_MS;
  const fresh = { link: null, target: [], target_complete: false, open: 0 };
  state.joining = { ...fresh, rest, address, deadline_ms, arrivals: state.log.arrivals };
  dial(turn, address, "");
  turn.wakeAt(deadline_ms);
}

function joinFailed(turn: Turn, why: string): void {
  const { joining } = turn.state;
  if (joining === null) return;
  turn.state.joining = null;
  endDial(turn, joining.address);
  turn.notice({ kind: "join_failed", address: joining.address, why });
  joinNext(turn, joining.rest);
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
  return link.stage === "up" ? "the link broke" : "it does not speak rumor, or closed the link";
}

function joined(turn: Turn): void {
  const { joining, log } = turn.state;
  const clock = new Map<number, number>();
  for (const [key, seq] of joining!.target) {
    const index = log.keys.find(key);
    if (index >= 0) clock.set(index, seq);
  }
  turn.notice({ kind: "joined", address: joining!.address });
  turn.state.joining = null;
  enterNetwork(turn, clock);
}

/** From here on the node speaks. */
function enterNetwork(turn: Turn, history_clock: ReadonlyMap<number, number>): void {
  const { state } = turn;
  if (state.address === null) setAddress(turn, state.fallback_host);
  if (state.phase !== "joining") return;
  state.phase = state.leave_deadline_ms === Infinity ? "running" : "leaving";
  state.front = beginPrinting(state.front, state.log, state.ledger, history_clock);
  state.overlay_ms = 0;
  if (state.phase === "running") {
    draftItems(turn, PRESENCE, [{ address: state.address! }], "");
  }
}

/** What a member becomes when it is named, or says that it is there; null where nothing changes. */
function introduced(turn: Turn, id: Id, address: Address, present: boolean): Member | null {
  const { state } = turn;
  const known = state.members.by_id.get(id);
  if (id === state.config.id || (known?.present && !present)) return null;
  if (known?.address === address) {
    return known.present === present ? null : { ...known, present: true };
  }
  // A newcomer dials its ten by itself; dialling it at the same moment would make two links.
  const pause_ms = present && state.phase === "running" ? COURTESY_MS * (1 + random(turn)) : 0;
  return { id, address, present, failures: 0, retry_ms: turn.now_ms + pause_ms };
}

function introduce(
  turn: Turn,
  list: readonly (readonly [Id, Address])[],
  present: boolean,
): void {
  const members = list.flatMap(([id, address]) => introduced(turn, id, address, present) ?? []);
  turn.state.members = setMembers(turn.state.members, members);
}

function noteFailure(turn: Turn, id: Id): void {
  const { state } = turn;
  const member = state.members.by_id.get(id);
  if (member === undefined) return;
  const failures = member.failures + 1;
  state.overlay_ms = 0;
  // Somebody who was only named, and is not there, was perhaps never there.
  if (!member.present && failures >= DIAL_FAILURES_MAX) {
    state.members = removeMember(state.members, id);
  } else {
    const pause_ms = Math.min(REDIAL_MAX_MS, REDIAL_MS * 2 ** Math.min(failures, 16));
    delayMember(turn, { ...member, failures }, pause_ms);
  }
}

function delayMember(turn: Turn, member: Member, pause_ms: number): void {
  const retry_ms = turn.now_ms + pause_ms * (0.5 + random(turn));
  turn.state.members = setMember(turn.state.members, { ...member, retry_ms });
}

function dial(turn: Turn, address: Address, id: Id | ""): void {
  turn.own("dialling").set(address, id);
  turn.effect({ kind: "dial", address });
}

function refillDials(turn: Turn): void {
  const { state } = turn;
  const refill = (turn.now_ms - state.dial_budget_ms) * DIALS_PER_SECOND / 1000;
  state.dial_budget = Math.min(DIALS_PER_SECOND, state.dial_budget + refill);
  state.dial_budget_ms = turn.now_ms;
}

function random(turn: Turn): number {
  const [value, next] = nextRandom(turn.state.random);
  turn.state.random = next;
  return value;
}
