/** `rumor chain add`: one record, through a running node. */

import type { Command } from "../../app.ts";
import { readData } from "../data.ts";
import { CHAIN } from "../options.ts";
import type { RecordRequest } from "../waits.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { readCount, readSeconds, readText } from "../../../cli/args/values.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, joinFlag, networkFlag } from "../../../cli/args/flags.ts";
import { Publisher, requesting } from "../../../cli/guest/publisher.ts";

const TIMEOUT_MS = 60_000;
const DEPTH_MAX = 1_000_000;

const flags = {
  ...joinFlag,
  id: { value: "ID", no_env: true, help: "counts once, however often it is sent", read: readText },
  confirm: {
    value: "N",
    help: "wait until it is N blocks deep (default: 1)",
    read: readCount(1, DEPTH_MAX),
  },
  timeout: { value: "S", help: "seconds to wait for that (default: 60)", read: readSeconds },
  ...networkFlag,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "add a record to the chain, through a running node",
  help: `Examples:
  rumor chain add 'shipped 17 crates' --join 10.0.0.5:7000
  rumor chain add 'shipped 17 crates' --id crates-17 --confirm 6 --timeout 120

Usage: rumor chain add TEXT... [FLAGS]

The words, as one text, become a record that the node signs. Ends with 0 when it is in the best branch.
With --id it is safe to try again after exit code 75: an ID counts once in the chain. Without, each
call is a new record.

Flags:
${flagLines(flags)}

Exit codes: 0 in the chain, 1 refused, 2 usage, 69 no node reachable, 75 not yet, 130 interrupted.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length === 0) throw new UsageError("TEXT is expected");
    const data = { k: "data", text: words.join(" ") };
    const item = readData(given.id === undefined ? data : { ...data, id: given.id });
    if (typeof item === "string") throw new UsageError(item);
    const timeout = given.timeout ?? TIMEOUT_MS;
    const errand = requesting(CHAIN, "the chain", { ...given, timeout }, ([item], within_ms) => {
      return { item, depth: given.confirm ?? 1, within_ms } satisfies RecordRequest;
    });
    return await new Publisher({ ...given, timeout }, errand).run((send) => send([item], 0));
  },
};

export default command;
