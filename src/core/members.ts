/**
 * The list of peers, sorted, and which of them a node links to: the ten after itself, with
 * wrap-around. Pure values; who dials when is decided in overlay.ts.
 */

import type { Address, Id } from "./types.ts";
import { DIAL_FAILURES_MAX, INTRODUCED_MAX, MEMBERS_MAX, OVERLAY_LINKS } from "./limits.ts";

export interface Member {
  readonly id: Id;
  readonly address: Address;
  /** Whether it said itself, signed, that it is there; else somebody only named it. */
  readonly present: boolean;
  /** Dials in a row that nobody answered. */
  readonly failures: number;
  /** Not dialled before this time. */
  readonly retry_ms: number;
}

export interface Members {
  readonly by_id: ReadonlyMap<Id, Member>;
  /** All ids, sorted. */
  readonly sorted: readonly Id[];
  /** How many of them were only named by others. */
  readonly introduced: number;
}

/** Nobody is known. */
export function noMembers(): Members {
  return { by_id: new Map(), sorted: [], introduced: 0 };
}

/** Adds or changes a member; the same reference where nothing changes or the list is full. */
export function setMember(members: Members, member: Member): Members {
  return setMembers(members, [member]);
}

/** Adds or changes members. The lists are copied once, however many there are. */
export function setMembers(members: Members, changes: readonly Member[]): Members {
  let by_id: Map<Id, Member> | null = null;
  const added: Id[] = [];
  let { introduced } = members;
  for (const member of changes) {
    const known = (by_id ?? members.by_id).get(member.id);
    const more = Number(!member.present) - Number(known !== undefined && !known.present);
    if (known === undefined && members.sorted.length + added.length >= MEMBERS_MAX) continue;
    if (more > 0 && introduced >= INTRODUCED_MAX) continue;
    if (known !== undefined && isSame(known, member)) continue;
    by_id ??= new Map(members.by_id);
    by_id.set(member.id, member);
    introduced += more;
    if (known === undefined) added.push(member.id);
  }
  if (by_id === null) return members;
  if (added.length === 0) return { by_id, sorted: members.sorted, introduced };
  return { by_id, sorted: [...members.sorted, ...added].sort(compareIds), introduced };
}

/** Forgets a member. */
export function removeMember(members: Members, id: Id): Members {
  const known = members.by_id.get(id);
  if (known === undefined) return members;
  const by_id = new Map(members.by_id);
  by_id.delete(id);
  const sorted = members.sorted.toSpliced(indexAfter(members, id), 1);
  return { by_id, sorted, introduced: members.introduced - Number(!known.present) };
}

/**
 * The members that a node should link to: the next ten after `self` in the sorted list, those left
 * out that have not answered for a while. Who was only named by others comes in only where there are
 * less than ten who said themselves that they are there, so that a lying list displaces nobody.
 * Second, the unanswering ones on the way, to be tried again.
 */
export function nextMembers(
  members: Members,
  self: Id,
  count: number = OVERLAY_LINKS,
): { wanted: Member[]; silent: Member[] } {
  const { sorted, by_id } = members;
  const start = indexAfter(members, self);
  const wanted: Member[] = [], silent: Member[] = [];
  for (const present of [true, false]) {
    for (let step = 0; step < sorted.length && wanted.length < count; step++) {
      const member = by_id.get(sorted[(start + step) % sorted.length])!;
      if (member.id === self || member.present !== present) continue;
      (member.failures < DIAL_FAILURES_MAX ? wanted : silent).push(member);
    }
  }
  return { wanted, silent };
}

/** Index of the first id that is not before the given one. */
function indexAfter(members: Members, id: Id): number {
  const { sorted } = members;
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareIds(a: Id, b: Id): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isSame(a: Member, b: Member): boolean {
  return a.address === b.address && a.present === b.present && a.failures === b.failures &&
    a.retry_ms === b.retry_ms;
}
