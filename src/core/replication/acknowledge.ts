/** What came is acknowledged: the clock is told, and how many bytes were taken. */

import type { LinkId } from "../types.ts";
import { type Congestion, reportableBytes } from "../flow/slice.ts";
import { clockLines, splitTouched } from "../wire/clock_lines.ts";
import { isAtEnd, logsToTell } from "./pump.ts";
import type { LogState } from "../log/slice.ts";
import { openLogs, type Replica } from "./slice.ts";
import { edit, replicaOf, type ReplicationTurn } from "./turn.ts";
import { CONGESTED_ACK_MS } from "../data/limits.ts";

/** Acknowledges what came. */
export function acknowledge(turn: ReplicationTurn, link: LinkId, congestion: Congestion): void {
  const { storage: { settled, fault }, log } = turn.view;
  const { inward } = turn.view.flow.links.get(link)!;
  // What cannot be stored is not acknowledged, so that whoever sent it keeps it.
  if (fault !== null) return;
  const replica = replicaOf(turn, link)!;
  const bytes = reportableBytes(inward, congestion);
  // A disk that takes its time may have less than what came; the rest is told when it is stored.
  const { told, kept } = splitTouched(logsToTell(replica, settled.log), settled.log, log);
  const announces = openLogs(replica, ({ announced }) => announced).length > 0;
  if (told.size > 0 || bytes > inward.reported_bytes || !announces) {
    turn.send(link, ...clockLines(settled.log, told, bytes));
  }
  noteTold(turn, link, kept);
  const rests = bytes < inward.received_bytes || kept.size > 0;
  const due_ms = rests ? turn.now_ms + CONGESTED_ACK_MS : Infinity;
  turn.wakeAt(due_ms);
  turn.out({ kind: "reported", link, bytes, due_ms });
}

/** A peer was told of what came, and of what there is, but for these logs. */
export function noteTold(turn: ReplicationTurn, link: LinkId, kept: ReadonlySet<number>): void {
  edit(turn, link, (one) => {
    for (const [index] of one.open(({ touched, announced }) => touched || announced)) {
      one.change(index, { touched: kept.has(index), announced: false });
    }
  });
}

/** Asks for an acknowledgement of all that was sent. */
export function askForAck(turn: ReplicationTurn, link: LinkId): void {
  const { outward } = turn.view.flow.links.get(link)!;
  turn.send(link, { k: "ping", x: outward.sent_bytes });
  turn.out({ kind: "asked", link });
}

/** Whether something waits for room, though the peer need not acknowledge yet what is under way. */
export function isBlocked(replica: Replica, log: LogState): boolean {
  return openLogs(replica, ({ offered }) => offered > 0).length === 0 &&
    [...replica.cursors.keys()].some((topic) => !isAtEnd(replica, log, topic));
}
