/** What the commands that ask a node about its chain have in common. */

import type { Command } from "../../app.ts";
import { type Block, isBlock } from "../blockchain.ts";
import { INDEX_MAX } from "../header.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { readCount } from "../../../cli/args/values.ts";
import {
  helpFlags,
  joinFlag,
  jsonFlag,
  networkFlag,
  timeoutFlag,
} from "../../../cli/args/flags.ts";
import { type Ask, inquire, type InquiryOptions } from "../../../cli/guest/inquiry.ts";
import type { Format } from "../../../cli/output/line.ts";
import { say } from "../../../cli/output/stderr.ts";
import { stdout } from "../../../cli/output/stdout.ts";

export const askFlags = {
  ...joinFlag,
  ...jsonFlag,
  timeout: { ...timeoutFlag.timeout, help: "seconds to wait for an answer (default: 10)" },
  ...networkFlag,
  ...helpFlags,
} as const;

export const ASK_CODES =
  `Exit codes: 0 done, 1 failed, 2 usage, 69 no node reachable, 75 no answer in time, 130 interrupted.`;

const branchFlags = {
  ...askFlags,
  from: {
    value: "INDEX",
    help: "begin with this block (default: 1)",
    read: readCount(0, INDEX_MAX),
  },
} as const;

/** A command that prints a node's best branch, block by block. */
export function branchCommand(
  { name, summary, what, show }: {
    readonly name: string;
    readonly summary: string;
    /** What is printed, for the help. */
    readonly what: string;
    readonly show: (block: Block, format: Format) => string;
  },
): Command {
  return {
    summary,
    help: `Examples:
  rumor chain ${name} --join 10.0.0.5:7000
  rumor chain ${name} --from 100 --json --join 10.0.0.5:7000

Usage: rumor chain ${name} [FLAGS]

${what}

Flags:
${flagLines(branchFlags)}

${ASK_CODES}
`,
    run: async (args, env) => {
      const { given, words } = readArgs(args, branchFlags, env);
      if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
      const format = { json: given.json ?? false, shown: stdout.is_terminal };
      return await askBlocks(given, given.from ?? 1, async (blocks) => {
        await stdout.print(blocks.map((block) => show(block, format)).join(""));
        return EXIT.done;
      });
    },
  };
}

/** The best branch of a node from an index on; gives the exit code of `show`, or of a failure. */
export async function askBlocks(
  given: InquiryOptions,
  from: number,
  show: (blocks: readonly Block[]) => Promise<number>,
): Promise<number> {
  return await inquireChain(given, async (ask) => {
    const blocks = (await ask({ q: "blocks", a: [String(from)] })).map(readBlock);
    return blocks.includes(null) ? failSenseless() : await show(blocks as Block[]);
  });
}

/**
 * Lets `talk` ask a node that follows the chain, whose row of the question `chain` comes with it; gives
 * the exit code of `talk`, or of a failure.
 */
export async function inquireChain(
  given: InquiryOptions,
  talk: (ask: Ask, state: readonly string[]) => Promise<number>,
): Promise<number> {
  return await inquire(given, async (ask) => {
    const [state] = await ask({ q: "chain" });
    if (state !== undefined) return await talk(ask, state);
    say("rumor: this node follows no chain; rumor chain starts one that does");
    return EXIT.failed;
  });
}

/** The node did not answer what it was asked; gives the exit code. */
export function failSenseless(): number {
  say("rumor: the node's answer makes no sense");
  return EXIT.failed;
}

function readBlock([text = ""]: readonly string[]): Block | null {
  try {
    const block = JSON.parse(text);
    return isBlock(block) ? block : null;
  } catch {
    return null;
  }
}
