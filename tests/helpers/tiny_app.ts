/** A tiny app that does as a test says, and remembers what happened to it. */

import { type App, type AppEvent, type AppOut, asApp } from "../../src/core/host/app.ts";
import { initialState, type NodeState } from "../../src/core/node.ts";
import type { Json } from "../../src/core/types.ts";
import { CONFIG } from "./node_subject.ts";

/** What an app does about an event. */
export type Script = (event: AppEvent) => readonly AppOut[];

/** An app whose state is the list of its events. */
export function tinyApp(name: string, script: Script = () => [], more: Partial<App> = {}): App {
  return asApp<readonly AppEvent[]>({
    name,
    topics: [{ topic: name, whole: false }],
    requests: "own",
    initial: () => [],
    reduce: (state, event) => [[...state, event], script(event)],
    ...more as object,
  });
}

/** A node with these apps that began, to which nothing else happened. */
export function nodeWith(...apps: readonly App[]): NodeState {
  const node = initialState(CONFIG, 1, apps);
  return { ...node, host: { ...node.host, started: true } };
}

/** What happened to an app. */
export function eventsOf({ host }: NodeState, name: string): readonly AppEvent[] {
  return host.states.get(name) as readonly AppEvent[];
}

/** A script that does what it is requested to do. */
export function obedient(event: AppEvent): readonly AppOut[] {
  return event.kind === "request" ? event.request as unknown as readonly AppOut[] : [];
}

/** What an obedient app is to do, as a request. */
export function order(...outs: readonly AppOut[]): Json {
  return outs as unknown as Json;
}
