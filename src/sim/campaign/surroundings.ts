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
  /** What the rules of each app keep of all nodes, by its name. */
  readonly runs: ReadonlyMap<string, unknown>;
  readonly verify: Env["verify"];
}

/** A node as the rules of an app see it. */
export function watch(
  { tally, owners, runs }: Pick<Surroundings, "tally" | "owners" | "runs">,
  machine: Machine,
  { app }: AppRules,
): Watch<unknown> {
  return {
    machine,
    view: machine.view.apps.get(app.name),
    run: runs.get(app.name),
    nameOf: (id) => owners.get(id)?.name ?? id,
    isHonest: (id) => owners.get(id)?.lies === false,
    count: (effect, times) => tally[effect] += times,
  };
}
