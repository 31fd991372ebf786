/** What a node needs of its apps besides their pure parts. */

import type { AppModule } from "../../apps/app.ts";
import type { StoredApps } from "../../shell/store/views.ts";
import type { Worker, Workplace } from "../../shell/worker/jobs.ts";

/** What the store must know of apps. */
export function storedApps(apps: readonly AppModule[]): StoredApps {
  const topics = apps.flatMap(({ app }) => app.topics ?? []);
  const folded = apps.filter(({ app }) => app.reduce !== undefined)
    .flatMap(({ app }) => app.topics ?? []);
  return {
    whole: topics.filter(({ whole }) => whole).map(({ topic }) => topic),
    folded: folded.map(({ topic }) => topic),
    views: apps.map(({ views }) => views ?? "").join(""),
  };
}

/** What the user calls a message of an app to one node. */
export function messageWord(apps: readonly AppModule[], name: string): string {
  return apps.find(({ app }) => app.name === name)?.message ?? `message of ${name}`;
}

/** What does the apps' work at a node, by their names. */
export function workersOf(
  apps: readonly AppModule[],
  place: Workplace,
): Readonly<Record<string, Worker>> {
  const workers = apps.flatMap(({ app: { name }, worker }) =>
    worker ? [[name, worker(place)]] : []
  );
  return Object.fromEntries(workers);
}
