/**
 * What does not come. A gap that a peer offers is accepted unless another peer may fill it; a cause
 * that is missing is asked for, and in the end given up. Either way the user is told.
 */

import type { Gap } from "./types.ts";
import { isPeer } from "./link.ts";
import { isKeptWhole, retryPending, seenOf, skipEntries } from "./log.ts";
import { logKey } from "./entry.ts";
import { missingOf, waiveFirst } from "./pending.ts";
import { takeDelivered } from "./deliver.ts";
import type { Turn } from "./state.ts";
import { GAP_WAIT_MS, PENDING_ASK_MS, PENDING_EXPIRE_MS } from "./limits.ts";

/** Accepts the gaps that were offered long enough ago, or by the only peer there is. */
export function acceptGaps(turn: Turn): void {
  const { state } = turn;
  if (state.offers.size === 0) return;
  let peers = 0;
  for (const link of state.links.values()) if (isPeer(link)) peers++;
  const offers = new Map(state.offers);
  for (const [key, { gap, link: id, since_ms }] of state.offers) {
    const due_ms = since_ms + GAP_WAIT_MS;
    if (peers > 1 && turn.now_ms < due_ms) {
      turn.wakeAt(due_ms);
      continue;
    }
    offers.delete(key);
    const link = state.links.get(id);
    if (link === undefined) continue;
    giveUp(turn, gap);
    // The peer waits to hear that the gap was accepted.
    const index = state.log.keys.find(logKey(gap.origin, gap.topic));
    if (index < 0) continue;
    turn.setLink({
      ...link,
      touched: new Set(link.touched).add(index),
      ack_due_ms: turn.now_ms,
    });
  }
  state.offers = offers;
}

/** Asks for missing causes, and gives up those that did not come in time. */
export function giveUpCauses(turn: Turn): void {
  const { state } = turn;
  if (state.log.pending.entries === 0) {
    state.pending_ms = Infinity;
    return;
  }
  if (state.pending_ms === Infinity) state.pending_ms = turn.now_ms + PENDING_ASK_MS;
  if (turn.now_ms < state.pending_ms) return turn.wakeAt(state.pending_ms);
  let waived = false;
  for (const [index, [first]] of state.log.pending.logs) {
    const { topic } = first.entry;
    const missing = missingOf(
      first,
      state.log.clock[index],
      (origin) => seenOf(state.log, origin, topic),
    );
    const age_ms = turn.now_ms - first.since_ms;
    if (age_ms >= PENDING_EXPIRE_MS) {
      if (missing.causes.length > 0) {
        const { log } = state;
        state.log = { ...log, pending: waiveFirst(log.pending, index) };
        waived = true;
        turn.count("causes-given-up", missing.causes.length);
      }
      if (missing.before !== null && !isKeptWhole(topic)) giveUp(turn, missing.before);
    } else if (age_ms >= PENDING_ASK_MS) {
      ask(turn, missing.before);
      for (const cause of missing.causes) ask(turn, cause);
    }
  }
  state.pending_ms = turn.now_ms + PENDING_ASK_MS;
  turn.wakeAt(state.pending_ms);
  if (!waived) return;
  const [log, output] = retryPending(state.log, turn.env);
  state.log = log;
  takeDelivered(turn, output.delivered);
}

function giveUp(turn: Turn, gap: Gap): void {
  const { state } = turn;
  const [log, output] = skipEntries(state.log, gap, turn.env);
  if (log === state.log) return;
  state.log = log;
  turn.count("gaps");
  if (gap.topic === state.front.config.topic) state.front = { ...state.front, gapped: true };
  takeDelivered(turn, output.delivered);
}

/** Wants the first missing entry of every peer; whoever has it sends it. */
function ask(turn: Turn, gap: Gap | null): void {
  if (gap === null) return;
  turn.count("asked");
  for (const link of turn.state.links.values()) {
    if (isPeer(link)) turn.send(link.id, { k: "want", o: gap.origin, t: gap.topic, s: gap.from });
  }
}
