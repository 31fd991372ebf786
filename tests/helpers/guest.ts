/** A node with a peer and a guest, and what the guest hears. */

import type { App } from "../../src/core/host/app.ts";
import { initialState, type NodeState, reduceNode } from "../../src/core/node.ts";
import type { Effect, Event } from "../../src/core/types.ts";
import type { NodeConfig } from "../../src/core/data/config.ts";
import { APPS, CONFIG, greeting, linesEvent, NOW_MS, openedEvent } from "./node_subject.ts";
import { PLAIN } from "./messenger.ts";

/** The link of the guest. */
export const GUEST = 2;
const HELLO = '{"k":"hello","v":1,"network":"rumor","guest":true}';
const decoder = new TextDecoder();

/** What the node and its guest are like. */
export interface GuestOptions {
  /** Whether the guest is the node's own user, on its machine. */
  readonly own?: boolean;
  readonly apps?: readonly App[];
  readonly config?: Partial<NodeConfig>;
}

/** A node with a peer, `ann`, on link 1 and a guest on link 2. */
export function withGuest({ own = false, apps = APPS, config = {} }: GuestOptions = {}): NodeState {
  const started = { kind: "started", now_ms: NOW_MS, host: null, fallback_host: "me" } as const;
  return run(initialState({ ...CONFIG, ...config }, 1, apps), [
    { ...started, port: 7000 },
    openedEvent(1),
    linesEvent(1, ...greeting(1, "ann")),
    { ...openedEvent(GUEST), ...(own && { own }) } as Event,
    linesEvent(GUEST, HELLO),
  ])[0];
}

/** Reduces events one after the other, with a tick behind them. */
export function run(
  before: NodeState,
  events: readonly Event[],
): [NodeState, Effect[]] {
  let state = before;
  const all: Effect[] = [];
  for (const event of [...events, { kind: "tick", now_ms: before.now_ms } as const]) {
    const [after, effects] = reduceNode(state, event, PLAIN);
    state = after;
    all.push(...effects);
  }
  return [state, all];
}

/** The lines that the guest is sent. */
// deno-lint-ignore no-explicit-any -- lines of any kind
export function heard(effects: readonly Effect[]): any[] {
  return effects.flatMap((effect) =>
    effect.kind === "send" && effect.link === GUEST
      ? effect.lines.map((line) => JSON.parse(decoder.decode(line)))
      : []
  );
}

/** What came of what a guest said. */
export interface Said {
  readonly after: NodeState;
  readonly effects: readonly Effect[];
  // deno-lint-ignore no-explicit-any -- lines of any kind
  readonly heard: any[];
}

/** What the node is after the guest said something, and what the guest heard of it. */
export function say(node: NodeState, ...lines: unknown[]): Said {
  const event = linesEvent(GUEST, ...lines.map((line) => JSON.stringify(line)));
  const [after, effects] = run(node, [event]);
  return { after, heard: heard(effects), effects };
}
