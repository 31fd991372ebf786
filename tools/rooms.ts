/**
 * Measures the walls of the house: `deno task rooms`. It prints how many imports run in circles or
 * upward, how many fields each room owns and writes, who writes each field, and how many files name an
 * app that is not theirs; and fails where a figure is over its goal.
 *
 *     deno task rooms           the figures
 *     deno task rooms --list    and every place that makes one too high
 *     deno task rooms --json    everything, for programs
 *
 * The rooms and layers are those of `tools/room_list.ts`. What counts as an import is said in
 * `tools/rooms/imports.ts`, as a write in `tools/rooms/writes.ts`, as a name in
 * `tools/rooms/app_names.ts`. An app that others would know by other words than the name of its folder
 * lists all of them in its `names.json`, an array of texts.
 *
 * It reads types with the compiler, and so is a program with a configuration and a lock of its own:
 * whatever stands in the project's lock is fetched by everybody who starts the program, and is put into
 * the binary.
 */

import { pathToFileURL } from "node:url";
import { isOver, report, reportLines } from "./rooms/figures.ts";
import { readFacts } from "./rooms/read.ts";

const USAGE = "usage: deno task rooms [--list] [--json] [--root=FOLDER]";

function print(text: string, to: typeof Deno.stdout | typeof Deno.stderr = Deno.stdout): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
}

function main(args: readonly string[]): number {
  let root = new URL("..", import.meta.url);
  for (const arg of args) {
    if (arg.startsWith("--root=")) {
      root = pathToFileURL(`${arg.slice("--root=".length)}/`);
    } else if (!["--list", "--json"].includes(arg)) {
      print(`${arg} is no flag; ${USAGE}`, Deno.stderr);
      return 2;
    }
  }
  const found = report(readFacts(root));
  if (args.includes("--json")) print(JSON.stringify(found, null, 2));
  else print(reportLines(found, args.includes("--list")).join("\n"));
  return found.figures.some(isOver) ? 1 : 0;
}

if (import.meta.main) Deno.exitCode = main(Deno.args);
