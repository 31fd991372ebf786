/** `rumor ledger`: transactions that every peer applies once. */

import type { Command } from "../../app.ts";
import { LEDGER } from "../app.ts";
import { askNode, type NodeState } from "../../../core/node.ts";
import { readSwitch } from "../../../cli/args/values.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, nodeFlags } from "../../../cli/args/flags.ts";
import type { Format } from "../../../cli/output/line.ts";
import { formatBalances } from "./text.ts";
import { stderr } from "../../../cli/output/stderr.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { nodeFlagLines, readNodeArgs } from "../../../cli/node/node_args.ts";
import { runNode } from "../../../cli/node/session.ts";
import { parseTransaction } from "./parse.ts";

const flags = {
  ...nodeFlags,
  balances: { help: "print all balances at the end", read: readSwitch },
  ...helpFlags,
} as const;

const command: Command = {
  summary: "pay between accounts; all nodes end with the same balances",
  help: (apps) =>
    `Examples:
  rumor ledger --join 10.0.0.5:7000 < payments.txt
  echo 'alice bob 5' | rumor ledger --balances
  echo '{"id":"rent-11","from":"alice","to":"bob","amount":5}' | rumor ledger

Usage: rumor ledger [FLAGS]

Each line of the input is FROM TO AMOUNT [ID], or JSON with id, from, to and amount. Accounts begin
at 0 and may go below it. An ID is applied once; without one, it is made from the node and a number.
Each applied transaction is printed as ID FROM TO AMOUNT. At the prompt, balances prints them.

Flags:
${nodeFlagLines(flags, apps)}

Exit codes: 0 done, 1 something was refused, 2 usage, 69 no peer reachable, 75 not acknowledged,
130 interrupted.
`,
  run: async (args, env, apps) => {
    const { given, words, wishes } = readNodeArgs(args, flags, env, apps);
    if (words.length > 0) {
      throw new UsageError(`${words[0]} is not expected; transactions come from stdin`);
    }
    return await runNode(given, apps, (format) => ({
      front: {
        app: "ledger",
        topic: LEDGER,
        echo: true,
        history: given.history ?? null,
        dedup_text: false,
      },
      topic: LEDGER,
      encoding: "utf-8",
      alone: true,
      apps: wishes,
      tells_left_out: true,
      readLine: (text, node, tell) => {
        if (text.trim() !== "balances") return parseTransaction(text);
        const shown = balancesText(node, { ...format, json: false }, stderr.is_terminal);
        for (const line of shown.split("\n").slice(0, -1)) tell(line);
        return undefined;
      },
      atExit: (node) => given.balances ? balancesText(node, format, stdout.is_terminal) : "",
    }));
  },
};

function balancesText(node: NodeState, format: Format, align: boolean): string {
  return formatBalances(askNode(node, "balances")! as [string, string][], { ...format, align });
}

export default command;
