/**
 * What an app adds to a campaign: what its users do, what peers that lie say in its topics, and what
 * must hold of it. The campaign itself knows of no app but the lines of the chat.
 */

import type { App } from "../../core/host/app.ts";
import type { Entry } from "../../core/log/entry.ts";
import type { Env, Id, Json, Topic } from "../../core/types.ts";
import type { FrontConfig } from "../../core/data/config.ts";
import type { Signer } from "../crypto.ts";
import type { Dice } from "../dice.ts";
import type { Done, WorkTools } from "../sim_work.ts";
import type { Machine } from "./machine.ts";
import type { Options } from "./options.ts";
import type { Step } from "./step.ts";

/**
 * `View` is what a watcher keeps of one run of a node, besides what the node says of itself; `Run` what
 * it keeps of all nodes together.
 */
export interface AppRules<View = unknown, Run = unknown> {
  readonly app: App;
  /**
   * Whether it is used in a run, and how: null where it is not. `options` have what was drawn for the
   * apps before it. Without this it is used in every run, and its operations are drawn with those of
   * all; else with dice of their own, so that runs without it stay as they are.
   */
  readonly draw?: (dice: Dice, options: Options) => Json;
  /** What a node is told of it where it is used; null where this node does not use it. */
  readonly place?: (setup: Json, seat: Seat) => Place | null;
  /** What its users do, and how likely that is; to say a line has 50. */
  readonly operations: readonly (readonly [what: string, weight: number])[];
  /** Somebody does one of these. */
  readonly act: (user: User, step: Step) => void;
  /** What is printed by a node that has it in front; without it none has. */
  readonly front?: Partial<FrontConfig>;
  /** Does its work, in virtual time. `setup` is what was drawn for the run. */
  readonly worker?: (task: unknown, tools: WorkTools, setup: Json) => Done;
  /** What a peer that lies says in a topic. */
  readonly lie?: (dice: Dice) => readonly [Topic, Json[]];
  /** What a peer that lies runs in its place, where it is used: it may say anything, well signed. */
  readonly liar?: (setup: Json, tools: LiarTools) => App;
  /** What a peer that lies says to some instead of an item in a topic that is kept whole. */
  readonly other?: (topic: Topic, item: Json) => Json;
  /** What must have happened at least once in a campaign. */
  readonly effects: readonly string[];
  /** Which of the things that a node counts are such an effect, or one of the campaign's own. */
  readonly counted?: readonly (readonly [count: string, effect: string])[];
  readonly newView: () => View;
  readonly newRun?: (tools: RunTools) => Run;
  /** An entry of one of its topics was delivered. */
  readonly seeDelivered?: (watch: Watch<View, Run>, entry: Entry) => void;
  /** Its state changed. */
  readonly seeState?: (watch: Watch<View, Run>, state: unknown) => void;
  /** A record was printed. */
  readonly seeRecord?: (watch: Watch<View, Run>, record: Json) => void;
  /** In what two nodes differ that have the same logs; null for nothing. */
  readonly difference?: (one: Named, other: Named) => string | null;
  /**
   * Why the nodes of a healed network are not done yet, whatever logs they have; null where they are,
   * as they must be after a while. `now_ms` is the time by a clock that is right.
   */
  readonly unsettled?: (
    left: readonly Watch<View, Run>[],
    now_ms: number,
  ) => string | null;
  /** What it adds to the rules of an app that it builds on; only they know what it is. */
  readonly judge?: unknown;
}

/** A machine that a node starts on. */
export interface Seat {
  readonly index: number;
  readonly lies: boolean;
  /** The same for each run of its nodes. */
  readonly dice: Dice;
}

/** How a node uses an app. */
export interface Place {
  /** What it is told of the app when it starts. */
  readonly options: Json;
  /** What is printed, if not what is usual. */
  readonly front?: Partial<FrontConfig>;
}

/** What a peer has that lies. */
export interface LiarTools extends Pick<Env, "sha256"> {
  readonly dice: Dice;
  readonly signer: Signer;
  readonly count: (effect: string, times: number) => void;
}

/** What judges a run. */
export interface RunTools extends Pick<Env, "sha256" | "verify"> {
  readonly network: string;
  /** What was drawn for the run; null where the app is not used. */
  readonly setup: Json;
  readonly apps: readonly App[];
  /** Those of all apps. */
  readonly rules: readonly AppRules[];
}

/** Somebody at a node that runs, and does not lie. */
export interface User {
  readonly machine: Machine;
  /** How many machines there are at the start. */
  readonly machines: number;
  /** A machine of the plan, if it runs. */
  readonly running: (index: number) => Machine | null;
  /** Another number each time. */
  readonly count: () => number;
}

/** One node that is watched, as far as an app is concerned. */
export interface Watch<View, Run = unknown> {
  readonly machine: Machine;
  readonly view: View;
  readonly run: Run;
  /** The name of the machine that signs with a key. */
  readonly nameOf: (id: string) => string;
  /** Whether a key is that of a machine which does not lie. */
  readonly isHonest: (id: Id) => boolean;
  /** Something happened that the campaign counts. */
  readonly count: (effect: string, times: number) => void;
}

/** The state of an app at a machine. */
export interface Named {
  readonly name: string;
  readonly state: unknown;
}

/** The rules of an app as others handle them: what it keeps, only it knows. */
export function asRules<View, Run = unknown>(rules: AppRules<View, Run>): AppRules {
  return rules as unknown as AppRules;
}

/** The apps of a campaign. */
export interface CampaignApps {
  /** What the nodes run. */
  readonly apps: readonly App[];
  /** Of those that have some. */
  readonly rules: readonly AppRules[];
}

/** The app of a topic, if it has rules. */
export function rulesOf(rules: readonly AppRules[], topic: Topic): AppRules | undefined {
  return rules.find(({ app }) => app.topics?.some((one) => one.topic === topic));
}
