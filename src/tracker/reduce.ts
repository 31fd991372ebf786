/**
 * A tracker is a meeting point: it knows who is there, tells everybody, and carries nothing else.
 *
 * A newcomer is sent the whole list once, as it was before it came. After that only differences are
 * sent, to all at the same time and as the same bytes, and the more peers there are the more changes
 * a difference gathers. So what a crowd costs grows with the crowd, and not with its square.
 */

import type { Event, LinkId } from "../core/types.ts";
import { joinAddress } from "../core/data/address.ts";
import { looksLikeEntry } from "../core/log/entry.ts";
import { decodeControl } from "../core/wire/decode.ts";
import { encodeLine, type Line } from "../core/wire/line.ts";
import { TRACKER_LATE_MS, TRACKER_LINES_BURST, TRACKER_LINES_PER_SECOND } from "./limits.ts";
import { openLink, takeHello, takeProof } from "./greeting.ts";
import { allLinks } from "./links.ts";
import { tellNews } from "./news.ts";
import { answerGuest } from "./questions.ts";
import { isTold } from "./roster.ts";
import { nextRound, type TrackerLink, type TrackerState } from "./state.ts";
import { type TrackerEffect, type TrackerEnv, TrackerTurn } from "./turn.ts";
import { watchLinks } from "./watch.ts";

export { initialTracker, type TrackerConfig, type TrackerState } from "./state.ts";

/** A tracker's next state, and what is to be done. Never touches the state that it was given. */
export function reduceTracker(
  before: TrackerState,
  event: Event,
  env: TrackerEnv,
): [TrackerState, TrackerEffect[]] {
  const turn = new TrackerTurn(before, event.now_ms, env);
  // A process that was stopped heard nothing, whatever was said.
  if (turn.now_ms - before.wake_ms > TRACKER_LATE_MS) turn.state.late_ms = turn.now_ms;
  switch (event.kind) {
    case "started":
      turn.state.phase = "running";
      turn.state.address = joinAddress(event.host ?? event.fallback_host, event.port);
      turn.notice({ kind: "listening", address: turn.state.address });
      break;
    case "opened":
      openLink(turn, event);
      break;
    case "lines":
      receive(turn, event.link, event.lines);
      break;
    case "garbled":
      turn.close(event.link, event.code, "bytes that are no lines of the protocol");
      break;
    case "closed": {
      const link = turn.link(event.link);
      if (link !== undefined) turn.forget(link);
      break;
    }
    case "leave":
      leave(turn);
      break;
    case "tick":
      if (turn.now_ms >= turn.state.watch_ms) watchLinks(turn);
      if (!isTold(turn.state.roster) && turn.now_ms >= nextRound(turn.state)) tellNews(turn);
      break;
  }
  return turn.finish();
}

/** Acts on the lines of a read in order, until the link is closed. */
function receive(turn: TrackerTurn, id: LinkId, lines: readonly Uint8Array[]): void {
  for (const bytes of lines) {
    const link = spendLine(turn, id);
    if (link === null) return;
    // Entries go from node to node.
    if (looksLikeEntry(bytes)) {
      turn.close(id, "bad-order", "a line that is not of the protocol");
      return;
    }
    const read = decodeControl(bytes);
    if (read.kind === "control") takeLine(turn, link, read.line);
    else if (read.kind === "fault" && read.fatal) {
      turn.close(id, read.code, "a line that is not of the protocol");
    }
  }
}

/** Takes a line out of the link's budget; closes the link, and gives null, at its end. */
function spendLine(turn: TrackerTurn, id: LinkId): TrackerLink | null {
  const link = turn.link(id);
  if (link === undefined) return null;
  const refill = (turn.now_ms - link.budget_ms) * TRACKER_LINES_PER_SECOND / 1000;
  const budget = Math.min(TRACKER_LINES_BURST, link.budget + refill) - 1;
  if (budget >= 0) {
    return turn.setLink({ ...link, budget, budget_ms: turn.now_ms, heard_ms: turn.now_ms });
  }
  turn.close(id, "flood", "too many lines in too short a time");
  return null;
}

function takeLine(turn: TrackerTurn, link: TrackerLink, line: Line): void {
  if (line.k === "hello") return takeHello(turn, link, line);
  if (line.k === "bye") return turn.drop(link.id);
  if (line.k === "proof" && link.stage === "proof") return takeProof(turn, link, line);
  if (line.k === "proof" || link.stage === "hello" || link.stage === "proof") {
    return turn.close(link.id, "bad-order", "say hello first, and what your role allows");
  }
  if (line.k === "ping") return turn.send(link.id, { k: "pong", x: line.x });
  if (line.k === "pong") {
    if (line.x !== link.asked_bytes) return;
    turn.setLink({ ...link, read_bytes: line.x, asked_bytes: -1 });
    return;
  }
  // What else peers say to each other means nothing here.
  if (link.stage === "guest") answerGuest(turn, link, line);
}

function leave(turn: TrackerTurn): void {
  const bye = encodeLine({ k: "bye", code: "left", why: "leaving" });
  for (const { id } of allLinks(turn.state.links)) {
    turn.sendBytes(id, [bye]);
    turn.drop(id);
  }
  turn.end();
}
