/** A run as those see it who act in it, and those who judge it. */

import type { Network } from "../network.ts";
import type { AppRules } from "./app_rules.ts";
import type { History } from "./history.ts";
import type { Machine } from "./machine.ts";
import type { Options } from "./options.ts";
import type { Tally } from "./tally.ts";

export interface World {
  readonly options: Options;
  readonly rules: readonly AppRules[];
  readonly machines: readonly Machine[];
  readonly sim: Network;
  readonly history: History;
  readonly tally: Tally;
  /** Which machine signs with a key. */
  readonly owners: Map<string, Machine>;
  /** What the rules of each app keep of all nodes, by its name. */
  readonly runs: ReadonlyMap<string, unknown>;
  /** A machine of the plan, if it runs. */
  running(index: number): Machine | null;
  /** A machine joins that was never there. */
  join(index: number): void;
  /** A node starts on a machine, with what is on its disk. */
  start(machine: Machine, ahead_ms?: number): void;
  /** Ends a node without a word; what nobody has seen of it is lost. */
  crash(machine: Machine): void;
  /** Nobody lies any more. */
  endLies(): void;
}
