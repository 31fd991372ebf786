/** Topics with a meaning of their own are not for plain lines. */

import type { AppModule } from "../../apps/app.ts";
import { PRESENCE } from "../../core/log/slice.ts";

/** Why lines may not be sent to a topic, or null. */
export function frontTopicFault(topic: string, apps: readonly AppModule[]): string | null {
  if (topic === PRESENCE) return "--topic presence is the nodes' own";
  return moduleOf(topic, apps)?.no_lines ?? null;
}

/** The app that names a topic its own, if there is one. */
export function moduleOf(topic: string, apps: readonly AppModule[]): AppModule | undefined {
  return apps.find(({ app }) => app.topics?.some((one) => one.topic === topic));
}
