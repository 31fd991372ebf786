/** `rumor pub`: hands lines to a running node, which publishes them. */

import type { Command } from "../../app.ts";
import { CHAT } from "../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import {
  ackFlag,
  encodingFlag,
  helpFlags,
  joinFlag,
  networkFlag,
  timeoutFlag,
  topicFlag,
} from "../../../cli/args/flags.ts";
import { Publisher, publishing } from "../../../cli/guest/publisher.ts";
import { frontTopicFault } from "../../../cli/args/topics.ts";

const flags = {
  ...joinFlag,
  ...topicFlag,
  ...ackFlag,
  ...timeoutFlag,
  ...encodingFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "hand lines to a running node, wait until they are held",
  help: `Examples:
  rumor pub build 117 is done
  rumor pub --join 10.0.0.5:7000 build 117 is done
  make 2>&1 | rumor pub --join 10.0.0.5:7000 --topic build
  rumor pub --join 10.0.0.5:7000 --join 10.0.0.6:7000 --ack 2 --timeout 5 important

Usage: rumor pub [FLAGS] [WORDS...]

The words, as one line, or else the lines of the input, are published by the node that is joined.
Ends with 0 when N nodes hold them all. It makes no new origin.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 something was refused, 2 usage, 69 no node reachable, 75 not acknowledged in
time (the lines may still arrive), 130 interrupted.
`,
  run: async (args, env, apps) => {
    const { given, words } = readArgs(args, flags, env);
    const topic = given.topic ?? CHAT;
    const fault = frontTopicFault(topic, apps);
    if (fault !== null) throw new UsageError(fault);
    return await new Publisher(given, publishing(topic, given)).speak(words, given.encoding);
  },
};

export default command;
