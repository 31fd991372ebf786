/** The apps that this node runs, and what they made of what was delivered. */

import type { Json, Topic } from "../types.ts";
import type { NodeConfig } from "../data/config.ts";
import type { AppendLog } from "../data/append_log.ts";
import { PRESENCE, type TopicRule } from "../log/slice.ts";
import type { App } from "./app.ts";

/** The slice of this room. */
export interface Host {
  /** Never changes while a node runs. */
  readonly apps: readonly App[];
  readonly states: ReadonlyMap<string, unknown>;
  /** When apps want to be woken. */
  readonly wakes: ReadonlyMap<string, number>;
  /** Work under way. */
  readonly jobs: ReadonlyMap<number, Job>;
  readonly next_job: number;
  /** Whether the node began: what is delivered before that was acted on by an earlier run. */
  readonly started: boolean;
}

/** Work of an app. */
export interface Job {
  readonly app: string;
  readonly tag: number;
}

/** Apps to which nothing happened. */
export function newHost(apps: readonly App[], config: NodeConfig): Host {
  const states = new Map(apps.map((app) => [app.name, app.initial(config, apps)]));
  return { apps, states, wakes: new Map(), jobs: new Map(), next_job: 1, started: false };
}

/** The app of a topic, if there is one; what the nodes say of themselves is no app's. */
export function appOf(apps: readonly App[], topic: Topic): App | undefined {
  if (topic === PRESENCE) return undefined;
  const owner = apps.find((app) => app.topics?.some((one) => one.topic === topic));
  return owner ?? apps.find((app) => app.any_topic);
}

/** The app of a name, if there is one that hears of what happens. */
export function listener({ apps }: Pick<Host, "apps">, name: string): App | undefined {
  return apps.find((app) => app.name === name && app.reduce !== undefined);
}

/** What is special about the topics of apps. */
export function topicRules(apps: readonly App[]): ReadonlyMap<Topic, TopicRule> {
  const topics = apps.flatMap((app) => app.topics ?? []);
  return new Map(topics.map(({ topic, ...rule }) => [topic, rule]));
}

/** What an app has to print; null where it prints the lines of a topic. */
export function recordsOf(
  apps: readonly App[],
  states: ReadonlyMap<string, unknown>,
  name: string,
): AppendLog<Json> | null {
  const app = apps.find((one) => one.name === name);
  return app?.records?.(states.get(name)) ?? null;
}

/** Whether any app does something about what was delivered. */
export function areTold(
  { apps }: Pick<Host, "apps">,
  delivered: readonly { readonly entry: { readonly topic: Topic } }[],
): boolean {
  return delivered.some(({ entry }) => appOf(apps, entry.topic)?.reduce !== undefined);
}
