/** Sends what a link's cursors and window allow. */

import type { LinkId } from "../types.ts";
import type { Gap } from "../data/stored.ts";
import { firstKept } from "../log/slice.ts";
import { Pump } from "./pump.ts";
import { ReplicaEdit } from "./slice.ts";
import { edit, type ReplicationTurn, type StreamTo } from "./turn.ts";
import { LAZY_MS } from "../data/limits.ts";

/** Streams topics that have news to links. */
export function streamAll(turn: ReplicationTurn, all: readonly StreamTo[]): void {
  const { slice } = turn, links = slice.links.edit();
  for (const to of all) {
    const editing = new ReplicaEdit(links.get(to.link)!);
    stream(turn, to, editing);
    links.set(to.link, editing.finish());
  }
  slice.links = links.finish();
}

function stream(
  turn: ReplicationTurn,
  { link, topics, window_bytes, isLazy }: StreamTo,
  edit: ReplicaEdit,
): void {
  const { log } = turn.view.storage.settled;
  const is_guest = turn.view.session.links.get(link)!.role === "guest";
  const { outward, inward } = turn.view.flow.links.get(link)!;
  const pump = new Pump(edit, log, { is_guest, outward, window_bytes, isLazy });
  for (const topic of topics) pump.topic(topic);
  turn.send(link, ...pump.gaps.map(gapLine));
  const due_ms = turn.now_ms + LAZY_MS;
  if (pump.announces && due_ms < inward.ack_due_ms) turn.out({ kind: "ack_due", link, due_ms });
  if (pump.entries.length === 0) return;
  turn.out({ kind: "send", link, lines: pump.entries.map(({ line }) => line) });
  turn.out({ kind: "sent", link, bytes: pump.bytes });
  turn.out({ kind: "streamed", link, entries: pump.entries });
}

/** Says again which gaps were offered, for a peer that may not have heard it. */
export function offerAgain(turn: ReplicationTurn, link: LinkId): void {
  const { heads } = turn.view.storage.settled.log;
  edit(turn, link, (one) => {
    for (const [index, { offered, has }] of one.open((log) => log.offered > 0)) {
      const { origin, topic } = heads[index], from = has + 1;
      // Meanwhile retention may have dropped the very entry that would prove the gap.
      const to = Math.max(offered, firstKept(heads[index]) - 1);
      one.change(index, { offered: to });
      if (from <= to) turn.send(link, gapLine({ origin, topic, from, to }));
    }
  });
}

function gapLine({ origin, topic, from, to }: Gap) {
  return { k: "gap", o: origin, t: topic, s: from, e: to } as const;
}
