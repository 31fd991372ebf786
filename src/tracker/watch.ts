/** Who has vanished: a tracker looks at all its links now and then, never at each event. */

import { allLinks } from "./links.ts";
import type { TrackerLink } from "./state.ts";
import type { TrackerTurn } from "./turn.ts";
import { EVICT_MS, HELLO_TIMEOUT_MS, PING_MS, SILENCE_MS } from "../core/data/limits.ts";
import {
  TRACKER_ASK_BYTES,
  TRACKER_GUEST_MS,
  TRACKER_UNREAD_BYTES_MAX,
  TRACKER_WATCH_MS,
} from "./limits.ts";

/** Closes links that have died, pings those that may have, and says when to look again. */
export function watchLinks(turn: TrackerTurn): void {
  const { state } = turn;
  let next_ms = Infinity;
  for (const link of allLinks(state.links)) {
    const { id } = link;
    const { what, due_ms } = nextStep(link, state.late_ms);
    if (turn.now_ms < due_ms) next_ms = Math.min(next_ms, due_ms);
    else if (what === "ping") next_ms = Math.min(next_ms, ping(turn, link));
    else if (what === "late") turn.close(id, "timeout", "no greeting in time");
    else if (what === "idle") turn.close(id, "timeout", "no question in time");
    else if (what === "stuck") turn.close(id, "stuck", "nothing was acknowledged for too long");
    else turn.close(id, "silent", "nothing came for too long");
  }
  state.watch_ms = Math.max(next_ms, turn.now_ms + TRACKER_WATCH_MS);
}

interface Step {
  readonly what: "late" | "idle" | "ping" | "stuck" | "silent";
  readonly due_ms: number;
}

/** What is to be done with a link next, and when. */
function nextStep(link: TrackerLink, late_ms: number): Step {
  const heard_ms = Math.max(link.heard_ms, late_ms);
  if (link.stage === "guest") return { what: "idle", due_ms: heard_ms + TRACKER_GUEST_MS };
  if (link.stage !== "peer") {
    return { what: "late", due_ms: Math.max(link.opened_ms, late_ms) + HELLO_TIMEOUT_MS };
  }
  const unread_bytes = link.sent_bytes - link.read_bytes;
  if (unread_bytes > TRACKER_UNREAD_BYTES_MAX) return { what: "stuck", due_ms: 0 };
  if (link.asked_bytes < 0) {
    const due_ms = unread_bytes >= TRACKER_ASK_BYTES ? 0 : heard_ms + PING_MS;
    return { what: "ping", due_ms };
  }
  // Whoever has much to read gets to the ping later.
  const patience_ms = unread_bytes >= TRACKER_ASK_BYTES ? EVICT_MS : SILENCE_MS;
  const silent_ms = heard_ms + patience_ms;
  const stuck_ms = Math.max(link.asked_ms, late_ms) + EVICT_MS;
  return stuck_ms < silent_ms
    ? { what: "stuck", due_ms: stuck_ms }
    : { what: "silent", due_ms: silent_ms };
}

/** Asks whether everything that was sent is read; gives the time to look again. */
function ping(turn: TrackerTurn, link: TrackerLink): number {
  const asked = { ...link, asked_bytes: link.sent_bytes, asked_ms: turn.now_ms };
  turn.setLink(asked);
  turn.send(link.id, { k: "ping", x: link.sent_bytes });
  return nextStep(asked, turn.state.late_ms).due_ms;
}
