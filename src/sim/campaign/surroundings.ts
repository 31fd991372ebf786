/** What whoever watches a run knows of it besides what it sees. */

import type { Env } from "../../core/types.ts";
import type { SimNode } from "../sim_node.ts";
import type { AppRules, Watch } from "./app_rules.ts";
import type { History } from "./history.ts";
import type { Machine } from "./machine.ts";
import type { Tally } from "./tally.ts";

export interface Surroundings {
  readonly machineOf: (node: SimNode) => Machine;
  readonly machines: readonly Machine[];
  /** Which machine signs with a key. */
  readonly owners: Map<string, Machine>;
  /** Whether nobody who lives may be called failed. */
  readonly mild: boolean;
  /** Whether a machine that lost something hears how far its own log went. */
  readonly tells_own_past: boolean;
  /** Whether some peer lies. */
  readonly lying: boolean;
  readonly history: History;
  readonly tally: Tally;
  readonly rules: readonly AppRules[];
  readonly verify: Env["verify"];
}

/** A node as the rules of an app see it. */
export function watch(
  { tally, owners }: Surroundings,
  machine: Machine,
  { app }: AppRules,
): Watch<unknown> {
  return {
    machine,
    view: machine.view.apps.get(app.name),
    nameOf: (id) => owners.get(id)?.name ?? id,
    count: (effect, times) => tally[effect] += times,
  };
}
