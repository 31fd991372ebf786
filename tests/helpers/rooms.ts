/** A room of a node on its own: what it does about an event, and what it hands back. */

import type { NodeState } from "../../src/core/turn/state.ts";
import { StateView } from "../../src/core/turn/view.ts";
import type { Env } from "../../src/core/types.ts";
import type { Reduced } from "../../src/core/wire/room.ts";
import { deepFreeze } from "./deep_freeze.ts";
import { ENV } from "./node_subject.ts";

export interface TellOptions {
  readonly later_ms?: number;
  readonly env?: Env;
  /** Whether the slice is frozen first, which takes the longer the more it holds. */
  readonly freeze?: boolean;
}

/** Gives one event to one room; the node has its next slice after that. */
export function tellRoom<R extends keyof NodeState, RoomEvent, RoomOut>(
  before: NodeState,
  room: R,
  reduce: (
    slice: NodeState[R],
    event: RoomEvent,
    view: StateView,
  ) => Reduced<NodeState[R], RoomOut>,
  event: NoInfer<RoomEvent>,
  { later_ms = 0, env = ENV, freeze = true }: TellOptions = {},
): [NodeState, readonly RoomOut[]] {
  const state = { ...before, now_ms: before.now_ms + later_ms };
  if (freeze) deepFreeze(state[room]);
  const [slice, outs] = reduce(state[room], event, new StateView({ state, env }));
  return [{ ...state, [room]: slice }, outs];
}
