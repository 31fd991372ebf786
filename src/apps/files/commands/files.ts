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
its bytes, how many files that are, bytes a second, and from whom they come now: names, or ids of those
without one, parted by commas, - for nobody. A space in NAME is printed as \\x20 and a backslash as
\\x5c, so a line is always eight words. With --json, objects; holders have id and name.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 no sensible answer, 2 usage, 69 no node reachable, 75 no answer in time.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected here; see --help`);
    return await inquire(given, async (ask) => {
      const rows = await ask({ q: "files" });
      if (
        rows.some((row) =>
          row.length < FIELDS || readCounts(row.slice(3, FIELDS - 1)) === null ||
          readHolders(row[FIELDS - 1]) === null
        )
      ) {
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
  const [state, link, name] = row, [here, bytes, files, bytes_per_s] = numbersOf(row);
  const holders = readHolders(row[FIELDS - 1])!;
  return { state, link, name, bytes_here: here, bytes, files, bytes_per_s, holders };
}

function cellsOf(row: readonly string[]): readonly string[] {
  const [state, link, name] = row, [here, bytes, files, rate] = numbersOf(row);
  const percent = bytes === 0 ? 100 : Math.floor(here / bytes * 100);
  const from = readHolders(row[FIELDS - 1])!.map(({ id, name }) => name || id).join();
  return [state, link, oneWord(name), `${percent}%`, ...[bytes, files, rate].map(String), from];
}

function numbersOf(row: readonly string[]): number[] {
  return row.slice(3, FIELDS - 1).map(Number);
}

/** Who a file comes from: pairs of id and name as JSON; null where they are none. */
function readHolders(text: string): readonly { id: string; name: string }[] | null {
  try {
    const pairs = JSON.parse(text) as unknown;
    const isPair = (one: unknown): one is readonly [string, string] =>
      Array.isArray(one) && one.length === 2 && one.every((each) => typeof each === "string");
    return Array.isArray(pairs) && pairs.every(isPair)
      ? pairs.map(([id, name]) => ({ id, name }))
      : null;
  } catch {
    return null;
  }
}

export default command;
