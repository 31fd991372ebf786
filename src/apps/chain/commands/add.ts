/** `rumor chain add`: one record, through a running node. */

import type { Command } from "../../app.ts";
import { readData } from "../data.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { readText } from "../../../cli/args/values.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { addRecord, RECORD_CODES, recordFlags } from "./recording.ts";

const flags = {
  id: { value: "ID", no_env: true, help: "counts once, however often it is sent", read: readText },
  ...recordFlags,
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

${RECORD_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length === 0) throw new UsageError("TEXT is expected");
    const data = { k: "data", text: words.join(" ") };
    const item = readData(given.id === undefined ? data : { ...data, id: given.id });
    if (typeof item === "string") throw new UsageError(item);
    return await addRecord(given, item);
  },
};

export default command;
