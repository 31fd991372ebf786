/** `rumor ledger --strict`: a node that follows the chain, and prints which payments count. */

import type { Json } from "../../../core/types.ts";
import type { Command } from "../../app.ts";
import { askNode, type NodeState } from "../../../core/node.ts";
import { readSwitch } from "../../../cli/args/values.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, nodeFlags } from "../../../cli/args/flags.ts";
import { nodeFlagLines, readNodeArgs } from "../../../cli/node/node_args.ts";
import { runNode } from "../../../cli/node/session.ts";
import type { Format } from "../../../cli/output/line.ts";
import { stderr } from "../../../cli/output/stderr.ts";
import { STRICT } from "../strict.ts";
import { CHAIN, chainFlags, chainOptions, recordFlags, RECORDS } from "./builds_on.ts";
import { DEPTH } from "./handing.ts";
import { payOf } from "./parse.ts";
import { balanceLines } from "./text.ts";

const TIMEOUT_MS = 120_000;

const flags = {
  ...nodeFlags,
  ...chainFlags,
  timeout: {
    ...nodeFlags.timeout,
    help: "seconds to wait for the input's payments at its end (default: 120)",
  },
  confirm: {
    value: "N",
    help: `until each of the input's payments is N blocks deep (default: ${DEPTH})`,
    read: recordFlags.confirm.read,
  },
  balances: { help: "print all balances at the end", read: readSwitch },
  ...helpFlags,
} as const;

const command: Command = {
  summary: "pay in one order that all nodes agree on; nobody pays what he does not have",
  help: (apps) =>
    `Examples:
  rumor ledger --strict --listen 0.0.0.0:7000 --keep-open
  rumor ledger --strict --join 10.0.0.5:7000 < payments.txt
  rumor issue me 1000
  rumor pay --strict me bq1yG0VBOsLMEp1Ei8SJ3Gn9oJ9VjRyPhkRCyIbHMO0 5 --id rent-11
  rumor balances --strict

Usage: rumor ledger --strict [FLAGS]

Follows the chain, and prints ID FROM TO AMOUNT of each payment of the best branch, in its order; issued
stands for FROM where money enters. When another branch becomes the best, taken back ID FROM TO AMOUNT
for each that is not in it. Each line of the input is FROM TO AMOUNT [ID], with me for this node's own
id. At the prompt, balances prints them.

Flags:
${nodeFlagLines(flags, apps)}

Exit codes: 0 done, 1 something was refused or lapsed, 2 usage, 69 no peer reachable, 75 not decided in
time or not acknowledged, 130 interrupted.
`,
  run: async (args, env, apps) => {
    const { given, words, wishes } = readNodeArgs(args, flags, env, apps);
    if (words.length > 0) {
      throw new UsageError(`${words[0]} is not expected; payments come from stdin`);
    }
    const depth = given.confirm ?? DEPTH;
    const options = { ...given, timeout: given.timeout ?? TIMEOUT_MS };
    return await runNode(options, apps, (format) => ({
      front: {
        app: STRICT,
        topic: RECORDS,
        echo: true,
        history: given.history ?? null,
        dedup_text: false,
      },
      topic: RECORDS,
      // Who was away for a while may have more than he knows of.
      hands_to: { app: STRICT, after: { app: CHAIN, request: { newest: true } } },
      encoding: "utf-8",
      alone: true,
      apps: { ...wishes, ...chainOptions(given) },
      readLine: (text, node, tell) => {
        if (text.trim() !== "balances") return requestOf(text, depth);
        const shown = balancesText(node, { json: false, shown: stderr.is_terminal });
        for (const line of shown.split("\n").slice(0, -1)) tell(line);
        return undefined;
      },
      atExit: (node) => given.balances ? balancesText(node, format) : "",
    }));
  },
};

/** What a line wants of the app, or what is wrong with it. */
function requestOf(text: string, depth: number): Json | { readonly fault: string } {
  const item = payOf(text.split(/\s+/).filter((word) => word !== ""));
  return "fault" in item ? item : { item, depth };
}

function balancesText(node: NodeState, format: Format): string {
  return balanceLines(askNode(node, STRICT)! as [string, string][], format);
}

export default command;
