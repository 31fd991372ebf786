/**
 * The node: one reducer over everything that happens to it. It says which rooms hear of an event; what
 * they give back is handed on by turn/hand.ts. What is to be sent and printed is decided only in
 * turn/tick.ts, so that it comes in batches as large as the input was. .github/ARCHITECTURE.md follows
 * a line through it.
 */

import type { Effect, Env, Event } from "./types.ts";
import { congestionOf, isPrintDue, mayBeCongested } from "./output/congestion.ts";
import { draftBytes } from "./publish/slice.ts";
import { refuserOf } from "./turn/asked.ts";
import { hand } from "./turn/hand.ts";
import { finishLinks, forgetLink, openLink } from "./turn/links.ts";
import { receive } from "./turn/receive.ts";
import { initialState, type NodeState } from "./turn/state.ts";
import { RELAY_SHARE, show, tick } from "./turn/tick.ts";
import { NodeTurn } from "./turn/turn.ts";
import { viewOf } from "./turn/view.ts";
import { DRAFT_BYTES_MAX } from "./data/limits.ts";

export { initialState, type NodeState };

/** What a node does about an event. Pure: the state that came in is untouched. */
export function reduceNode(state: NodeState, event: Event, env: Env): [NodeState, Effect[]] {
  const turn = new NodeTurn(state, event.now_ms, env, hand);
  handle(turn, event);
  finishLinks(turn);
  return turn.finish();
}

/** Which part of what is kept a reader may be behind before the own input waits, sooner than others. */
const INPUT_SHARE = 1 / 4;

/** Whether more of the user's input may be published now; else it must wait. */
export function isInputOpen(state: NodeState): boolean {
  return state.membership.life.phase === "running" &&
    draftBytes(state.publish) < DRAFT_BYTES_MAX && state.storage.fault === null &&
    congestionOf(viewOf(state), INPUT_SHARE) === null;
}

/**
 * Whether a tick is to follow an event, one for all that come together. A tick costs about as much as
 * what it follows, so none follows where it would find nothing to do.
 */
export function asksForTick(state: NodeState, event: Event): boolean {
  // A part of a line only shows that its sender is there.
  if (event.kind === "lines") return event.lines.length > 0;
  if (event.kind === "printed") return isOutputAwaited(state);
  return event.kind !== "tick";
}

/** Whether something goes on when the output has taken what it was handed. */
function isOutputAwaited(state: NodeState): boolean {
  const { config, membership, unicast } = state, view = viewOf(state);
  return config.durable || membership.life.phase !== "running" || unicast.owes_acks ||
    isPrintDue(view) || mayBeCongested(view, RELAY_SHARE);
}

/** What is answered to a question about a node, as guests are answered; null for no such question. */
export function askNode(
  state: NodeState,
  question: string,
  args: readonly string[] = [],
): (readonly string[])[] | null {
  return viewOf(state).answers(question, args);
}

function handle(turn: NodeTurn, event: Event): void {
  switch (event.kind) {
    case "restored":
      return turn.tell("storage", { kind: "restored", restored: event.restored });
    case "loaded":
      turn.tell("storage", { kind: "loaded", rows: event.rows });
      return turn.tell("log", { kind: "trim", keep_bytes: turn.state.config.keep_bytes });
    case "started":
      return start(turn, event);
    case "stored":
      turn.tell("storage", { kind: "stored", fault: event.fault });
      return show(turn);
    case "renewed":
      return renew(turn, event.id);
    case "opened":
      return openLink(turn, event);
    case "dial_failed":
      return turn.tell("membership", event);
    case "lines":
      return receive(turn, event.link, event.lines);
    case "garbled":
      turn.count(`rejected:${event.code}`);
      return turn.close(event.link, event.code, "bytes that are no lines of the protocol");
    case "closed":
      return forgetLink(turn, event.link);
    case "publish":
      if (turn.state.membership.life.phase === "done") return;
      return turn.tell("publish", { ...event, refuse: refuserOf(turn, event.topic) });
    case "request": {
      const { app, request, tag } = event, source = { kind: "local", tag } as const;
      return turn.tell("host", { kind: "request", app, request, source });
    }
    case "worked":
      return turn.tell("host", event);
    case "printed":
      return turn.tell("output", { kind: "printed", bytes: event.bytes });
    case "leave":
      return turn.tell("membership", { kind: "leave", deadline_ms: event.deadline_ms });
    case "tick":
      return tick(turn);
  }
}

/** The node accepts connections; what was stored is all there. */
function start(turn: NodeTurn, event: Extract<Event, { kind: "started" }>): void {
  const { host, fallback_host, port } = event;
  turn.tell("storage", { kind: "finish" });
  turn.tell("storage", { kind: "adopt" });
  turn.tell("session", { kind: "placed", host, fallback_host, port });
  turn.tell("output", { kind: "started" });
  turn.tell("membership", { kind: "started", started: event });
  turn.tell("host", { kind: "started" });
}

/** The node goes on under another id. */
function renew(turn: NodeTurn, id: string): void {
  turn.tell("log", { kind: "rename", self: id });
  turn.tell("storage", { kind: "renamed", self: id });
  turn.tell("unicast", { kind: "renewed" });
  turn.tell("membership", { kind: "renewed", id });
}
