/**
 * Who is missed. A member whose link broke and whose address does not answer, or on whose link nothing
 * came for too long, is suspected; it refutes by saying anything more in `presence`; if it does not,
 * and a second node misses it too, it is declared failed. (SWIM, see members.ts; but what detects is
 * the links, and what spreads the word is the log.)
 */

import type { Id } from "../types.ts";
import { isPeer } from "../session/slice.ts";
import { draw } from "../wire/room.ts";
import { accuse, accusersOf, isThere, type Member } from "./members.ts";
import type { Watch } from "./slice.ts";
import { jitter, type MembershipTurn, putMember } from "./turn.ts";
import { speakOf } from "./word.ts";
import { ACCUSALS_MAX } from "../data/limits.ts";

/** This node found out that a member does not answer. */
export function missMember(turn: MembershipTurn, id: Id): void {
  const { slice } = turn;
  const member = slice.members.by_id.get(id);
  if (slice.life.phase !== "running" || member === undefined) return;
  if (member.state !== "alive" && member.state !== "suspect") return;
  // Somebody who lives, but cannot be dialled from here, must not be suspected for ever.
  if (member.state === "alive" && member.suspected >= ACCUSALS_MAX) return;
  const known = slice.watched.get(id);
  if (known?.evidence && known.seq === member.seq) return;
  // Not all who miss it need to say so.
  const due_ms = turn.now_ms + jitter(turn, turn.view.config.times.ping_ms / 2);
  watch(turn, id, { seq: member.seq, evidence: true, due_ms });
}

/** Somebody says of a member that it does not answer. */
export function suspect(
  turn: MembershipTurn,
  by: Id,
  id: Id,
  seq: number,
  failed: boolean,
): void {
  const { slice, now_ms } = turn;
  const member = slice.members.by_id.get(id);
  if (member === undefined) return;
  const accused = accuse(member, { by, seq, failed }, now_ms);
  if (accused === member) return;
  const suspected = accused.state === "suspect" && member.state !== "suspect";
  // Whether it answers here is found out at once.
  const sought = suspected && by !== turn.view.log.self;
  putMember(turn, sought ? { ...accused, retry_ms: now_ms } : accused);
  if (accused.state === "failed" && member.state !== "failed") turn.count("members-failed");
  if (!suspected) return;
  turn.count("members-suspected");
  const known = slice.watched.get(id);
  const evidence = known !== undefined && known.evidence && known.seq === member.seq;
  const { suspect_ms, ping_ms } = turn.view.config.times;
  const due_ms = now_ms + (evidence ? jitter(turn, ping_ms) : suspect_ms);
  watch(turn, id, { seq: member.seq, evidence, due_ms });
}

/** Suspects, and declares failed, whoever is due. */
export function watchMembers(turn: MembershipTurn): void {
  const { slice } = turn;
  if (slice.watched.size === 0 || slice.life.phase !== "running") return;
  const links = [...turn.view.session.links.values()].filter(isPeer);
  const linked = new Set(links.map(({ peer }) => peer));
  const suspect: [Id, number][] = [], failed: [Id, number][] = [];
  for (const [id, one] of slice.watched) {
    const member = slice.members.by_id.get(id);
    const refuted = member?.seq !== one.seq || (member.state === "alive" && !one.evidence);
    if (member === undefined || !isThere(member) || linked.has(id) || refuted) {
      turn.own("watched").delete(id);
      continue;
    }
    if (turn.now_ms < one.due_ms) {
      turn.wakeAt(one.due_ms);
      continue;
    }
    const verdict = judgeMember(turn, member, one);
    if (verdict.say === "suspect") suspect.push([id, member.seq]);
    if (verdict.say === "failed") failed.push([id, member.seq]);
    watch(turn, id, { ...one, due_ms: verdict.next_ms });
  }
  for (const [id] of suspect) {
    const member = slice.members.by_id.get(id)!;
    putMember(turn, { ...member, suspected: member.suspected + 1 });
  }
  if (suspect.length > 0 || failed.length > 0) speakOf(turn, { suspect, failed });
}

function judgeMember(
  turn: MembershipTurn,
  member: Member,
  { evidence }: Watch,
): { say: "suspect" | "failed" | null; next_ms: number } {
  const { config, log: { self } } = turn.view, { now_ms } = turn;
  const { suspect_ms, ping_ms } = config.times;
  const accusers = accusersOf(member);
  const retry_ms = now_ms + ping_ms + jitter(turn, ping_ms);
  const mine = accusers.some(({ by }) => by === self);
  if (evidence && !mine && accusers.length < 2) return { say: "suspect", next_ms: retry_ms };
  const age_ms = now_ms - member.since_ms;
  // Nobody else may be there who could miss it.
  const alone = turn.slice.members.sorted.every((id) => id === member.id || id === self);
  const confirmed = evidence && (accusers.length >= 2 || alone);
  const due_ms = member.since_ms + (confirmed ? suspect_ms : 2 * suspect_ms);
  if (member.state !== "suspect" || now_ms < due_ms) {
    return { say: null, next_ms: Math.min(retry_ms, Math.max(due_ms, now_ms + 1)) };
  }
  // Who spoke first spares the others from saying it too.
  const first = age_ms >= suspect_ms + ping_ms || draw(turn) < 0.5;
  return { say: first ? "failed" : null, next_ms: retry_ms };
}

function watch(turn: MembershipTurn, id: Id, one: Watch): void {
  turn.own("watched").set(id, one);
  turn.wakeAt(one.due_ms);
}
