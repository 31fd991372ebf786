/**
 * Which links live. Each end says something at least every `ping_ms`, if only a ping, so that the
 * other hears it also where what it sends itself is slow to arrive; a link on which nothing came for
 * too long is given up.
 */

import { type Link } from "./link.ts";
import { pingMark } from "../repair/lossy_links.ts";
import type { Turn } from "../state.ts";

/**
 * Pings and closes. `late_ms` says how much later than asked for this tick came: a node that was
 * stopped itself has heard nothing meanwhile, and first gives the others their time again.
 */
export function keepLinksAlive(turn: Turn, late_ms: number): void {
  const { ping_ms, silence_ms } = turn.state.config.times;
  const slept = late_ms >= ping_ms;
  if (slept) turn.count("slept");
  for (const link of turn.state.links.values()) {
    if (link.stage !== "up" || link.role === "guest") continue;
    if (slept) turn.setLink({ ...link, heard_ms: turn.now_ms });
    else keepLinkAlive(turn, link, ping_ms, silence_ms);
  }
  if (slept) turn.wakeAt(turn.now_ms + ping_ms);
}

function keepLinkAlive(turn: Turn, link: Link, ping_ms: number, silence_ms: number): void {
  const { now_ms } = turn;
  const dead_ms = link.heard_ms + silence_ms;
  if (now_ms >= dead_ms) {
    turn.setLink({ ...link, died: true });
    return turn.close(link.id, "silent", "nothing came for too long");
  }
  const ping_due_ms = link.spoke_ms + ping_ms;
  if (now_ms < ping_due_ms) return turn.wakeAt(Math.min(ping_due_ms, dead_ms));
  turn.send(link.id, { k: "ping", x: pingMark(link, now_ms) });
  turn.wakeAt(Math.min(now_ms + ping_ms, dead_ms));
}
