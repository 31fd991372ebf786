/** What others say in `presence`: that they are there, that they leave, whom they miss. */

import type { Id } from "../types.ts";
import { type Entry, logKey } from "../log/entry.ts";
import { PRESENCE } from "../log/slice.ts";
import { namedMember, speak } from "./members.ts";
import { suspect } from "./suspicion.ts";
import { jitter, lookAtOverlay, type MembershipTurn, putMember } from "./turn.ts";
import { announce, type PresenceItem, readItem } from "./word.ts";
import { ANSWER_PAUSE_MS, COURTESY_MS } from "../data/limits.ts";

/** Entries of presence were delivered. */
export function takePresence(turn: MembershipTurn, entry: Entry): void {
  const { self } = turn.view.log;
  lookAtOverlay(turn);
  for (const value of entry.items) {
    const item = readItem(value);
    if (item === null) continue;
    if (entry.origin !== self) takeWord(turn, entry, item);
    for (const [id, seq] of item.suspect) takeAccusation(turn, entry.origin, id, seq, false);
    for (const [id, seq] of item.failed) takeAccusation(turn, entry.origin, id, seq, true);
    if (item.seek.includes(self)) answerSoon(turn);
  }
}

/** Refutes, where somebody doubts that this node lives or has lost the way to it. */
export function refute(turn: MembershipTurn): void {
  const { slice } = turn;
  if (slice.life.phase !== "running" || slice.answer.due_ms === Infinity) return;
  if (turn.now_ms < slice.answer.due_ms) return turn.wakeAt(slice.answer.due_ms);
  slice.answer = { said_ms: turn.now_ms, due_ms: Infinity };
  // A word that is on its way answers as well.
  if (turn.view.publish.drafts.has(PRESENCE)) return;
  turn.count("answered-doubts");
  announce(turn);
}

function takeWord(turn: MembershipTurn, entry: Entry, item: PresenceItem): void {
  const { slice, now_ms } = turn, { origin, seq } = entry;
  const known = slice.members.by_id.get(origin);
  const base = known ?? namedMember(origin, item.address, now_ms);
  // Whoever leaves says nothing else of itself.
  const said = item.left ? base : item;
  const address = item.address || base.address;
  const word = { seq, address, name: said.name, box: said.box, left: item.left };
  const member = speak(base, word, now_ms);
  if (member === known) return;
  // A newcomer dials its ten by itself; dialling it at the same moment would make two links.
  const is_new = (known === undefined || known.address !== address) &&
    slice.life.phase === "running";
  const pause_ms = is_new ? COURTESY_MS + jitter(turn, COURTESY_MS) : 0;
  // Whoever speaks again can perhaps be reached again.
  const back = known !== undefined && known.state !== member.state ? { failures: 0 } : {};
  const retry_ms = is_new || "failures" in back ? now_ms + pause_ms : member.retry_ms;
  putMember(turn, { ...member, ...back, retry_ms });
}

function takeAccusation(
  turn: MembershipTurn,
  by: Id,
  id: Id,
  seq: number,
  failed: boolean,
): void {
  const { log } = turn.view;
  if (id !== log.self) return suspect(turn, by, id, seq, failed);
  // Only who knows this node's incarnation misses it as it is now.
  const incarnation = log.clock[log.keys.find(logKey(id, PRESENCE))] ?? 0;
  if (seq === incarnation) answerSoon(turn);
}

/** This node is to say another word; but however many want one, only so often. */
function answerSoon(turn: MembershipTurn): void {
  const { slice } = turn;
  if (slice.answer.due_ms !== Infinity) return;
  const due_ms = Math.max(turn.now_ms, slice.answer.said_ms + ANSWER_PAUSE_MS);
  slice.answer = { ...slice.answer, due_ms };
  turn.wakeAt(due_ms);
}
