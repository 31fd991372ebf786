/** `rumor` with two apps more: the program of the tests. */

import { APPS } from "../../../src/apps/registry.ts";
import { run } from "../../../src/cli/run.ts";
import { counterModule, tallyModule } from "./mod.ts";

if (import.meta.main) Deno.exit(await run(Deno.args, [...APPS, counterModule, tallyModule]));
