/** `rumor search`: who has a file, as far as a running node can find out. */

import { delay } from "@std/async/delay";
import type { Json } from "../../../core/types.ts";
import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, joinFlag, jsonFlag, networkFlag } from "../../../cli/args/flags.ts";
import { readCount, readSwitch } from "../../../cli/args/values.ts";
import { type Ask, inquire, type Want } from "../../../cli/guest/inquiry.ts";
import type { Format } from "../../../cli/output/line.ts";
import { say } from "../../../cli/output/stderr.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { SEARCH_BUDGET_MAX } from "../limits.ts";
import { FILES } from "../options.ts";
import type { SearchRequest } from "../search/requests.ts";
import { splitWords } from "../search/words.ts";
import { readNews, rowLine } from "./search_rows.ts";

/** First and longest pause before the node is asked what is new. */
const PAUSE_MS = 50, PAUSE_MS_MAX = 200;
/** So long a node may have no news of a search that is over. */
const LATE_MS_MAX = 5_000;

const flags = {
  ...joinFlag,
  budget: {
    value: "N",
    help: `ask once, and at most N nodes, 1 to ${SEARCH_BUDGET_MAX} (default: more and more)`,
    read: readCount(1, SEARCH_BUDGET_MAX),
  },
  whole: { help: "only who has all of a file counts", read: readSwitch },
  ...jsonFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "find files by words in their names, and who has them",
  help: `Examples:
  rumor search report --join 10.0.0.5:7000
  rumor search 'annual report,.pdf' --json
  rumor search report --budget 100 | head -1

Usage: rumor search WORD[,WORD...] [FLAGS]

Prints LINK NAME CHUNKS HOLDER HOLDERNAME of each file that has any of the words in its name, once for
each holder, as they are found: first what the node has itself. Words are text, not patterns; large
and small letters are the same. A LINK as a word finds the file of that link, whatever its name is.
CHUNKS is all, or 3/10 where the holder has 3 of 10. A space in NAME is printed as \\x20 and a
backslash as \\x5c, so a line is always five words; - where the holder has no name. With --json,
objects with link, name, size, chunks, runs ([first, count] of what the holder has, null for all) and
holder (id and name), and nothing is escaped in name but what JSON escapes.

Without --budget, 2 nodes are asked first, a second later 4, and so on up to 32; it ends when two files
are known of which everything is there, or three seconds after the last.

Flags:
${flagLines(flags)}

Exit codes: 0 something found, 1 nothing found, 2 usage, 69 no node reachable, 75 no answer in time,
130 interrupted.
`,
  run: async (args, env) => {
    const { given, words: texts } = readArgs(args, flags, env);
    if (texts.length !== 1) {
      throw new UsageError("one WORD[,WORD...] is expected; words are parted by commas");
    }
    const words = splitWords(texts[0]);
    if ("fault" in words) throw new UsageError(words.fault);
    const { budget, whole } = given, key = crypto.randomUUID();
    const wish: SearchRequest = {
      k: "search",
      key,
      words,
      ...(budget !== undefined && { budget }),
      ...(whole !== undefined && { whole }),
    };
    const format = { json: given.json ?? false, shown: stdout.is_terminal };
    return await inquire(given, async (ask, want) => {
      // Who has read enough is not kept waiting.
      const closed = stdout.whenClosed().then(() => EXIT.done);
      return await Promise.race([search(wish, key, ask, want, format), closed]);
    });
  },
};

/** Has the node search, and prints what it finds; gives the exit code. */
async function search(
  wish: SearchRequest,
  key: string,
  ask: Ask,
  want: Want,
  format: Format,
): Promise<number> {
  let end: { readonly why: string | null } | undefined;
  const noted = want(FILES, wish as unknown as Json).then((how) => void (end = how));
  let found = 0, is_known = false, pause_ms = PAUSE_MS, late_ms = 0;
  for (;;) {
    const was_over = end !== undefined;
    const news = readNews(await ask({ q: "found", a: [key, String(found)] }));
    if (end?.why) return fail(`refused: ${end.why}`);
    if (news === null) return fail("the node's answer makes no sense");
    const { rows, state, more } = news;
    found += rows.length;
    await stdout.print(rows.map((row) => rowLine(row, format)).join(""));
    if (state === "over" || (state === "unknown" && is_known)) return endWith(found, more, wish);
    is_known ||= state !== "unknown";
    pause_ms = rows.length > 0 ? PAUSE_MS : Math.min(PAUSE_MS_MAX, pause_ms * 2);
    // What is over shows when the node has stored what came before, and that may never be.
    if (was_over) late_ms += pause_ms;
    if (late_ms > LATE_MS_MAX) return fail("the node cannot store, and so it does not tell");
    await (was_over ? delay(pause_ms) : Promise.race([delay(pause_ms), noted]));
  }
}

function fail(why: string): number {
  say(`rumor: ${why}`);
  return EXIT.failed;
}

function endWith(found: number, more: boolean, { words }: SearchRequest): number {
  if (more) say("rumor: some nodes have more that matches than they tell");
  if (found > 0) return EXIT.done;
  say(`rumor: nothing found for ${words.join()}`);
  return EXIT.failed;
}

export default command;
