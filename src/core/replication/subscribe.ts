/** A guest follows topics: it is a peer without a clock, whose cursors begin where it says. */

import type { LinkId, Topic } from "../types.ts";
import type { LogState } from "../log/slice.ts";
import { edit, replicaOf, type ReplicationTurn } from "./turn.ts";
import { TOPICS_PER_GUEST_MAX } from "../data/limits.ts";

/** A guest wants a topic, with the last `history` items, or all. */
export function subscribe(
  turn: ReplicationTurn,
  link: LinkId,
  { t: topic, history = Infinity }: { readonly t: Topic; readonly history?: number },
): void {
  const { cursors } = replicaOf(turn, link)!;
  if (!cursors.has(topic) && cursors.size >= TOPICS_PER_GUEST_MAX) {
    return turn.close(link, "too-many-topics", `at most ${TOPICS_PER_GUEST_MAX} for a guest`);
  }
  const { cursor, skip, before } = historyStart(turn.view.storage.settled.log, topic, history);
  edit(turn, link, (one) => {
    one.moveCursor(topic, cursor);
    // Entries before the start count as had, so that they are not told as a gap.
    for (const [index, seq] of before) one.learn(index, seq);
  });
  turn.send(link, { k: "from", t: topic, skip });
}

/** Where the last `history` items of a topic begin: position, items to leave out, logs before it. */
function historyStart(
  log: LogState,
  name: Topic,
  history: number,
): { cursor: number; skip: number; before: ReadonlyMap<number, number> } {
  const topic = log.topics.get(name);
  const before = new Map<number, number>();
  if (topic === undefined) return { cursor: 0, skip: 0, before };
  let cursor = topic.order.end, items = 0;
  while (cursor > topic.order.first && items < history) {
    items += topic.order.get(--cursor)!.count;
  }
  // Without enough items here, what was dropped before them is missing and told as a gap.
  if (items < history) return { cursor: 0, skip: 0, before };
  for (const index of topic.logs.from()) before.set(index, log.clock[index]);
  for (let at = topic.order.end - 1; at >= cursor; at--) {
    const { log: index, seq } = topic.order.get(at)!;
    before.set(index, seq - 1);
  }
  return { cursor, skip: items - history, before };
}
