/**
 * The door of publishing: what this node says itself. Items gather in a draft; each tick makes of them
 * as few entries as possible.
 */

import type { Id, Json, Source, Topic } from "../types.ts";
import { hasOf } from "../replication/slice.ts";
import { isPeer } from "../session/slice.ts";
import { logKey } from "../log/entry.ts";
import { type Reduced, RoomTurn } from "../wire/room.ts";
import { sealDraft } from "./seal.ts";
import { draftBytes, itemsBytes, type Publish } from "./slice.ts";
import type { PublishEvent, PublishOut, PublishTurn, PublishView } from "./turn.ts";
import { DRAFT_BYTES_MAX } from "../data/limits.ts";

/** What publishing does about an event. */
export function reducePublish(
  before: Publish,
  event: PublishEvent,
  view: PublishView,
): Reduced<Publish, PublishOut> {
  const turn: PublishTurn = new RoomTurn(before, { ...before }, view);
  handle(turn, event);
  return turn.finish();
}

function handle(turn: PublishTurn, event: PublishEvent): void {
  switch (event.kind) {
    case "publish":
      return publish(turn, event);
    case "guest":
      return publishFor(turn, event);
    case "draft":
      return draft(turn, event.topic, event.items, "");
    case "seal":
      return sealDraft(turn, event.topic);
    case "held":
      return noteHeld(turn, event.log, event.seq);
    case "answer":
      return answerRequests(turn);
    case "forget": {
      const { slice } = turn, { indices } = event;
      const acknowledged = slice.acknowledged.map((seq, log) => indices.has(log) ? 0 : seq);
      if (acknowledged.some((seq, log) => seq !== slice.acknowledged[log])) {
        slice.acknowledged = acknowledged;
      }
      return;
    }
    case "gone":
      // Nobody is there to be answered.
      for (const [key, { link }] of turn.slice.requests) {
        if (link === event.link) turn.own("requests").delete(key);
      }
  }
}

function publish(turn: PublishTurn, event: Extract<PublishEvent, { kind: "publish" }>): void {
  const good = event.items.filter((item, index) => {
    const why = event.refuse(item);
    if (why === null) return true;
    const source: Source = { kind: "local", tag: event.first_tag + index };
    turn.notice({ kind: "refused", source, why });
    return false;
  });
  draft(turn, event.topic, good, "");
}

function publishFor(turn: PublishTurn, event: Extract<PublishEvent, { kind: "guest" }>): void {
  const { link, line, busy } = event;
  const refuse = (why: string) => turn.send(link, { k: "refused", i: line.i, why });
  const key = `${link}:${line.i}`;
  if (busy !== null) return refuse(busy);
  if (turn.slice.requests.has(key)) return refuse(`request ${line.i} is under way already`);
  if (draftBytes(turn.slice) > DRAFT_BYTES_MAX) return refuse("the node is busy, try again");
  for (const [index, item] of line.b.entries()) {
    const why = event.refuse(item);
    if (why !== null) return refuse(line.b.length === 1 ? why : `item ${index + 1}: ${why}`);
  }
  if (line.b.length === 0) return refuse("nothing to publish");
  const { i: number, t: topic, ack = 1 } = line;
  turn.own("requests").set(key, { link, number, topic, ack, open: line.b.length, seq: 0 });
  turn.out({ kind: "request", link, more: 1 });
  draft(turn, topic, line.b, key);
}

/** Adds items to a draft; `request` is the guest's request that they belong to, or "". */
function draft(
  turn: PublishTurn,
  topic: Topic,
  items: readonly Json[],
  request: string,
): void {
  if (items.length === 0) return;
  const { parts, bytes } = turn.slice.drafts.get(topic) ?? { parts: [], bytes: 0 };
  turn.own("drafts").set(topic, {
    parts: [...parts, { items, request }],
    bytes: bytes + itemsBytes(items),
  });
}

/** Remembers that some peer holds an own entry. */
function noteHeld(turn: PublishTurn, log: number, seq: number): void {
  const { heads, clock, self } = turn.view.log;
  if (heads[log].origin !== self) return;
  // Nobody can hold more than there is.
  const held = Math.min(seq, clock[log]);
  if (held <= (turn.slice.acknowledged[log] ?? 0)) return;
  const acknowledged = turn.slice.acknowledged.slice();
  while (acknowledged.length <= log) acknowledged.push(0);
  acknowledged[log] = held;
  turn.slice.acknowledged = acknowledged;
}

/** Answers the guests whose items are held by as many nodes as they asked for. */
function answerRequests(turn: PublishTurn): void {
  for (const [key, request] of turn.slice.requests) {
    const there = turn.view.session.links.has(request.link);
    const held = there ? holders(turn, request.topic, request.seq) : 0;
    if (there && (request.open > 0 || held < request.ack)) continue;
    turn.own("requests").delete(key);
    if (!there) continue;
    turn.out({ kind: "request", link: request.link, more: -1 });
    turn.send(request.link, { k: "published", i: request.number, held });
  }
}

/** How many nodes are known to hold an own entry: this one and its peers. */
function holders({ view }: PublishTurn, topic: Topic, seq: number): number {
  const { storage: { settled: { log } }, session, replication } = view;
  const index = log.keys.find(logKey(view.log.self, topic));
  if (index < 0 || seq === 0 || log.clock[index] < seq) return 0;
  const ids = new Set<Id>();
  for (const one of session.links.values()) {
    if (isPeer(one) && hasOf(replication.links.get(one.id)!, index) >= seq) ids.add(one.peer);
  }
  return 1 + ids.size;
}
