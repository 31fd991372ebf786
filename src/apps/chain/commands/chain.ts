/** `rumor chain`: a node that follows the chain, and prints its blocks. */

import type { Command } from "../../app.ts";
import { readData } from "../data.ts";
import { CHAIN } from "../options.ts";
import { RECORDS } from "../record.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, nodeFlags } from "../../../cli/args/flags.ts";
import { runNode } from "../../../cli/node/session.ts";
import { chainFlags, chainOptions } from "./flags.ts";

const flags = { ...nodeFlags, ...chainFlags, ...helpFlags } as const;

const command: Command = {
  summary: "a node that orders records in a chain of blocks",
  help: `Examples:
  rumor chain --listen 0.0.0.0:7000 --keep-open
  rumor chain --join 10.0.0.5:7000 --mine never
  rumor chain add 'shipped 17 crates' --join 10.0.0.5:7000
  rumor chain data --join 10.0.0.5:7000
  rumor chain export --join 10.0.0.5:7000 > chain.json
  rumor chain verify chain.json

Usage: rumor chain [FLAGS]
       rumor chain add|data|length|blocks|export|verify ...  (--help tells more)

Prints INDEX HASH RECORDS of each block of the best branch, and on stderr rewind N when another branch
becomes the best. Each line of the input is a record. All nodes that follow the chain agree on the
order of the records.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 failed or a line was refused, 2 usage, 69 no node reachable, 75 not
acknowledged, 130 interrupted.
`,
  parts: () => ({
    add: () => import("./add.ts"),
    data: () => import("./data.ts"),
    length: () => import("./length.ts"),
    blocks: () => import("./blocks.ts"),
    export: () => import("./export.ts"),
    verify: () => import("./verify.ts"),
  }),
  run: async (args, env, apps) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) {
      throw new UsageError(
        `${words[0]} is not expected; allowed are add, data, length, blocks, ` +
          "export and verify, and lines on stdin",
      );
    }
    return await runNode(given, apps, () => ({
      front: {
        app: CHAIN,
        topic: RECORDS,
        echo: true,
        history: given.history ?? null,
        dedup_text: false,
      },
      topic: RECORDS,
      encoding: "utf-8",
      alone: true,
      apps: chainOptions(given),
      readLine: (text) => {
        const item = readData({ k: "data", text });
        return typeof item === "string" ? { fault: item } : item;
      },
      atExit: () => "",
    }));
  },
};

export default command;
