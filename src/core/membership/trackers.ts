/**
 * Trackers are meeting points: a node says hello there, and is told whom to join, and later who came
 * and went. When the members know each other, nothing depends on a tracker any more; the node only
 * tries to come back to one that is gone.
 */

import type { Address } from "../types.ts";
import type { Session } from "../session/slice.ts";
import type { LineOf } from "../session/turn.ts";
import { introduce } from "./lists.ts";
import { removeMembers } from "./members.ts";
import type { Tracker } from "./slice.ts";
import { dial, endDial, type MembershipTurn, pauseAfter } from "./turn.ts";
import { JOIN_TIMEOUT_MS, MEMBERS_MAX } from "../data/limits.ts";

/** Begins with all trackers. */
export function dialTrackers(turn: MembershipTurn): void {
  for (const address of turn.view.config.trackers) dialTracker(turn, address);
}

/** Dials again those that are gone, and gives up those that say nothing. */
export function keepTrackers(turn: MembershipTurn): void {
  const { phase } = turn.slice.life;
  if (phase !== "running" && phase !== "joining") return;
  for (const [address, tracker] of turn.slice.trackers) {
    if (tracker.stage === "linked" && tracker.listed !== null) continue;
    if (turn.now_ms < tracker.due_ms) turn.wakeAt(tracker.due_ms);
    else if (tracker.stage === "away") dialTracker(turn, address);
    else {
      for (const { id, dialled } of turn.view.session.links.values()) {
        if (dialled === address) turn.close(id, "timeout", "no list in time");
      }
      trackerFailed(turn, address, `no answer within ${JOIN_TIMEOUT_MS / 1000} s`);
    }
  }
}

/** A tracker greeted. */
export function trackerLinked(turn: MembershipTurn, address: Address): void {
  change(turn, address, { stage: "linked" });
}

/** A tracker did not answer, refused, or is gone. */
export function trackerFailed(turn: MembershipTurn, address: Address, why: string): void {
  const tracker = turn.slice.trackers.get(address)!;
  if (tracker.stage === "away") return;
  endDial(turn, address);
  const failures = tracker.failures + 1;
  const due_ms = turn.now_ms + pauseAfter(turn, failures);
  change(turn, address, { stage: "away", parts: [], failed: true, failures, due_ms });
  turn.wakeAt(due_ms);
  // Once it has joined, a node needs no tracker, and says nothing of it.
  if (turn.slice.life.phase !== "joining") return;
  turn.notice({ kind: "tracker_failed", address, why });
}

/** A tracker says who is there, or who came and went. */
export function takeListed(
  turn: MembershipTurn,
  { dialled }: Session,
  line: LineOf<"peers">,
): void {
  const { slice } = turn;
  const tracker = slice.trackers.get(dialled!);
  if (tracker === undefined) return;
  introduce(turn, line.p);
  const gone = (line.gone ?? []).filter((id) => slice.members.by_id.get(id)?.state === "named");
  // Of members that have spoken, their links and they themselves know better.
  if (gone.length > 0) slice.members = removeMembers(slice.members, new Set(gone));
  const calm = { failed: false, failures: 0 };
  if (tracker.listed !== null) {
    if (tracker.failures > 0) change(turn, dialled!, calm);
    return;
  }
  const parts = [...tracker.parts, ...line.p.map(([, address]) => address)].slice(-MEMBERS_MAX);
  change(turn, dialled!, { ...calm, parts, listed: line.more ? null : parts });
}

/** Whether some tracker may still answer. */
export function isUndecided({ slice }: MembershipTurn): boolean {
  return [...slice.trackers.values()].some(({ listed, failed }) => listed === null && !failed);
}

/** Whether some tracker has answered. */
export function hasAnswered({ slice }: MembershipTurn): boolean {
  return [...slice.trackers.values()].some(({ listed }) => listed !== null);
}

/** Whom the trackers named at first; the newest come last, so they are tried first. */
export function listedAddresses({ slice }: MembershipTurn): Address[] {
  const all = [...slice.trackers.values()].flatMap(({ listed }) => listed ?? []);
  return [...new Set(all)].reverse();
}

function dialTracker(turn: MembershipTurn, address: Address): void {
  const due_ms = turn.now_ms + 2 * JOIN_TIMEOUT_MS;
  const fresh = { listed: null, failed: false, failures: 0 };
  const known = turn.slice.trackers.get(address);
  turn.own("trackers").set(address, { ...fresh, ...known, stage: "dialling", parts: [], due_ms });
  turn.wakeAt(due_ms);
  dial(turn, address, "");
}

function change(turn: MembershipTurn, address: Address, change: Partial<Tracker>): void {
  const tracker = turn.slice.trackers.get(address)!;
  turn.own("trackers").set(address, { ...tracker, ...change });
}
