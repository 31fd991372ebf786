/** `rumor balances`: what a running node has in its ledger. */

import type { Command } from "../command.ts";
import { nameFault } from "../../core/apps/ledger.ts";
import { flagLines, readArgs } from "../args.ts";
import { EXIT } from "../exit.ts";
import { helpFlags, joinFlag, jsonFlag, networkFlag, timeoutFlag } from "../flags.ts";
import { formatBalances } from "../format.ts";
import { Guest } from "../guest.ts";
import { Output, say } from "../output.ts";
import { requireJoin } from "../publisher.ts";
import { watchSignals } from "../signals.ts";

const flags = {
  ...joinFlag,
  ...jsonFlag,
  ...timeoutFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

/** A node is believed what it says of balances, but not that anything is a balance. */
function isRow([name, amount]: readonly [string, string]): boolean {
  return nameFault("ACCOUNT", name) === null && /^-?[0-9]{1,40}$/.test(amount);
}

const command: Command = {
  summary: "print the balances that a running node has",
  help: `Examples:
  rumor balances --join 10.0.0.5:7000
  rumor balances alice bob --join 10.0.0.5:7000 --json

Usage: rumor balances [ACCOUNT...] --join HOST:PORT [FLAGS]

Prints ACCOUNT AMOUNT, sorted by name; an account that was never used has 0.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 failed, 2 usage, 69 no node reachable, 75 no answer in time, 130 interrupted.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    requireJoin(given.join);
    const { promise, resolve } = Promise.withResolvers<number>();
    const rows: (readonly [string, string])[] = [];
    const stop = watchSignals(resolve);
    const ask = () => guest?.send({ k: "ask", i: 1, q: "balances", a: words });
    const guest: Guest | null = await Guest.join(given.join, given.network ?? "rumor", {
      line: (line) => {
        if (line.k !== "answer") return;
        for (const row of line.r) rows.push(row);
        // The node sends one line at a time, as it is asked on.
        if (line.more) ask();
        else if (rows.every(isRow)) resolve(EXIT.done);
        else {
          say("rumor: the node's answer makes no sense");
          resolve(EXIT.failed);
        }
      },
      entry: () => {},
      closed: (why) => {
        say(`rumor: ${why}`);
        resolve(EXIT.failed);
      },
    });
    if (guest === null) {
      say("rumor: no node reachable");
      stop();
      return EXIT.unreachable;
    }
    const timer = setTimeout(() => {
      say("rumor: no answer in time");
      resolve(EXIT.unacknowledged);
    }, given.timeout ?? 10_000);
    ask();
    const code = await promise;
    clearTimeout(timer);
    stop();
    await guest.close();
    if (code !== EXIT.done) return code;
    const shown = Deno.stdout.isTerminal();
    const text = formatBalances(rows, { json: given.json ?? false, shown, align: shown });
    await new Output().write(new TextEncoder().encode(text));
    return code;
  },
};

export default command;
