/**
 * Keeping links to the ten, or to whom this node was told: which peers are dialled, when again, and
 * which links are closed because neither end wants them.
 */

import type { Address, Id, LinkId } from "../types.ts";
import { joinFailed, joinLost } from "./join.ts";
import type { Line } from "../wire/line.ts";
import { isPeer, type Link } from "../session/link.ts";
import {
  isThere,
  type Member,
  namedMember,
  removeMembers,
  setMember,
  setMembers,
  speak,
} from "./members.ts";
import { neighboursOf } from "./neighbours.ts";
import { endDial } from "../session/greeting.ts";
import { missMember } from "./presence.ts";
import { dropPosts } from "../unicast/sender.ts";
import { closeBranches } from "../broadcast/spreading.ts";
import { forgetRoutes } from "../unicast/routes.ts";
import { isTracker, trackerFailed } from "./trackers.ts";
import type { Turn } from "../state.ts";
import {
  DIAL_FAILURES_MAX,
  DIALS_PER_SECOND,
  GIVEN_REJOIN_MS,
  LINKS_KEPT,
  PEERS_PER_LINE,
  REDIAL_MAX_MS,
  REDIAL_MS,
  REJOIN_MS,
  SILENT_MAX,
} from "../data/limits.ts";

/** Nobody answered at an address. */
export function dialFailed(turn: Turn, address: Address, why: string): void {
  const { state } = turn;
  if (isTracker(turn, address)) return trackerFailed(turn, address, why);
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
  forgetRoutes(turn, id);
  closeBranches(turn, id);
  if (link.open_requests > 0) dropPosts(turn, id);
  state.overlay_ms = 0;
  if (link.dialled !== null) endDial(turn, link.dialled);
  if (state.phase === "done") return;
  if (isTracker(turn, link.dialled)) return trackerFailed(turn, link.dialled, trackerFault(link));
  // Of an address that is this node's own nothing more can be had.
  if (link.bye === "self" && link.dialled !== null) noteJoinId(turn, link.dialled, state.config.id);
  if (state.joining?.link === id) return joinLost(turn, link);
  const member = state.members.by_id.get(link.peer);
  if (link.stage !== "up") {
    // Who has not proved its id says nothing of whom that belongs to.
    if (link.expected !== "") noteFailure(turn, link.expected);
  } else if (link.bye === "left") {
    // A polite goodbye is believed; everything else is dialled again.
    if (member?.state === "named") removeMember(turn, member.id);
    else if (member) believeLeft(turn, member);
  } else if (member && link.bye !== "duplicate" && !isLinked(turn, member.id)) {
    // At once, because it is not known yet whether the peer is gone, or only the link.
    const retry_ms = turn.now_ms + pauseAfter(turn, 0);
    const lost = member.lost || link.bye !== "surplus";
    state.members = setMember(state.members, { ...member, lost, retry_ms });
    if (link.died) missMember(turn, member.id);
  }
}

/** A peer's list of peers. Nothing in it is proved: it only says whom to try. */
export function takePeers(turn: Turn, line: Extract<Line, { k: "peers" }>): void {
  introduce(turn, line.p);
  turn.state.overlay_ms = 0;
}

/** A peer asks for the list, which holds this node too. */
export function sendPeers(turn: Turn, link: Link): void {
  const { members, config, address } = turn.state;
  const all: (readonly [Id, Address])[] = address === null ? [] : [[config.id, address]];
  for (const id of members.sorted) all.push([id, members.by_id.get(id)!.address]);
  // An empty list is a list too.
  for (let at = 0; at === 0 || at < all.length; at += PEERS_PER_LINE) {
    const p = all.slice(at, at + PEERS_PER_LINE);
    const more = at + PEERS_PER_LINE < all.length;
    turn.send(link.id, more ? { k: "peers", p, more } : { k: "peers", p });
  }
}

/** Remembers whom others named. */
export function introduce(turn: Turn, list: readonly (readonly [Id, Address])[]): void {
  const { state } = turn;
  // Nobody would ever try whether they are there.
  if (state.config.overlay === "given") return;
  const named = list.flatMap(([id, address]) => {
    const known = state.members.by_id.get(id);
    if (id === state.config.id) return [];
    // Who spoke for itself, or has been heard of at this address, is known better.
    if (known !== undefined && (known.state !== "named" || known.address === address)) return [];
    return [namedMember(id, address, turn.now_ms)];
  });
  state.members = setMembers(state.members, named);
}

/** Dials those of the ten that there is no link to, and now and then those that are gone. */
export function keepOverlay(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== "running") return;
  if (turn.now_ms < state.overlay_ms) return turn.wakeAt(state.overlay_ms);
  const linked = new Set<Id>([...state.links.values()].map((link) => link.peer || link.expected));
  const { config, members } = state;
  const { wanted, silent } = neighboursOf(
    members,
    config.id,
    config.overlay,
    (one) => one.failures === 0 && one.address !== state.address || linked.has(one.id),
  );
  refillDials(turn);
  const all = [...wanted, ...silent, ...departed(turn)];
  state.overlay_ms = Math.min(dialMembers(turn, all, linked), rejoin(turn, linked));
  turn.wakeAt(state.overlay_ms);
  if (state.links.size <= LINKS_KEPT || config.overlay === "given") return;
  closeSurplus(turn, new Set(wanted.map(({ id }) => id)));
}

/** Whether somebody answers in place of a lost member, to whom no link, or no second, is wanted. */
export function isStray(turn: Turn, link: Link, peer: Id): boolean {
  const { overlay, join } = turn.state.config;
  if (overlay !== "given" || link.expected === "" || link.expected === peer) return false;
  return !join.includes(link.dialled!) || isLinked(turn, peer);
}

/** A link to a member came up. */
export function noteLinked(turn: Turn, link: Link): void {
  const { state } = turn;
  const { peer, expected, address } = link;
  // Somebody else lives at that address now.
  if (expected !== "" && expected !== peer) {
    const other = state.members.by_id.get(expected);
    if (other) state.members = setMember(state.members, { ...other, lost: true });
    noteFailure(turn, expected);
  }
  if (link.dialled !== null) noteJoinId(turn, link.dialled, peer);
  const known = state.members.by_id.get(peer) ?? namedMember(peer, address, turn.now_ms);
  const calm = { failures: 0, retry_ms: 0, lost: false, suspected: 0 };
  const spoken = known.seq > 0 ? known.address : address;
  state.members = setMember(state.members, { ...known, ...calm, address: spoken });
  state.overlay_ms = 0;
}

/** How many peers are linked. */
export function countPeers(turn: Turn): number {
  let count = 0;
  for (const link of turn.state.links.values()) if (isPeer(link)) count++;
  return count;
}

/** Dials an address, for a member or for whoever is there. */
export function dial(turn: Turn, address: Address, id: Id | ""): void {
  turn.own("dialling").set(address, id);
  turn.effect({ kind: "dial", address });
}

/** How long an address rests after so many failures: twice as long each time, with jitter. */
export function pauseAfter(turn: Turn, failures: number): number {
  const pause_ms = Math.min(REDIAL_MAX_MS, REDIAL_MS * 2 ** Math.min(failures, 16));
  return pause_ms * (0.5 + turn.draw());
}

/** Dials those whose time has come; gives the time of the next. */
function dialMembers(turn: Turn, list: Iterable<Member>, linked: ReadonlySet<Id>): number {
  const { state } = turn;
  let next_ms = Infinity;
  for (const member of list) {
    const address = dialAddress(turn, member);
    if (linked.has(member.id) || state.dialling.has(address)) continue;
    if (address === state.address) {
      // This node lives there now.
      missMember(turn, member.id);
      continue;
    }
    if (member.retry_ms > turn.now_ms) next_ms = Math.min(next_ms, member.retry_ms);
    else if (state.dial_budget < 1) next_ms = Math.min(next_ms, turn.now_ms + 1000);
    else {
      state.dial_budget--;
      dial(turn, address, member.id);
    }
  }
  return next_ms;
}

/** Where a member is dialled: where this node was told to find it, if only such links are made. */
function dialAddress({ state: { config, join_ids } }: Turn, member: Member): Address {
  if (config.overlay !== "given") return member.address;
  return config.join.find((address) => join_ids.get(address) === member.id) ?? member.address;
}

/** Some of those that failed: a network that was cut in two heals when one of them answers. */
function departed({ state: { members, config } }: Turn): Member[] {
  const failed = [...members.by_id.values()].filter(({ state, lost }) =>
    state === "failed" && (lost || config.overlay !== "given")
  );
  return failed.sort((a, b) => a.retry_ms - b.retry_ms).slice(0, SILENT_MAX);
}

/** Tries the addresses to join again, where there is no link to them, as long as the node runs. */
function rejoin(turn: Turn, linked: ReadonlySet<Id>): number {
  const { state } = turn;
  const { config, rejoin_ms } = state;
  if (config.join.length === 0) return Infinity;
  if (turn.now_ms < rejoin_ms) return rejoin_ms;
  const given = config.overlay === "given";
  const greeting = new Set([...state.links.values()].map((link) => link.dialled));
  for (const address of config.join) {
    if (state.dialling.has(address) || greeting.has(address) || address === state.address) continue;
    const id = state.join_ids.get(address) ?? "";
    // With other overlays it is enough that somebody who lived there is not gone.
    const found = (id !== "" && linked.has(id)) || (!given && isThere(state.members.by_id.get(id)));
    if (found || id === config.id || state.dial_budget < 1) continue;
    state.dial_budget--;
    dial(turn, address, given ? id : "");
  }
  state.rejoin_ms = turn.now_ms + (given ? GIVEN_REJOIN_MS : REJOIN_MS) * (0.5 + turn.draw());
  return state.rejoin_ms;
}

/** Remembers who lives at an address to join. */
function noteJoinId(turn: Turn, address: Address, id: Id): void {
  if (turn.state.config.join.includes(address)) turn.own("join_ids").set(address, id);
}

/** Closes links that neither this node wants nor, as far as it knows, the peer. */
function closeSurplus(turn: Turn, wanted: ReadonlySet<Id>): void {
  const { members, config, links, address } = turn.state;
  const self = { ...namedMember(config.id, address!, turn.now_ms), state: "alive" } as const;
  const all = setMember(members, self);
  let surplus = links.size - LINKS_KEPT;
  for (const link of links.values()) {
    if (surplus <= 0) return;
    if (!isPeer(link) || wanted.has(link.peer)) continue;
    const theirs = neighboursOf(all, link.peer, config.overlay, isThere);
    if (theirs.wanted.some(({ id }) => id === config.id)) continue;
    turn.close(link.id, "surplus", "neither of us needs this link");
    surplus--;
  }
}

function noteFailure(turn: Turn, id: Id): void {
  const { state } = turn;
  const member = state.members.by_id.get(id);
  if (member === undefined) return;
  const failures = member.failures + 1;
  state.overlay_ms = 0;
  // Somebody who was only named, and is not there, was perhaps never there.
  if (member.state === "named" && failures >= DIAL_FAILURES_MAX) return removeMember(turn, id);
  const retry_ms = turn.now_ms + pauseAfter(turn, failures);
  state.members = setMember(state.members, { ...member, failures, retry_ms });
  const missed = member.lost || member.state === "suspect" || failures >= DIAL_FAILURES_MAX;
  if (missed && !isLinked(turn, id)) missMember(turn, id);
}

/** Somebody said goodbye on its link; its entry that says so is on its way. */
function believeLeft(turn: Turn, member: Member): void {
  const { state } = turn;
  const word = { ...member, seq: member.seq + 1, left: true };
  const left = speak(member, word, turn.now_ms);
  // Only its own entry counts up the number of its word.
  state.members = setMember(state.members, { ...left, seq: member.seq });
}

function removeMember(turn: Turn, id: Id): void {
  turn.state.members = removeMembers(turn.state.members, new Set([id]));
}

function isLinked(turn: Turn, id: Id): boolean {
  for (const link of turn.state.links.values()) if (isPeer(link) && link.peer === id) return true;
  return false;
}

function trackerFault(link: Link): string {
  if (link.role === "peer") return "that is a node, not a tracker; use --join";
  return link.bye_why || link.bye || "it does not speak rumor, or closed the link";
}

function refillDials(turn: Turn): void {
  const { state } = turn;
  const refill = (turn.now_ms - state.dial_budget_ms) * DIALS_PER_SECOND / 1000;
  state.dial_budget = Math.min(DIALS_PER_SECOND, state.dial_budget + refill);
  state.dial_budget_ms = turn.now_ms;
}
