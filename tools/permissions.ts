/** What `rumor` may do: said once, in the `start` task of deno.json. */

import config from "../deno.json" with { type: "json" };

/** The flags that `rumor` runs and is compiled with. */
export const PERMISSIONS: readonly string[] = config.tasks.start.split(" ").filter((word) =>
  word.startsWith("--allow-") || word === "--no-prompt"
);
