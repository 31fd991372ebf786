/** What apps are shown of a node, for tests that call an app's reducer themselves. */

import type { AppView } from "../../src/core/host/app.ts";
import { appView } from "../../src/core/host/turn.ts";
import type { NodeState } from "../../src/core/node.ts";
import { StateView } from "../../src/core/turn/view.ts";
import { ENV } from "./node_subject.ts";

export function appViewOf(state: NodeState): AppView {
  return appView(new StateView({ state, env: ENV }), state.host, state.host.states);
}
