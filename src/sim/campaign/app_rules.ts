/**
 * What an app adds to a campaign: what its users do, what peers that lie say in its topics, and what
 * must hold of it. The campaign itself knows of no app but the lines of the chat.
 */

import type { App } from "../../core/host/app.ts";
import type { Entry } from "../../core/log/entry.ts";
import type { Json, Topic } from "../../core/types.ts";
import type { FrontConfig } from "../../core/data/config.ts";
import type { Dice } from "../dice.ts";
import type { Workers } from "../sim_work.ts";
import type { Machine } from "./machine.ts";
import type { Step } from "./step.ts";

/** `View` is what a watcher keeps of one run of a node, besides what the node says of itself. */
export interface AppRules<View = unknown> {
  readonly app: App;
  /** What its users do, and how likely that is; to say a line has 50. */
  readonly operations: readonly (readonly [what: string, weight: number])[];
  /** Somebody does one of these. */
  readonly act: (user: User, step: Step) => void;
  /** What is printed by a node that has it in front; without it none has. */
  readonly front?: Partial<FrontConfig>;
  /** Does its work, in virtual time. */
  readonly worker?: Workers[string];
  /** What a peer that lies says in a topic. */
  readonly lie?: (dice: Dice) => readonly [Topic, Json[]];
  /** What must have happened at least once in a campaign. */
  readonly effects: readonly string[];
  /** Which of the things that a node counts are such an effect, or one of the campaign's own. */
  readonly counted?: readonly (readonly [count: string, effect: string])[];
  readonly newView: () => View;
  /** An entry of one of its topics was delivered. */
  readonly seeDelivered?: (watch: Watch<View>, entry: Entry) => void;
  /** Its state changed. */
  readonly seeState?: (watch: Watch<View>, state: unknown) => void;
  /** A record was printed. */
  readonly seeRecord?: (watch: Watch<View>, record: Json) => void;
  /** In what two nodes differ that have the same logs; null for nothing. */
  readonly difference?: (one: Named, other: Named) => string | null;
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
export interface Watch<View> {
  readonly machine: Machine;
  readonly view: View;
  /** The name of the machine that signs with a key. */
  readonly nameOf: (id: string) => string;
  /** Something happened that the campaign counts. */
  readonly count: (effect: string, times: number) => void;
}

/** The state of an app at a machine. */
export interface Named {
  readonly name: string;
  readonly state: unknown;
}

/** The rules of an app as others handle them: what it keeps, only it knows. */
export function asRules<View>(rules: AppRules<View>): AppRules {
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
