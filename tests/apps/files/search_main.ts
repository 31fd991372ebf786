/** `rumor` whose node has the files that TEST_FILES lists, as JSON: the program of the tests. */

import { filesApp } from "./holding.ts";
import { APPS } from "../../../src/apps/registry.ts";
import { run } from "../../../src/cli/run.ts";

if (import.meta.main) {
  const app = filesApp(JSON.parse(Deno.env.get("TEST_FILES") ?? "[]"));
  const apps = APPS.map((one) => one.app.name === "files" ? { ...one, app } : one);
  Deno.exit(await run(Deno.args, apps));
}
