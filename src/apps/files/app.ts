/**
 * Files: shared once, fetched from everybody who has a piece. Nothing of it is in a log: who has what is
 * found by asking, and what is fetched is verified by its hash, so that nobody has to be believed.
 */

import { type App, type AppEvent, type AppOut, type AppView, asApp } from "../../core/host/app.ts";
import { CHAIN } from "./builds_on.ts";
import { endGet } from "./ending.ts";
import { drive, takeData, takeLack } from "./fetches.ts";
import { decide, lookLater, takeFound } from "./finding.ts";
import { beginGet, giveUp, takeWayOf } from "./gets.ts";
import { askAgain, takeNone, takeWay } from "./holders.ts";
import { driveSearches, takeSearchRequest } from "./looking.ts";
import { isSearchMessage } from "./search/relay.ts";
import { type Message, readMessage } from "./messages.ts";
import { FILES, optionsOf } from "./options.ts";
import { questions } from "./questions.ts";
import { readRequest, rightOf } from "./requests.ts";
import { takeAsk, takeWant } from "./serving.ts";
import { beginShare, serveAgain, takeKept, unshare } from "./shares.ts";
import { type FilesState, newState } from "./state.ts";
import { end, forgetEnded } from "./transfers.ts";
import { FilesTurn } from "./turn.ts";
import { takeSent, takeWorked } from "./worked.ts";

export const files: App = asApp<FilesState>({
  name: FILES,
  builds_on: [CHAIN],
  requests: rightOf,
  initial: (config) => newState(optionsOf(config), seedOf(config.id)),
  reduce: (state, event, view) => react(state, event, view),
  questions,
});

/** Chance is not the same at all nodes. */
function seedOf(id: string): number {
  let seed = 0;
  for (const letter of id) seed = (Math.imul(seed, 31) + letter.charCodeAt(0)) | 0;
  return seed;
}

function react(
  before: FilesState,
  event: AppEvent,
  view: AppView,
): readonly [FilesState, readonly AppOut[]] {
  const turn = new FilesTurn(before, view);
  handle(turn, event);
  takeAllFound(turn);
  const { wake_ms } = turn.state;
  // A time that has come is over: even the same is wanted anew.
  const is_wanted = wake_ms !== before.wake_ms || event.kind === "woken";
  if (is_wanted && wake_ms < Infinity) turn.out({ kind: "wake", at_ms: wake_ms });
  return turn.finish();
}

/** What searches found may begin others, which find what is here at once. */
function takeAllFound(turn: FilesTurn): void {
  for (let one = turn.found.shift(); one !== undefined; one = turn.found.shift()) {
    const get = turn.state.transfers.get(one.transfer);
    if (get?.kind !== "get" || get.ended !== null) continue;
    takeFound(turn, get, one.holder, one.link, one.name);
  }
}

function handle(turn: FilesTurn, event: AppEvent): void {
  switch (event.kind) {
    case "request":
      return takeRequest(turn, event);
    case "message":
      for (const item of event.items) {
        if (isSearchMessage(item)) {
          driveSearches(turn, { kind: "message", from: event.from, item });
          continue;
        }
        const message = readMessage(item);
        if (message !== null) takeMessage(turn, event.from, message);
      }
      return;
    case "worked":
      return takeWorked(turn, event);
    case "sent":
      return takeSent(turn, event.tag);
    case "gone":
      return dropGuest(turn, event.link);
    case "woken":
      return wake(turn);
    case "restored":
      return takeKept(turn, event.kept);
    case "started":
      return serveAgain(turn);
  }
}

function takeRequest(turn: FilesTurn, event: Extract<AppEvent, { kind: "request" }>): void {
  const { request, source } = event;
  if (takeSearchRequest(turn, request, source)) return;
  const read = readRequest(request);
  if (typeof read === "string") return turn.out({ kind: "answer", source, why: read });
  if (turn.state.worker === "broken") {
    return turn.out({
      kind: "answer",
      source,
      why: "files are out of order here; start the node again",
    });
  }
  if (read.k === "share") return beginShare(turn, read, source);
  if (read.k === "get") return beginGet(turn, read, source);
  unshare(turn, read, source);
}

function takeMessage(turn: FilesTurn, from: string, message: Message): void {
  switch (message.k) {
    case "want":
      return takeWant(turn, from, message.link);
    case "way": {
      const taken = takeWay(turn, from, message);
      if (taken === null) return;
      for (const get of turn.state.transfers.values()) {
        if (get.kind !== "get" || get.ended !== null || get.link !== message.link) continue;
        takeWayOf(turn, get, from, message, taken.is_first);
      }
      return;
    }
    case "none":
      return takeNone(turn, from, message.link);
    case "ask":
      return takeAsk(turn, from, message);
    case "data":
      return takeData(turn, from, message.n, message.chunks);
    case "lack":
      return takeLack(turn, from, message.n, message.why);
  }
}

/** A guest is gone: what it waits for ends, and what is there of it stays. */
function dropGuest(turn: FilesTurn, link: number): void {
  for (const transfer of turn.state.transfers.values()) {
    const { source, ended } = transfer;
    if (ended !== null || source.kind !== "guest" || source.link !== link) continue;
    const why = "who wanted it is gone";
    if (transfer.kind === "get") {
      endGet(turn, transfer, "incomplete", why);
      continue;
    }
    for (const [tag, job] of turn.state.jobs.entries()) {
      if (job.kind === "share" && job.transfer === transfer.number) turn.cancel(tag);
    }
    end(turn, transfer, "incomplete", why);
  }
  driveSearches(turn, { kind: "gone", link });
}

/** Time has passed. */
function wake(turn: FilesTurn): void {
  turn.state.wake_ms = Infinity;
  drive(turn, { kind: "woken" });
  driveSearches(turn, { kind: "woken" });
  // Each may change it, or end it.
  for (const number of turn.state.transfers.keys()) {
    for (const look of [decide, lookLater, giveUp]) {
      const get = turn.state.transfers.get(number);
      if (get?.kind === "get" && get.ended === null) look(turn, get);
    }
  }
  turn.wakeAt(askAgain(turn));
  turn.wakeAt(forgetEnded(turn));
}
