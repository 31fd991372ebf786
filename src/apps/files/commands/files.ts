/** `rumor files`: what a running node shares, and what is on its way. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, joinFlag, jsonFlag, networkFlag } from "../../../cli/args/flags.ts";
import { inquire } from "../../../cli/guest/inquiry.ts";
import { say } from "../../../cli/output/stderr.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { objectsText, tableText } from "../../../cli/output/table.ts";
import { oneWord } from "../search/found.ts";
import { readCounts } from "./transfer_row.ts";

const flags = { ...joinFlag, ...jsonFlag, ...networkFlag, ...helpFlags } as const;
/** Fields of a row: state, link, name, bytes here, bytes, files, bytes a second, holders. */
const FIELDS = 8;

const command: Command = {
  summary: "list what a running node shares, and what is on its way",
  help: `Examples:
  rumor files --join 127.0.0.1:7000
  rumor files --json | jq -r 'select(.state == "shared") | .link'

Usage: rumor files [FLAGS]

A line for each file or directory: shared or getting, LINK, NAME, how many percent of it are there,
its bytes, how many files that are, bytes a second, and from how many nodes they come. A space in NAME
is printed as \\x20 and a backslash as \\x5c, so a line is always eight words.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 no sensible answer, 2 usage, 69 no node reachable, 75 no answer in time.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected here; see --help`);
    return await inquire(given, async (ask) => {
      const rows = await ask({ q: "files" });
      if (rows.some((row) => row.length < FIELDS || readCounts(row.slice(3, FIELDS)) === null)) {
        say("rumor: the node's answer makes no sense");
        return EXIT.failed;
      }
      const shown = stdout.is_terminal;
      await stdout.print(
        given.json ? objectsText(rows.map(objectOf), shown) : tableText(rows.map(cellsOf), shown),
      );
      return EXIT.done;
    });
  },
};

function objectOf(row: readonly string[]): object {
  const [state, link, name] = row, [here, bytes, files, bytes_per_s, holders] = numbersOf(row);
  return { state, link, name, bytes_here: here, bytes, files, bytes_per_s, holders };
}

function cellsOf(row: readonly string[]): readonly string[] {
  const [state, link, name] = row, [here, bytes, files, rate, holders] = numbersOf(row);
  const percent = bytes === 0 ? 100 : Math.floor(here / bytes * 100);
  return [state, link, oneWord(name), `${percent}%`, ...[bytes, files, rate, holders].map(String)];
}

function numbersOf(row: readonly string[]): number[] {
  return row.slice(3, FIELDS).map(Number);
}

export default command;
