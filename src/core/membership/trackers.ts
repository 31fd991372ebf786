/**
 * Trackers are meeting points: a node says hello there, and is told whom to join, and later who came
 * and went. When the members know each other, nothing depends on a tracker any more; the node only
 * tries to come back to one that is gone.
 */

import type { Address } from "../types.ts";
import { endDial } from "../session/greeting.ts";
import { joinFromTrackers } from "./join.ts";
import type { Line } from "../wire/line.ts";
import type { Link } from "../session/link.ts";
import { dial, introduce, pauseAfter } from "./overlay.ts";
import { removeMembers } from "./members.ts";
import type { Turn } from "../state.ts";
import { JOIN_TIMEOUT_MS, MEMBERS_MAX } from "../data/limits.ts";

/** One tracker, and how it stands with it. */
export interface Tracker {
  readonly stage: "dialling" | "linked" | "away";
  /** Who was there before this node; null before the first whole list. */
  readonly listed: readonly Address[] | null;
  readonly parts: readonly Address[];
  /** Whether it was tried, and did not answer or refused. */
  readonly failed: boolean;
  readonly failures: number;
  /** When it is dialled next, or given up for this time. */
  readonly due_ms: number;
}

/** Begins with all trackers. */
export function dialTrackers(turn: Turn): void {
  for (const address of turn.state.config.trackers) dialTracker(turn, address);
}

/** Dials again those that are gone, and gives up those that say nothing. */
export function keepTrackers(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== "running" && state.phase !== "joining") return;
  for (const [address, tracker] of state.trackers) {
    if (tracker.stage === "linked" && tracker.listed !== null) continue;
    if (turn.now_ms < tracker.due_ms) turn.wakeAt(tracker.due_ms);
    else if (tracker.stage === "away") dialTracker(turn, address);
    else {
      for (const link of state.links.values()) {
        if (link.dialled === address) turn.close(link.id, "timeout", "no list in time");
      }
      trackerFailed(turn, address, `no answer within ${JOIN_TIMEOUT_MS / 1000} s`);
    }
  }
}

/** Whether an address is that of a tracker which is dialled or linked. */
export function isTracker(turn: Turn, address: Address | null): address is Address {
  const tracker = address === null ? undefined : turn.state.trackers.get(address);
  return tracker !== undefined && tracker.stage !== "away";
}

/** A tracker greeted. */
export function trackerLinked(turn: Turn, address: Address): void {
  const tracker = turn.state.trackers.get(address)!;
  turn.own("trackers").set(address, { ...tracker, stage: "linked" });
}

/** A tracker did not answer, refused, or is gone. */
export function trackerFailed(turn: Turn, address: Address, why: string): void {
  const { state } = turn;
  const tracker = state.trackers.get(address)!;
  if (tracker.stage === "away") return;
  endDial(turn, address);
  const failures = tracker.failures + 1;
  const due_ms = turn.now_ms + pauseAfter(turn, failures);
  const away = { stage: "away", parts: [], failed: true, failures, due_ms } as const;
  turn.own("trackers").set(address, { ...tracker, ...away });
  turn.wakeAt(due_ms);
  // Once it has joined, a node needs no tracker, and says nothing of it.
  if (state.phase !== "joining") return;
  turn.notice({ kind: "tracker_failed", address, why });
  joinFromTrackers(turn);
}

/** A tracker says who is there, or who came and went. */
export function takeListed(turn: Turn, link: Link, line: Extract<Line, { k: "peers" }>): void {
  const { state } = turn;
  const tracker = state.trackers.get(link.dialled!);
  if (tracker === undefined) return;
  introduce(turn, line.p);
  state.overlay_ms = 0;
  const gone = (line.gone ?? []).filter((id) => state.members.by_id.get(id)?.state === "named");
  // Of members that have spoken, their links and they themselves know better.
  if (gone.length > 0) state.members = removeMembers(state.members, new Set(gone));
  const calm = { failed: false, failures: 0 };
  if (tracker.listed !== null) {
    if (tracker.failures > 0) turn.own("trackers").set(link.dialled!, { ...tracker, ...calm });
    return;
  }
  const parts = [...tracker.parts, ...line.p.map(([, address]) => address)].slice(-MEMBERS_MAX);
  const listed = line.more ? null : parts;
  turn.own("trackers").set(link.dialled!, {
    ...tracker,
    ...calm,
    parts,
    listed,
  });
  if (listed !== null) joinFromTrackers(turn);
}

/** Whether some tracker may still answer. */
export function isUndecided(turn: Turn): boolean {
  return [...turn.state.trackers.values()].some(({ listed, failed }) => listed === null && !failed);
}

/** Whether some tracker has answered. */
export function hasAnswered(turn: Turn): boolean {
  return [...turn.state.trackers.values()].some(({ listed }) => listed !== null);
}

/** Whom the trackers named at first; the newest come last, so they are tried first. */
export function listedAddresses(turn: Turn): Address[] {
  const all = [...turn.state.trackers.values()].flatMap(({ listed }) => listed ?? []);
  return [...new Set(all)].reverse();
}

function dialTracker(turn: Turn, address: Address): void {
  const known = turn.state.trackers.get(address);
  const fresh = { listed: null, failed: false, failures: 0 };
  const due_ms = turn.now_ms + 2 * JOIN_TIMEOUT_MS;
  turn.own("trackers").set(address, {
    ...fresh,
    ...known,
    stage: "dialling",
    parts: [],
    due_ms,
  });
  turn.wakeAt(due_ms);
  dial(turn, address, "");
}
