/** The door of replication: what each peer has, and what it is sent of the log. */

import type { LinkId } from "../types.ts";
import { clockLines, readClock } from "../wire/clock_lines.ts";
import { encodeLine, type WireClock } from "../wire/line.ts";
import { type Reduced, RoomTurn } from "../wire/room.ts";
import { logKey } from "../log/entry.ts";
import { isPeer } from "../session/slice.ts";
import { acknowledge, askForAck, noteTold } from "./acknowledge.ts";
import { oweProof, showProofs } from "./forks.ts";
import { newReplica, type Replication } from "./slice.ts";
import { offerAgain, streamAll } from "./stream.ts";
import { subscribe } from "./subscribe.ts";
import {
  edit,
  type LinkEvent,
  type ReplicationEvent,
  type ReplicationOut,
  type ReplicationTurn,
  type ReplicationView,
} from "./turn.ts";
import { sendWanted } from "./wanted.ts";

/** What replication does about an event. */
export function reduceReplication(
  before: Replication,
  event: ReplicationEvent,
  view: ReplicationView,
): Reduced<Replication, ReplicationOut> {
  const turn: ReplicationTurn = new RoomTurn(before, { ...before }, view);
  const { slice } = turn;
  if (event.kind === "stream") streamAll(turn, event.to);
  else if (event.kind === "forked") {
    for (const link of slice.links.keys()) {
      if (isPeerLink(turn, link)) edit(turn, link, (one) => oweProof(one, event.log));
    }
  } else if (event.kind === "forget") forget(turn, event);
  else if (event.kind === "opened") slice.links = slice.links.set(event.link, newReplica());
  else if (event.kind === "gone") slice.links = slice.links.without(event.link);
  else if (slice.links.get(event.link) !== undefined) handle(turn, event);
  return turn.finish();
}

function handle(turn: ReplicationTurn, event: LinkEvent): void {
  const { link } = event;
  switch (event.kind) {
    case "greeted":
      return greet(turn, link, event.guest);
    case "received":
      return edit(turn, link, (one) => {
        const { keys } = turn.view.log;
        for (const { origin, topic, seq } of event.entries) {
          const index = keys.find(logKey(origin, topic));
          if (index < 0) continue;
          one.learn(index, seq);
          one.change(index, { touched: true });
        }
      });
    case "seen":
      return edit(turn, link, (one) => {
        one.learn(event.log, event.seq);
        one.change(event.log, { touched: true });
      });
    case "has":
      return takeClock(turn, link, event.clock, event.complete);
    case "graft":
      return takeGraft(turn, link, event.clock);
    case "want":
      return sendWanted(turn, link, event);
    case "subscribe":
      return subscribe(turn, link, event);
    case "touch":
      edit(turn, link, (one) => one.change(event.log, { touched: true }));
      return turn.out({ kind: "ack_due", link, due_ms: turn.now_ms });
    case "prove":
      return showProofs(turn, link, event.window_bytes);
    case "acknowledge":
      return acknowledge(turn, link, event.congestion);
    case "ask_ack":
      return askForAck(turn, link);
    case "told":
      return noteTold(turn, link, event.kept);
    case "offer_again":
      return offerAgain(turn, link);
  }
}

/** The first clock goes out; a guest is streamed to at once. */
function greet(turn: ReplicationTurn, link: LinkId, is_guest: boolean): void {
  if (is_guest) return edit(turn, link, (one) => one.streaming = true);
  const { log } = turn.view.storage.settled;
  const lines = clockLines(log, log.clock.keys(), undefined).map(encodeLine);
  turn.out({ kind: "send", link, lines });
  turn.out({ kind: "first_clock", link, lines });
}

/** A peer says what it has. */
function takeClock(
  turn: ReplicationTurn,
  link: LinkId,
  clock: WireClock,
  complete: boolean,
): void {
  const { log } = turn.view;
  edit(turn, link, (one) => {
    if (complete) one.streaming = true;
    for (const { index, seq } of readClock(log, clock)) {
      if (index < 0) continue;
      one.learn(index, seq);
      if (log.heads[index].fork !== null) oweProof(one, index);
    }
  });
}

/** A peer misses entries: they are sent, from where it has them. */
function takeGraft(turn: ReplicationTurn, link: LinkId, clock: WireClock): void {
  const { log } = turn.view;
  edit(turn, link, (one) => {
    for (const { index, seq } of readClock(log, clock)) {
      if (index < 0) continue;
      one.learn(index, seq);
      if (log.clock[index] > seq) one.change(index, { wanted: seq + 1 });
    }
  });
}

/** The one place where a log that is forgotten leaves the links. */
function forget(
  turn: ReplicationTurn,
  { indices, moved }: Extract<ReplicationEvent, { kind: "forget" }>,
): void {
  for (const link of turn.slice.links.keys()) {
    const is_guest = turn.view.session.links.get(link)?.role === "guest";
    edit(turn, link, (one) => {
      for (const index of indices) one.forget(index);
      for (const topic of moved) {
        // A guest's cursor also says that it wants the topic.
        if (!is_guest) one.moveCursor(topic, null);
        else if (one.cursor(topic) !== undefined) one.moveCursor(topic, 0);
      }
    });
  }
}

function isPeerLink({ view }: ReplicationTurn, link: LinkId): boolean {
  const session = view.session.links.get(link);
  return session !== undefined && isPeer(session);
}
