/** `rumor pm`: private messages to one peer, through a running node of this machine. */

import type { Command } from "../../app.ts";
import { isName } from "../../../core/wire/line.ts";
import { ID_START_CHARS } from "../../../core/membership/people.ts";
import { ID_CHARS, isIdText } from "../../../core/data/public_key.ts";
import { POST_MS_MAX } from "../../../core/data/limits.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { readSeconds } from "../../../cli/args/values.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { encodingFlag, helpFlags, joinFlag, networkFlag } from "../../../cli/args/flags.ts";
import { Publisher, requesting } from "../../../cli/guest/publisher.ts";
import type { PrivateRequest } from "../app.ts";

/** The beginning of an id, or all of it, that could be taken for flags; no flag has such characters. */
const DASHED_ID = new RegExp(
  `^(?=-\\w|--.*[A-Z0-9_])-[\\w-]{${ID_START_CHARS - 1},${ID_CHARS - 1}}$`,
);
const SECONDS_MAX = POST_MS_MAX / 1000;

const flags = {
  ...joinFlag,
  timeout: {
    value: "S",
    help: "seconds to wait until NAME has it, at most a day (default: 10)",
    read: readTimeout,
  },
  ...encodingFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "say something to one peer alone, through a running node",
  help: `Examples:
  rumor pm anna see you at noon
  rumor pm nGrfZq4b see you at noon --join 127.0.0.1:7000
  rumor pm anna --timeout 3600 < letter.txt

Usage: rumor pm NAME|ID [WORDS...] [FLAGS]

The words, as one line, or else the lines of the input, go to one peer, and nobody else can read
them. Instead of its name, its id or the first 8 characters of that, as rumor peers prints them. The
node must be yours, on this machine. Who is away gets them when it is back in time.
Ends with 0 when the peer has them all.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 something was refused, 2 usage, 69 no node reachable, 75 not acknowledged in
time (the lines may still arrive), 130 interrupted.
`,
  run: async (args, env) => {
    const { id, rest } = takeId(args);
    const { given, words: all } = readArgs(rest, flags, env);
    const [to, ...words] = id === null ? all : [id, ...all];
    if (to === undefined) throw new UsageError("NAME TEXT is expected");
    if (!isName(to)) throw new UsageError(`${to} is neither a name nor an id; see rumor peers`);
    const errand = requesting("private", to, given, (items, within_ms) => {
      return { to, items, within_ms } satisfies PrivateRequest;
    });
    return await new Publisher(given, errand).speak(words, given.encoding);
  },
};

/**
 * One id in 64 begins with a dash, and must not be taken for flags. It is taken out of the arguments,
 * as long as it is not the value of a flag before it, or a flag with a dash too few.
 */
function takeId(args: readonly string[]): { id: string | null; rest: readonly string[] } {
  const at = args.findIndex((text, index) =>
    (isIdText(text) || DASHED_ID.test(text)) && !Object.hasOwn(flags, text.slice(1)) &&
    !/^--[^=]*$/.test(args[index - 1] ?? "")
  );
  if (at < 0 || !args[at].startsWith("-")) return { id: null, rest: args };
  return { id: args[at], rest: args.toSpliced(at, 1) };
}

function readTimeout(text: string): number {
  const timeout_ms = readSeconds(text);
  if (timeout_ms <= POST_MS_MAX) return timeout_ms;
  throw new UsageError(`${text} is not a number of seconds up to ${SECONDS_MAX}`);
}

export default command;
