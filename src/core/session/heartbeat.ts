/**
 * Which links live. Each end says something at least every `ping_ms`, if only a ping, so that the
 * other hears it also where what it sends itself is slow to arrive; a link on which nothing came for
 * too long is given up.
 */

import type { Session } from "./slice.ts";
import { type SessionTurn, setSession } from "./turn.ts";

/**
 * Pings and closes. `late_ms` says how much later than asked for this tick came: a node that was
 * stopped itself has heard nothing meanwhile, and first gives the others their time again.
 */
export function keepLinksAlive(turn: SessionTurn, late_ms: number): void {
  const { now_ms } = turn, { ping_ms } = turn.view.config.times;
  const slept = late_ms >= ping_ms;
  if (slept) turn.count("slept");
  for (const session of turn.slice.links.values()) {
    if (session.stage !== "up" || session.role === "guest") continue;
    if (slept) setSession(turn, { ...session, pulse: { ...session.pulse, heard_ms: now_ms } });
    else keepLinkAlive(turn, session);
  }
  if (slept) turn.wakeAt(now_ms + ping_ms);
}

function keepLinkAlive(turn: SessionTurn, session: Session): void {
  const { now_ms } = turn, { ping_ms, silence_ms } = turn.view.config.times;
  const { id, pulse } = session;
  const dead_ms = pulse.heard_ms + silence_ms;
  if (now_ms >= dead_ms) {
    setSession(turn, { ...session, farewell: { code: "", why: "", died: true } });
    return turn.close(id, "silent", "nothing came for too long");
  }
  const ping_due_ms = pulse.spoke_ms + ping_ms;
  if (now_ms < ping_due_ms) return turn.wakeAt(Math.min(ping_due_ms, dead_ms));
  turn.out({ kind: "ping", link: id });
  turn.wakeAt(Math.min(now_ms + ping_ms, dead_ms));
}
