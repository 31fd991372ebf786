/** `rumor routes`: which way private messages go, as a running node knows it. */

import type { Command } from "../../apps/app.ts";
import { flagLines, readArgs } from "../args/args.ts";
import { EXIT, UsageError } from "../args/exit.ts";
import { helpFlags, joinFlag, jsonFlag, networkFlag, timeoutFlag } from "../args/flags.ts";
import { inquire } from "../guest/inquiry.ts";
import { say } from "../output/stderr.ts";
import { stdout } from "../output/stdout.ts";
import { objectsText, tableText, timeText } from "../output/table.ts";

const flags = {
  ...joinFlag,
  ...jsonFlag,
  ...timeoutFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

/** Origin, its name, the next hop, and since when, in milliseconds. */
const COLUMNS = 4;

const command: Command = {
  summary: "print which way private messages go, as a running node knows it",
  help: `Examples:
  rumor routes --join 10.0.0.5:7000
  rumor routes --join 10.0.0.5:7000 --json | jq -r 'select(.direct | not) | .name'

Usage: rumor routes [FLAGS]

Prints ORIGIN NAME NEXT-HOP AGE, a line each; - where there is no name. What the node hands on for
ORIGIN goes to NEXT-HOP: direct, or the id of the peer that was the first to bring the newest words
of ORIGIN, AGE ago.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 failed, 2 usage, 69 no node reachable, 75 no answer in time, 130 interrupted.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    return await inquire(given, async (ask) => {
      const rows = await ask({ q: "routes" });
      if (!rows.every((row) => row.length >= COLUMNS)) {
        say("rumor: the node's answer makes no sense");
        return EXIT.failed;
      }
      const shown = stdout.is_terminal;
      const text = given.json
        ? objectsText(rows.map(routeObject), shown)
        : tableText(rows.map((row) => routeRow(row, Date.now())), shown);
      await stdout.print(text);
      return EXIT.done;
    });
  },
};

function routeObject([origin, name, next, since]: readonly string[]) {
  return { origin, name, next, direct: next === origin, since: timeText(since) };
}

function routeRow([origin, name, next, since]: readonly string[], now_ms: number): string[] {
  return [origin, name, next === origin ? "direct" : next, ageText(since, now_ms)];
}

/** How long ago something was by another machine's clock, which may be ahead of ours. */
function ageText(since: string, now_ms: number): string {
  if (timeText(since) === "") return "";
  return `${Math.max(0, Math.floor((now_ms - Number(since)) / 1000))}s`;
}

export default command;
