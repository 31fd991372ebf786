/** `rumor pay`: one transaction, through a running node. */

import type { Command } from "../../app.ts";
import { LEDGER } from "../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { readText } from "../../../cli/args/values.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { ackFlag, helpFlags, joinFlag, networkFlag, timeoutFlag } from "../../../cli/args/flags.ts";
import { Publisher, publishing } from "../../../cli/guest/publisher.ts";
import { transactionOf } from "./parse.ts";

const flags = {
  ...joinFlag,
  id: { value: "ID", no_env: true, help: "applied once, however often it is sent", read: readText },
  ...ackFlag,
  ...timeoutFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "make one payment through a running node",
  help: `Examples:
  rumor pay alice bob 5 --join 10.0.0.5:7000
  rumor pay alice bob 5 --id rent-11 --ack 2 --join 10.0.0.5:7000

Usage: rumor pay FROM TO AMOUNT [FLAGS]

With --id it is safe to try again after exit code 75: an ID is applied once.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 refused, 2 usage, 69 no node reachable, 75 not acknowledged in time,
130 interrupted.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length !== 3) {
      throw new UsageError(`FROM TO AMOUNT is expected, not ${words.length} words`);
    }
    // The words are taken as they are: "alice bob" is no account, and not two.
    const item = transactionOf(given.id === undefined ? words : [...words, given.id]);
    if (typeof item === "object" && item !== null && "fault" in item) {
      throw new UsageError(item.fault as string);
    }
    return await new Publisher(given, publishing(LEDGER, given)).run((send) => send([item], 0));
  },
};

export default command;
