/** `rumor get`: a file or directory, from everybody who has a piece of it. */

import { join } from "node:path";
import type { Command } from "../../app.ts";
import { flagLines, type Given, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, joinFlag, jsonFlag, networkFlag } from "../../../cli/args/flags.ts";
import { readSeconds, readSwitch, readText } from "../../../cli/args/values.ts";
import { inquire } from "../../../cli/guest/inquiry.ts";
import { clean, jsonLine } from "../../../cli/output/line.ts";
import { say } from "../../../cli/output/stderr.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { plainError } from "../../../shell/files/files.ts";
import { PATIENCE_MS } from "../limits.ts";
import { type GetRequest, WORD_CHARS_MAX } from "../requests.ts";
import { type Desk, follow, newKey } from "./following.ts";
import { type Place, placeOf } from "./place.ts";

const flags = {
  ...joinFlag,
  output: {
    short: "o",
    value: "PATH",
    no_env: true,
    help: "where it goes: a directory, a name, or - for stdout (default: here, under its name)",
    read: readText,
  },
  from: { value: "NODE", no_env: true, help: "the name or id of who has it", read: readText },
  force: { no_env: true, help: "write over what exists", read: readSwitch },
  timeout: {
    value: "S",
    no_env: true,
    help: `seconds that nothing may come for (default: ${PATIENCE_MS / 1_000})`,
    read: readSeconds,
  },
  progress: {
    no_env: true,
    help: "a line a second on stderr; a terminal always shows a bar",
    read: readSwitch,
  },
  ...jsonFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "fetch a file or directory from everybody who has a piece of it",
  help: `Examples:
  rumor get report.pdf --join 127.0.0.1:7000
  rumor get 9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab.5242880
  rumor get photos -o ~/pictures/ --from anna
  rumor get backup.tar -o - | tar x

Usage: rumor get LINK|NAME [FLAGS]

Fetches from everybody who is there and has some of it, each piece verified before it is written, and
prints where it is. A NAME is that of a claim on the chain, where the network has one, or else of a
file that somebody shares; of several that have it, say which by its LINK. The node does the work, and
serves what it has to others at once; it must be yours, on this machine.

As long as it is not whole it is called NAME.rumor-part. Ctrl-C ends it and keeps that part: the same
command goes on where it was. An existing file is only written over with --force. To stdout goes what
is here as a whole, so the same command begins anew there.

Flags:
${flagLines(flags)}

Exit codes: 0 it is there, 1 bad data, or the target exists, 2 usage, 69 no node reachable, or nobody
has it, 75 incomplete: the same command goes on where it was, 130 interrupted.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length !== 1) throw new UsageError("one LINK or NAME is expected");
    const { output } = given, [what] = words;
    if (what === "" || what.length > WORD_CHARS_MAX) {
      throw new UsageError(`LINK or NAME is empty, or has more than ${WORD_CHARS_MAX} characters`);
    }
    if (output === "-") return await toStdout(what, given);
    const place = placeOf(output);
    return await inquire({ ...given, lost_code: EXIT.unacknowledged }, async (ask, want) => {
      return await get({ ask, want }, requestOf(what, given, place), given);
    });
  },
};

function requestOf(what: string, given: Given<typeof flags>, place: Place): GetRequest {
  const { from = null, force = false, timeout = PATIENCE_MS } = given;
  const patience_ms = Math.ceil(timeout);
  const key = newKey();
  return { k: "get", key, what, from, ...place, force, passes: false, patience_ms };
}

async function get(desk: Desk, request: GetRequest, given: Given<typeof flags>): Promise<number> {
  const { code, row } = await follow(desk, request, "getting", given.progress ?? false);
  if (code !== EXIT.done || row === null) return code || EXIT.failed;
  const format = { json: given.json ?? false, shown: stdout.is_terminal };
  const { path, link, name, bytes, files } = row;
  await stdout.print(
    format.json ? jsonLine({ path, link, name, bytes, files }, format) : `${clean(format, path)}\n`,
  );
  return EXIT.done;
}

/** Fetches it beside, and writes it out once all of it is verified. */
async function toStdout(what: string, given: Given<typeof flags>): Promise<number> {
  const directory = await Deno.makeTempDir({ prefix: "rumor-get-" });
  try {
    const request = { ...requestOf(what, given, { directory, name: "file" }), passes: true };
    const options = { ...given, lost_code: EXIT.unacknowledged };
    return await inquire(options, async (ask, want) => {
      const { code, row } = await follow(
        { ask, want },
        request,
        "getting",
        given.progress ?? false,
      );
      if (code !== EXIT.done || row === null) return code || EXIT.failed;
      return await writeOut(join(directory, "file"));
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function writeOut(path: string): Promise<number> {
  try {
    using file = await Deno.open(path);
    for await (const bytes of file.readable.values({ preventCancel: true })) {
      await stdout.write(bytes);
    }
    return EXIT.done;
  } catch (error) {
    say(`rumor: cannot write it out: ${plainError(error)}`);
    return EXIT.failed;
  }
}

export default command;
