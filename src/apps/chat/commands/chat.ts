/** `rumor chat`, which is `rumor`: lines to every peer. */

import type { Command } from "../../app.ts";
import { readChoice, readSwitch } from "../../../cli/args/values.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { encodingFlag, helpFlags, nodeFlags, topicFlag } from "../../../cli/args/flags.ts";
import { nodeFlagLines, readNodeArgs } from "../../../cli/node/node_args.ts";
import { runNode } from "../../../cli/node/session.ts";
import { frontTopicFault } from "../../../cli/args/topics.ts";
import { CHAT } from "../app.ts";

const flags = {
  ...nodeFlags,
  ...topicFlag,
  dedup: {
    value: "text",
    help: "print each text once, whoever sent it",
    read: readChoice("text"),
  },
  clock: { help: "print beside each line what its author had seen", read: readSwitch },
  "no-echo": { help: "do not print your own lines", read: readSwitch },
  ...encodingFlag,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "send lines to every peer, print theirs",
  help: (apps) =>
    `Examples:
  rumor chat                                    the same as rumor; asks whom to join
  rumor --listen 0.0.0.0:7000 --keep-open       a node others can join
  tail -f build.log | rumor --join 10.0.0.5:7000
  rumor --join 10.0.0.5:7000 --json </dev/null  what was said so far

Usage: rumor [chat] [FLAGS]

Each line of the input reaches every node and is printed there, one line on stdout; everything else
goes to stderr. At the end of the input the node waits until a peer has all its lines, and leaves.
At the prompt of a terminal, /help lists commands, and Tab completes them and names.

Flags:
${nodeFlagLines(flags, apps)}

Every flag with a value can be set in the environment, as RUMOR_JOIN, RUMOR_LISTEN, ...; flags win.
Exit codes: 0 done, 1 something was refused, 2 usage, 69 no peer reachable, 75 not acknowledged,
130 interrupted.
`,
  run: async (args, env, apps) => {
    const { given, words, wishes } = readNodeArgs(args, flags, env, apps);
    if (words.length > 0) {
      throw new UsageError(`${words[0]} is not expected; lines come from stdin (see rumor pub)`);
    }
    const topic = given.topic ?? CHAT;
    const fault = frontTopicFault(topic, apps);
    if (fault !== null) throw new UsageError(fault);
    return await runNode(given, apps, () => ({
      front: {
        app: "chat",
        topic,
        echo: !given["no-echo"],
        history: given.history ?? null,
        dedup_text: given.dedup === "text",
        clock: given.clock ?? false,
      },
      topic,
      encoding: given.encoding ?? "utf-8",
      apps: wishes,
      prompt: async () => (await import("../../../cli/node/slash.ts")).chatPrompt(apps),
      atExit: () => "",
    }));
  },
};

export default command;
