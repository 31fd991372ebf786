/** What the commands that ask a node about its chain have in common. */

import { type Block, isBlock } from "../blockchain.ts";
import { EXIT } from "../../../cli/args/exit.ts";
import {
  helpFlags,
  joinFlag,
  jsonFlag,
  networkFlag,
  timeoutFlag,
} from "../../../cli/args/flags.ts";
import { inquire, type InquiryOptions } from "../../../cli/guest/inquiry.ts";
import { say } from "../../../cli/output/stderr.ts";

export const askFlags = {
  ...joinFlag,
  ...jsonFlag,
  timeout: { ...timeoutFlag.timeout, help: "seconds to wait for an answer (default: 10)" },
  ...networkFlag,
  ...helpFlags,
} as const;

export const ASK_CODES =
  `Exit codes: 0 done, 1 failed, 2 usage, 69 no node reachable, 75 no answer in time, 130 interrupted.`;

/** The best branch of a node from an index on; gives the exit code of `show`, or of a failure. */
export async function askBlocks(
  given: InquiryOptions,
  from: number,
  show: (blocks: readonly Block[]) => Promise<void>,
): Promise<number> {
  return await inquire(given, async (ask) => {
    const [state] = await ask({ q: "chain" });
    if (state === undefined) {
      say("rumor: this node follows no chain; rumor chain starts one that does");
      return EXIT.failed;
    }
    const blocks = (await ask({ q: "blocks", a: [String(from)] })).map(readBlock);
    if (blocks.includes(null)) {
      say("rumor: the node's answer makes no sense");
      return EXIT.failed;
    }
    await show(blocks as Block[]);
    return EXIT.done;
  });
}

function readBlock([text = ""]: readonly string[]): Block | null {
  try {
    const block = JSON.parse(text);
    return isBlock(block) ? block : null;
  } catch {
    return null;
  }
}
