/** Who is so far behind that the sources must wait. */

import type { NodeConfig } from "../data/config.ts";
import { type Congestion, type Flow, keepsPace } from "../flow/slice.ts";
import type { LogState } from "../log/slice.ts";
import { lagBytes } from "../replication/pump.ts";
import type { Replication } from "../replication/slice.ts";
import type { Sessions } from "../session/slice.ts";
import type { Output, Records } from "./slice.ts";
import { STUCK_MS } from "../data/limits.ts";

/** What is looked at. */
export interface CongestionView {
  readonly config: NodeConfig;
  readonly now_ms: number;
  readonly log: LogState;
  readonly session: Sessions;
  readonly flow: Flow;
  readonly replication: Replication;
  readonly output: Output;
  readonly records: Records;
}

/**
 * Whether a reader that keeps pace is so far behind that it would lose entries: further than a share
 * of what is kept. Then the sources must wait. One that is stuck, or very slow, does not count: it
 * loses entries, and is told so.
 */
export function congestionOf(view: CongestionView, share: number): Congestion {
  const { log, output, now_ms, config } = view;
  if (!mayBeCongested(view, share)) return null;
  const far = config.keep_bytes * share;
  const { unprinted_bytes, progress_ms } = output.debt;
  const is_stuck = unprinted_bytes > 0 && now_ms - progress_ms >= STUCK_MS;
  if (!is_stuck && outputLagBytes(view) > far) return "output";
  for (const session of view.session.links.values()) {
    const replica = view.replication.links.get(session.id)!;
    const flow = view.flow.links.get(session.id)!;
    if (!replica.streaming || !keepsPace(flow, session.pulse.heard_ms, now_ms)) continue;
    for (const [name, topic] of log.topics) {
      if (session.role === "guest" && !replica.cursors.has(name)) continue;
      if (lagBytes(replica, name, topic) > far) return "peer";
    }
  }
  return null;
}

/** Whether so much is kept at all that somebody could be so far behind. */
export function mayBeCongested(
  { log, config }: Pick<CongestionView, "log" | "config">,
  share: number,
): boolean {
  return log.totals.kept_bytes >= config.keep_bytes * share;
}

/** Whether everything that is to be printed was printed. */
export function isDrained(view: CongestionView): boolean {
  const { place, debt } = view.output;
  return debt.unprinted_bytes === 0 && place.cursor >= endOf(view);
}

/** Whether there is something that the output was not handed yet. */
export function isPrintDue(view: CongestionView): boolean {
  const { place, beside, gapped } = view.output;
  return place.cursor < endOf(view) || beside.records.length > 0 || gapped;
}

/** The position behind all that there is to print. */
function endOf({ config: { front }, log, output, records }: CongestionView): number {
  if (front.app === "none") return output.place.cursor;
  return records?.end ?? log.topics.get(front.topic)?.order.end ?? 0;
}

/** Bytes that are delivered but not handed to the output. */
export function outputLagBytes({ config, log, output, records }: CongestionView): number {
  if (config.front.app === "none" || records !== null || output.history.waiting) return 0;
  const topic = log.topics.get(config.front.topic);
  const next = topic?.order.get(Math.max(output.place.cursor, topic.order.first));
  return next === undefined ? 0 : topic!.bytes - next.offset;
}
