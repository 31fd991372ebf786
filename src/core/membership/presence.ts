/**
 * Who is there, who is missed, who is gone. Each node says in the topic `presence` where it is, and
 * whom it misses. A member whose link broke and whose address does not answer, or on whose link
 * nothing came for too long, is suspected; it refutes by saying anything more in `presence`; if it
 * does not, and a second node misses it too, it is declared failed. (SWIM, see members.ts; but what
 * detects is the links, and what spreads the word is the log.)
 */

import type { Address, Id, Json } from "../types.ts";
import { type Entry, isCount, logKey } from "../log/entry.ts";
import { isAddress } from "../data/address.ts";
import { isName } from "../wire/line.ts";
import { isPeer } from "../session/link.ts";
import { PRESENCE } from "../log/log.ts";
import { isIdText } from "../data/public_key.ts";
import {
  accuse,
  accusersOf,
  isThere,
  type Member,
  namedMember,
  setMember,
  setMembers,
  speak,
} from "./members.ts";
import { draftItems } from "../publish/draft.ts";
import type { Turn } from "../state.ts";
import {
  ACCUSALS_MAX,
  ACCUSED_PER_ITEM_MAX,
  ANSWER_PAUSE_MS,
  COURTESY_MS,
  SOUGHT_PER_ITEM_MAX,
} from "../data/limits.ts";

/** Somebody who is missed, or called suspect by others. */
export interface Watch {
  /** The member's newest word: a newer one refutes everything. */
  readonly seq: number;
  /** Whether this node found out itself that it does not answer. */
  readonly evidence: boolean;
  /** When to look again. */
  readonly due_ms: number;
}

/** What one item of `presence` says. */
interface PresenceItem {
  readonly address: Address;
  readonly name: string;
  readonly box: string;
  readonly left: boolean;
  /** Pairs of an id and the number of the newest entry of its presence that the speaker knew. */
  readonly suspect: readonly (readonly [Id, number])[];
  readonly failed: readonly (readonly [Id, number])[];
  /** Who is asked to speak, so that the way to it is learnt anew. */
  readonly seek: readonly Id[];
}

/** Entries of presence were delivered. */
export function takePresence(turn: Turn, entry: Entry): void {
  const { state } = turn;
  state.overlay_ms = 0;
  for (const value of entry.items) {
    const item = readItem(value);
    if (item === null) continue;
    if (entry.origin !== state.config.id) takeWord(turn, entry, item);
    for (const [id, seq] of item.suspect) takeAccusation(turn, entry.origin, id, seq, false);
    for (const [id, seq] of item.failed) takeAccusation(turn, entry.origin, id, seq, true);
    if (item.seek.includes(state.config.id)) answerSoon(turn);
  }
}

/** Says that this node is there. */
export function announce(turn: Turn): void {
  speakOf(turn, {});
}

/** This node found out that a member does not answer. */
export function missMember(turn: Turn, id: Id): void {
  const { state } = turn;
  const member = state.members.by_id.get(id);
  if (state.phase !== "running" || member === undefined) return;
  if (member.state !== "alive" && member.state !== "suspect") return;
  // Somebody who lives, but cannot be dialled from here, must not be suspected for ever.
  if (member.state === "alive" && member.suspected >= ACCUSALS_MAX) return;
  const known = state.watched.get(id);
  if (known?.evidence && known.seq === member.seq) return;
  // Not all who miss it need to say so.
  const due_ms = turn.now_ms + jitter(turn, state.config.times.ping_ms / 2);
  watch(turn, id, { seq: member.seq, evidence: true, due_ms });
}

/** Suspects, and declares failed, whoever is due. */
export function watchMembers(turn: Turn): void {
  const { state } = turn;
  if (state.watched.size === 0 || state.phase !== "running") return;
  const linked = new Set([...state.links.values()].filter(isPeer).map((link) => link.peer));
  const suspect: [Id, number][] = [], failed: [Id, number][] = [];
  for (const [id, one] of state.watched) {
    const member = state.members.by_id.get(id);
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
  for (const [id] of suspect) noteSuspected(turn, id);
  if (suspect.length > 0 || failed.length > 0) speakOf(turn, { suspect, failed });
}

function judgeMember(
  turn: Turn,
  member: Member,
  { evidence }: Watch,
): { say: "suspect" | "failed" | null; next_ms: number } {
  const { config, members } = turn.state;
  const { suspect_ms, ping_ms } = config.times;
  const accusers = accusersOf(member);
  const retry_ms = turn.now_ms + ping_ms + jitter(turn, ping_ms);
  const mine = accusers.some(({ by }) => by === config.id);
  if (evidence && !mine && accusers.length < 2) return { say: "suspect", next_ms: retry_ms };
  const age_ms = turn.now_ms - member.since_ms;
  // Nobody else may be there who could miss it.
  const alone = members.sorted.every((id) => id === member.id || id === config.id);
  const confirmed = evidence && (accusers.length >= 2 || alone);
  const due_ms = member.since_ms + (confirmed ? suspect_ms : 2 * suspect_ms);
  if (member.state !== "suspect" || turn.now_ms < due_ms) {
    return { say: null, next_ms: Math.min(retry_ms, Math.max(due_ms, turn.now_ms + 1)) };
  }
  // Who spoke first spares the others from saying it too.
  const first = age_ms >= suspect_ms + ping_ms || turn.draw() < 0.5;
  return { say: first ? "failed" : null, next_ms: retry_ms };
}

function takeWord(turn: Turn, entry: Entry, item: PresenceItem): void {
  const { state } = turn;
  const { origin, seq } = entry;
  const known = state.members.by_id.get(origin);
  const base = known ?? namedMember(origin, item.address, turn.now_ms);
  // Whoever leaves says nothing else of itself.
  const said = item.left ? base : item;
  const address = item.address || base.address;
  const word = { seq, address, name: said.name, box: said.box, left: item.left };
  const member = speak(base, word, turn.now_ms);
  if (member === known) return;
  // A newcomer dials its ten by itself; dialling it at the same moment would make two links.
  const is_new = (known === undefined || known.address !== address) && state.phase === "running";
  const pause_ms = is_new ? COURTESY_MS + jitter(turn, COURTESY_MS) : 0;
  // Whoever speaks again can perhaps be reached again.
  const back = known !== undefined && known.state !== member.state ? { failures: 0 } : {};
  const retry_ms = is_new || "failures" in back ? turn.now_ms + pause_ms : member.retry_ms;
  state.members = setMember(state.members, { ...member, ...back, retry_ms });
}

function takeAccusation(turn: Turn, by: Id, id: Id, seq: number, failed: boolean): void {
  const { state } = turn;
  if (id === state.config.id) return noteAccused(turn, seq);
  const member = state.members.by_id.get(id);
  if (member === undefined) return;
  const accused = accuse(member, { by, seq, failed }, turn.now_ms);
  if (accused === member) return;
  const suspected = accused.state === "suspect" && member.state !== "suspect";
  // Whether it answers here is found out at once.
  const after = suspected && by !== state.config.id
    ? { ...accused, retry_ms: turn.now_ms }
    : accused;
  state.members = setMember(state.members, after);
  if (accused.state === "failed" && member.state !== "failed") turn.count("members-failed");
  if (!suspected) return;
  turn.count("members-suspected");
  const known = state.watched.get(id);
  const evidence = known !== undefined && known.evidence && known.seq === member.seq;
  const { suspect_ms, ping_ms } = state.config.times;
  const due_ms = turn.now_ms + (evidence ? jitter(turn, ping_ms) : suspect_ms);
  watch(turn, id, { seq: member.seq, evidence, due_ms });
}

/** Somebody misses this node, and knows its newest word: it says another. */
function noteAccused(turn: Turn, seq: number): void {
  if (seq === ownSeq(turn)) answerSoon(turn);
}

/** This node is to say another word; but however many want one, only so often. */
function answerSoon(turn: Turn): void {
  const { state } = turn;
  if (state.answer.due_ms !== Infinity) return;
  const due_ms = Math.max(turn.now_ms, state.answer.said_ms + ANSWER_PAUSE_MS);
  state.answer = { ...state.answer, due_ms };
  turn.wakeAt(due_ms);
}

/** Says that this node lives, where somebody doubts it or has lost the way to it. */
export function answerDoubts(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== "running" || state.answer.due_ms === Infinity) return;
  if (turn.now_ms < state.answer.due_ms) return turn.wakeAt(state.answer.due_ms);
  state.answer = { said_ms: turn.now_ms, due_ms: Infinity };
  // A word that is on its way answers as well.
  if (state.drafts.has(PRESENCE)) return;
  turn.count("answered-doubts");
  announce(turn);
}

/** Asks members to speak. */
export function seek(turn: Turn, ids: readonly Id[]): void {
  turn.count("sought", ids.length);
  for (let at = 0; at < ids.length; at += SOUGHT_PER_ITEM_MAX) {
    speakOf(turn, { seek: ids.slice(at, at + SOUGHT_PER_ITEM_MAX) });
  }
}

/** What this node says of itself, and of others. */
function speakOf(
  turn: Turn,
  { suspect = [], failed = [], seek = [] }: Partial<
    Pick<PresenceItem, "suspect" | "failed" | "seek">
  >,
): void {
  const { address, config } = turn.state;
  const word: Record<string, Json> = { address: address! };
  if (config.name !== "") word.name = config.name;
  if (config.box !== "") word.box = config.box;
  if (seek.length > 0) word.seek = seek;
  for (let at = 0; at === 0 || at < Math.max(suspect.length, failed.length);) {
    const end = at + ACCUSED_PER_ITEM_MAX;
    const item = { ...word };
    if (at < suspect.length) item.suspect = suspect.slice(at, end);
    if (at < failed.length) item.failed = failed.slice(at, end);
    draftItems(turn, PRESENCE, [item], "");
    at = end;
  }
}

function ownSeq(turn: Turn): number {
  const { log, config } = turn.state;
  return log.clock[log.keys.find(logKey(config.id, PRESENCE))] ?? 0;
}

function noteSuspected(turn: Turn, id: Id): void {
  const { state } = turn;
  const member = state.members.by_id.get(id)!;
  state.members = setMembers(state.members, [{ ...member, suspected: member.suspected + 1 }]);
}

function watch(turn: Turn, id: Id, one: Watch): void {
  turn.own("watched").set(id, one);
  turn.wakeAt(one.due_ms);
}

function jitter(turn: Turn, most_ms: number): number {
  return turn.draw() * most_ms;
}

function readItem(value: Json): PresenceItem | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { address, name, box, left, suspect, failed, seek } = value as Record<
    string,
    Json | undefined
  >;
  if (left !== true && !isAddress(address)) return null;
  return {
    address: isAddress(address) ? address : "",
    name: isName(name) ? name : "",
    box: isIdText(box) ? box : "",
    left: left === true,
    suspect: readPairs(suspect),
    failed: readPairs(failed),
    seek: Array.isArray(seek) && seek.length <= SOUGHT_PER_ITEM_MAX ? seek.filter(isIdText) : [],
  };
}

function readPairs(value: Json | undefined): [Id, number][] {
  if (!Array.isArray(value) || value.length > ACCUSED_PER_ITEM_MAX) return [];
  return value.filter((pair): pair is [Id, number] =>
    Array.isArray(pair) && isIdText(pair[0]) && isCount(pair[1], 1)
  );
}
