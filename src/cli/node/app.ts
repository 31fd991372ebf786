/** What a command brings that runs a node. */

import type { NodeState } from "../../core/node.ts";
import type { PromptDesk } from "../../apps/app.ts";
import type { Json, Topic } from "../../core/types.ts";
import type { FrontConfig, NodeConfig } from "../../core/data/config.ts";
import type { ReadLine } from "../input/items.ts";
import type { Format } from "../output/line.ts";
import type { Talk } from "./talking.ts";
import type { Assist } from "../prompt/mod.ts";

/** The app is made when it is known whether a terminal shows what it prints. */
export type MakeApp = (format: Format) => NodeApp;

/** A command's own part. */
export interface NodeApp {
  readonly front: FrontConfig;
  /** What the user wants of apps, by their names. */
  readonly apps?: NodeConfig["apps"];
  /** The topic of what is typed. */
  readonly topic: Topic;
  /** Items are requests instead of being published in the topic. */
  readonly hands_to?: HandsTo;
  readonly encoding: "utf-8" | "base64";
  /** Whether records of other apps do not mix with what stands on stdout: they go to stderr. */
  readonly alone?: boolean;
  /** Whether items of others that all nodes leave out are told of. */
  readonly tells_left_out?: boolean;
  /**
   * Makes an item of a line; undefined where the line was a command and is dealt with. Without it a
   * line is an item as it is.
   */
  readonly readLine?: (text: string, node: NodeState, tell: Tell) => ReturnType<ReadLine>;
  /**
   * What else lines can mean at the prompt of a terminal; without it, the same as in a pipe. Loaded
   * only where there is a prompt.
   */
  readonly prompt?: () => Promise<PromptApp>;
  /** Talks with the user instead, on a terminal as in a pipe. */
  readonly talk?: Talk;
  /** Printed after the last line. */
  readonly atExit: (node: NodeState) => string;
}

/** Whom items are handed to. The node waits for how they end, as for acknowledgements. */
export interface HandsTo {
  readonly app: string;
  /** What must be answered before the first of them makes sense. */
  readonly after: { readonly app: string; readonly request: Json };
}

/** Says a line to the user, beside the output. */
export type Tell = (line: string) => void;

/** How lines are read at the prompt of a terminal. */
export interface PromptApp {
  readonly read: (text: string, pasted: boolean, desk: PromptDesk) => ReturnType<ReadLine>;
  /** Help for who types. There is no node before it is known whom to join. */
  readonly assist: (node: () => NodeState | undefined) => Assist;
}
