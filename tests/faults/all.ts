/**
 * Runs all fault scripts, one after the other, each at its full length: about 30 minutes.
 *
 *     deno run -A tests/faults/all.ts                 everything
 *     deno run -A tests/faults/all.ts --seed 7        the same faults again
 *     deno run -A tests/faults/kills.ts --times 200   one of them
 *
 * Flags are passed on to each. Ends with 1 if any of them found something.
 */

import { fileURLToPath } from "node:url";

const SCRIPTS = [
  "kills",
  "double_kill",
  "pauses",
  "partition",
  "loss",
  "mass_death",
  "stuck_reader",
  "damage",
  "backup",
  "disk_full",
  "private",
];

let failed = 0;
for (const name of SCRIPTS) {
  const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const args = ["run", "-A", "--quiet", script, ...Deno.args];
  const { success } = await new Deno.Command(Deno.execPath(), {
    args,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) failed++;
}
Deno.exit(failed > 0 ? 1 : 0);
