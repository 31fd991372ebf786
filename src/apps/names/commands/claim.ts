/** `rumor name claim`: a name for a link, through a running node. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { claimOf } from "../claims.ts";
import { LINK_BYTES_MAX, NAME_BYTES_MAX } from "../texts.ts";
import { addRecord, RECORD_CODES, recordFlags } from "./builds_on.ts";

const command: Command = {
  summary: "claim a name for a link, through a running node",
  help: `Examples:
  rumor name claim printer 10.0.0.9:631 --join 10.0.0.5:7000
  rumor name claim 'meeting room' https://example.org/room --confirm 6 --timeout 120

Usage: rumor name claim NAME LINK [FLAGS]

The first claim of NAME in the best branch wins, for the node that signed it, for ever: neither NAME
nor its LINK can be changed. Ends with 0 when it is in the best branch, and with 1 where another has
NAME, whom it names. The same claim by the same node again is done already, so it is safe to try again.

NAME is 1 to ${NAME_BYTES_MAX} bytes, without control characters, /, a space at its ends, and what cannot be
seen; it is brought to the normal form NFC. LINK is 1 to ${LINK_BYTES_MAX} bytes without white space and
control characters; what it means is up to you.

Flags:
${flagLines(recordFlags)}

${RECORD_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, recordFlags, env);
    if (words.length !== 2) throw new UsageError("NAME LINK is expected");
    const item = claimOf(words[0], words[1]);
    if (typeof item === "string") throw new UsageError(item);
    return await addRecord(given, item);
  },
};

export default command;
