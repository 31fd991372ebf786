/**
 * Who is there: the list of members, sorted, with what is known of each. Pure values; who dials when
 * is decided in overlay.ts, who is missed in suspicion.ts.
 *
 * The states and their order are SWIM's (A. Das, I. Gupta, A. Motivala, "SWIM: Scalable
 * Weakly-consistent Infection-style Process Group Membership Protocol", 2002, section 4.2). The
 * incarnation of a member is the number of the entry in which it last spoke of itself.
 */

import type { Address, Id } from "../types.ts";
import { ACCUSERS_MAX, DEPARTED_MAX, INTRODUCED_MAX, MEMBERS_MAX } from "../data/limits.ts";

/** `named`: others named it, it has not spoken itself. */
export type MemberState = "named" | "alive" | "suspect" | "failed" | "left";

export interface Member {
  readonly id: Id;
  readonly address: Address;
  /** What it calls itself, "" for nothing. */
  readonly name: string;
  /** The key to which messages for this run of it are sealed, "" where it takes none. */
  readonly box: string;
  readonly state: MemberState;
  /** Since when this node knows it so. */
  readonly since_ms: number;
  /** Number of the presence entry in which it last spoke of itself, 0 before. */
  readonly seq: number;
  /** Who says that it does not answer. */
  readonly accusations: readonly Accusation[];
  /** Dials in a row that nobody answered. */
  readonly failures: number;
  /** Not dialled before this time. */
  readonly retry_ms: number;
  /** A link to it broke, and there was none since. */
  readonly lost: boolean;
  /** How often this node suspected it since there was a link. */
  readonly suspected: number;
}

/** What a member says of itself. */
export interface Word {
  /** Number of the entry in which it says so. */
  readonly seq: number;
  readonly address: Address;
  readonly name: string;
  readonly box: string;
  readonly left: boolean;
}

/** Somebody says that a member has not answered since it spoke last. */
export interface Accusation {
  readonly by: Id;
  /** The member's newest presence entry that the accuser knew. */
  readonly seq: number;
  /** Whether it is called failed, not only suspect. */
  readonly failed: boolean;
}

export interface Members {
  readonly by_id: ReadonlyMap<Id, Member>;
  /** The ids of those who may be there (not failed, not left), sorted. */
  readonly sorted: readonly Id[];
  /** How many of them were only named by others. */
  readonly introduced: number;
}

/** Nobody is known. */
export function noMembers(): Members {
  return { by_id: new Map(), sorted: [], introduced: 0 };
}

/** A member of whom nothing is known but its id and address. */
export function namedMember(id: Id, address: Address, now_ms: number): Member {
  return {
    id,
    address,
    name: "",
    box: "",
    state: "named",
    since_ms: now_ms,
    seq: 0,
    accusations: [],
    failures: 0,
    retry_ms: 0,
    lost: false,
    suspected: 0,
  };
}

/** Whether a member may be there. */
export function isThere(member: Member | undefined): boolean {
  return member !== undefined && member.state !== "failed" && member.state !== "left";
}

/** Adds or changes a member; the same reference where the list is full. */
export function setMember(members: Members, member: Member): Members {
  return setMembers(members, [member]);
}

/** Adds or changes members. The lists are copied once, however many there are. */
export function setMembers(members: Members, changes: readonly Member[]): Members {
  let by_id: Map<Id, Member> | null = null;
  const added: Id[] = [], removed = new Set<Id>();
  let { introduced } = members;
  for (const member of changes) {
    const known = (by_id ?? members.by_id).get(member.id);
    const more = Number(member.state === "named") - Number(known?.state === "named");
    const room = isThere(member) ? MEMBERS_MAX : MEMBERS_MAX + DEPARTED_MAX;
    if (known === undefined && (by_id ?? members.by_id).size >= room) continue;
    if (more > 0 && introduced >= INTRODUCED_MAX) continue;
    by_id ??= new Map(members.by_id);
    by_id.set(member.id, member);
    introduced += more;
    if (isThere(member) === isThere(known)) continue;
    if (isThere(member)) {
      added.push(member.id);
      removed.delete(member.id);
    } else removed.add(member.id);
  }
  if (by_id === null) return members;
  if (added.length === 0 && removed.size === 0) {
    return { by_id, sorted: members.sorted, introduced };
  }
  const kept = members.sorted.filter((id) => !removed.has(id));
  const fresh = added.filter((id) => !removed.has(id));
  return { by_id, sorted: [...new Set([...kept, ...fresh])].sort(compareIds), introduced };
}

/** Forgets members. */
export function removeMembers(members: Members, ids: ReadonlySet<Id>): Members {
  const by_id = new Map(members.by_id);
  let { introduced } = members;
  for (const id of ids) {
    introduced -= Number(by_id.get(id)?.state === "named");
    by_id.delete(id);
  }
  if (by_id.size === members.by_id.size) return members;
  return { by_id, sorted: members.sorted.filter((id) => !ids.has(id)), introduced };
}

/** A member has spoken: it is there, or it leaves. What others said before no longer counts. */
export function speak(
  member: Member,
  word: Word,
  now_ms: number,
): Member {
  if (word.seq <= member.seq) return member;
  const { seq, address, name, box } = word;
  const accusations = member.accusations.filter((one) => one.seq >= seq);
  const moved = member.address === address ? {} : { failures: 0, retry_ms: 0 };
  return judge({ ...member, ...moved, seq, address, name, box, accusations }, word.left, now_ms);
}

/** Somebody accuses a member. The newest word of each accuser counts. */
export function accuse(member: Member, accusation: Accusation, now_ms: number): Member {
  if (accusation.seq < member.seq) return member;
  const others = member.accusations.filter((one) => one.by !== accusation.by);
  const is_full = others.length >= ACCUSERS_MAX;
  // Numbers that the member has not reached are perhaps lies: they go first.
  const ahead = is_full ? others.findIndex(({ seq }) => seq > member.seq) : -1;
  // Enough have said it; but that it failed is always news.
  if (is_full && ahead < 0 && !accusation.failed) return member;
  if (is_full) others.splice(Math.max(0, ahead), 1);
  const accusations = [...others, accusation];
  return judge({ ...member, accusations }, member.state === "left", now_ms);
}

/** Who says of a member, as it last spoke, that it does not answer. */
export function accusersOf(member: Member): readonly Accusation[] {
  return member.accusations.filter((one) => one.seq === member.seq);
}

function judge(member: Member, left: boolean, now_ms: number): Member {
  const accusers = accusersOf(member);
  const state: MemberState = left
    ? "left"
    : member.seq === 0
    ? "named"
    : accusers.some(({ failed }) => failed)
    ? "failed"
    : accusers.length > 0
    ? "suspect"
    : "alive";
  return state === member.state ? member : { ...member, state, since_ms: now_ms };
}

function compareIds(a: Id, b: Id): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
