/** Links that lose lines, and what it takes to make up for that. */

import type { LinkId } from "../types.ts";
import type { Session } from "../session/slice.ts";
import { SharedMap } from "../data/shared_map.ts";
import type { Lossy } from "./lossy.ts";
import { WINDOW_BYTES } from "../data/limits.ts";

/** The slice of this room. */
export interface Repair {
  /** Only links that lose lines are here. */
  readonly links: SharedMap<LinkId, Lossy>;
}

/** Nothing gets lost. */
export function newRepair(): Repair {
  return { links: SharedMap.of() };
}

/** How many bytes of entries may be under way on a link. */
export function windowOf({ links }: Repair, link: LinkId): number {
  return links.get(link)?.window_bytes ?? WINDOW_BYTES;
}

/** What a ping carries: on a lossy link the time, which its pong brings back. */
export function pingMark(session: Session, sent_bytes: number, now_ms: number): number {
  return session.lossy ? now_ms - session.opened_ms : sent_bytes;
}
