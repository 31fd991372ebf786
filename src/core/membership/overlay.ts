/**
 * Keeping links to the ten, or to whom this node was told: which peers are dialled, when again, and
 * which links are closed because neither end wants them.
 */

import type { Address, Id } from "../types.ts";
import { isPeer } from "../session/slice.ts";
import { draw } from "../wire/room.ts";
import { isThere, type Member, namedMember, setMember } from "./members.ts";
import { neighboursOf } from "./neighbours.ts";
import { missMember } from "./suspicion.ts";
import { dial, type MembershipTurn, setJoin } from "./turn.ts";
import {
  DIALS_PER_SECOND,
  GIVEN_REJOIN_MS,
  LINKS_KEPT,
  REJOIN_MS,
  SILENT_MAX,
} from "../data/limits.ts";

/** Dials those of the ten that there is no link to, and now and then those that are gone. */
export function keepOverlay(turn: MembershipTurn): void {
  const { slice } = turn, { config, log, session: { links, place } } = turn.view;
  if (slice.life.phase !== "running") return;
  if (turn.now_ms < slice.due.overlay_ms) return turn.wakeAt(slice.due.overlay_ms);
  const { expected } = slice.dials;
  const linked = new Set<Id>();
  for (const { id, peer } of links.values()) linked.add(peer || (expected.get(id) ?? ""));
  const { wanted, silent } = neighboursOf(
    slice.members,
    log.self,
    config.overlay,
    (one) => one.failures === 0 && one.address !== place.address || linked.has(one.id),
  );
  refillDials(turn);
  const all = [...wanted, ...silent, ...departed(turn)];
  const overlay_ms = Math.min(dialMembers(turn, all, linked), rejoin(turn, linked));
  slice.due = { ...slice.due, overlay_ms };
  turn.wakeAt(overlay_ms);
  if (links.size <= LINKS_KEPT || config.overlay === "given") return;
  closeSurplus(turn, new Set(wanted.map(({ id }) => id)));
}

/** Dials those whose time has come; gives the time of the next. */
function dialMembers(
  turn: MembershipTurn,
  list: Iterable<Member>,
  linked: ReadonlySet<Id>,
): number {
  const { slice, now_ms } = turn;
  let next_ms = Infinity;
  for (const member of list) {
    const address = dialAddress(turn, member);
    if (linked.has(member.id) || slice.dials.open.has(address)) continue;
    if (address === turn.view.session.place.address) {
      // This node lives there now.
      missMember(turn, member.id);
      continue;
    }
    if (member.retry_ms > now_ms) next_ms = Math.min(next_ms, member.retry_ms);
    else if (!spendDial(turn)) next_ms = Math.min(next_ms, now_ms + 1000);
    else dial(turn, address, member.id);
  }
  return next_ms;
}

/** Where a member is dialled: where this node was told to find it, if only such links are made. */
function dialAddress({ slice, view: { config } }: MembershipTurn, member: Member): Address {
  if (config.overlay !== "given") return member.address;
  return config.join.find((address) => slice.join.ids.get(address) === member.id) ??
    member.address;
}

/** Some of those that failed: a network that was cut in two heals when one of them answers. */
function departed({ slice: { members }, view: { config } }: MembershipTurn): Member[] {
  const failed = [...members.by_id.values()].filter(({ state, lost }) =>
    state === "failed" && (lost || config.overlay !== "given")
  );
  return failed.sort((a, b) => a.retry_ms - b.retry_ms).slice(0, SILENT_MAX);
}

/** Tries the addresses to join again, where there is no link to them, as long as the node runs. */
function rejoin(turn: MembershipTurn, linked: ReadonlySet<Id>): number {
  const { slice } = turn, { config, log, session: { links, place } } = turn.view;
  if (config.join.length === 0) return Infinity;
  if (turn.now_ms < slice.join.rejoin_ms) return slice.join.rejoin_ms;
  const given = config.overlay === "given";
  const greeting = new Set([...links.values()].map((link) => link.dialled));
  for (const address of config.join) {
    const busy = slice.dials.open.has(address) || greeting.has(address);
    if (busy || address === place.address) continue;
    const id = slice.join.ids.get(address) ?? "";
    // With other overlays it is enough that somebody who lived there is not gone.
    const found = (id !== "" && linked.has(id)) ||
      (!given && isThere(slice.members.by_id.get(id)));
    if (found || id === log.self || !spendDial(turn)) continue;
    dial(turn, address, given ? id : "");
  }
  const pause_ms = given ? GIVEN_REJOIN_MS : REJOIN_MS;
  const rejoin_ms = turn.now_ms + pause_ms * (0.5 + draw(turn));
  setJoin(turn, { rejoin_ms });
  return rejoin_ms;
}

/** Closes links that neither this node wants nor, as far as it knows, the peer. */
function closeSurplus(turn: MembershipTurn, wanted: ReadonlySet<Id>): void {
  const { config, log, session: { links, place } } = turn.view;
  const self = { ...namedMember(log.self, place.address!, turn.now_ms), state: "alive" } as const;
  const all = setMember(turn.slice.members, self);
  let surplus = links.size - LINKS_KEPT;
  for (const session of links.values()) {
    if (surplus <= 0) return;
    if (!isPeer(session) || wanted.has(session.peer)) continue;
    const theirs = neighboursOf(all, session.peer, config.overlay, isThere);
    if (theirs.wanted.some(({ id }) => id === log.self)) continue;
    turn.close(session.id, "surplus", "neither of us needs this link");
    surplus--;
  }
}

/** Takes a dial out of the budget; false where it is used up. */
function spendDial({ slice }: MembershipTurn): boolean {
  if (slice.dials.budget < 1) return false;
  slice.dials = { ...slice.dials, budget: slice.dials.budget - 1 };
  return true;
}

function refillDials(turn: MembershipTurn): void {
  const { slice, now_ms } = turn, { budget, budget_ms } = slice.dials;
  const refill = (now_ms - budget_ms) * DIALS_PER_SECOND / 1000;
  const full = Math.min(DIALS_PER_SECOND, budget + refill);
  slice.dials = { ...slice.dials, budget: full, budget_ms: now_ms };
}
