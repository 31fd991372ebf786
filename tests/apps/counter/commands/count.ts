/** `rumor count`: adds to the counter of a running node, asks for it, and has it factored. */

import type { Command } from "../../../../src/apps/app.ts";
import { flagLines, readArgs } from "../../../../src/cli/args/args.ts";
import { EXIT, UsageError } from "../../../../src/cli/args/exit.ts";
import {
  ackFlag,
  helpFlags,
  joinFlag,
  jsonFlag,
  networkFlag,
  timeoutFlag,
} from "../../../../src/cli/args/flags.ts";
import { readSwitch, readText } from "../../../../src/cli/args/values.ts";
import { inquire } from "../../../../src/cli/guest/inquiry.ts";
import { Publisher, publishing, requesting } from "../../../../src/cli/guest/publisher.ts";
import { stdout } from "../../../../src/cli/output/stdout.ts";
import { COUNTER } from "../state.ts";
import { itemOf } from "../counter.ts";
import type { CounterRequest } from "../requests.ts";

const flags = {
  ...joinFlag,
  add: { value: "N", help: "add N", read: readWhole },
  factor: { help: "factor the total, and wait for that", read: readSwitch },
  number: { value: "N", help: "factor N instead", read: readWhole },
  cancel: { help: "end the factoring", read: readSwitch },
  reset: { help: "bring the total to 0", read: readSwitch },
  of: { value: "NAME", help: "have the node ask another one for its total", read: readText },
  all: { help: "and for all its numbers", read: readSwitch },
  ...ackFlag,
  ...jsonFlag,
  ...timeoutFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "add to the counter of a running node, or print it",
  help: `Examples:
  rumor count --add 3 --join 10.0.0.5:7000
  rumor count

Usage: rumor count [FLAGS]

Without --add and the others, prints the total, and what each origin added.

Flags:
${flagLines(flags)}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    const { add, json = false } = given;
    if (add !== undefined) {
      return await new Publisher(given, publishing(COUNTER, given))
        .run((send) => send([itemOf(add)], 0));
    }
    const wish = wishOf(given);
    if (wish !== null) {
      const makeRequest = (_: unknown, within_ms: number) =>
        wish.do === "ask" ? { ...wish, within_ms } : { ...wish };
      const errand = requesting(COUNTER, "the node", given, makeRequest);
      return await new Publisher(given, errand).run((send) => send([null], 0));
    }
    return await inquire(given, async (ask) => {
      const [[, total], ...parts] = await ask({ q: COUNTER });
      const text = json
        ? `${JSON.stringify({ total: Number(total), parts: numbersOf(parts) })}\n`
        : [`total ${total}`, ...parts.map((row) => row.join(" "))].join("\n") + "\n";
      await stdout.print(text);
      return EXIT.done;
    });
  },
};

export default command;

interface Wishes {
  readonly factor?: boolean;
  readonly number?: number;
  readonly cancel?: boolean;
  readonly reset?: boolean;
  readonly of?: string;
  readonly all?: boolean;
}

function wishOf({ factor, number, cancel, reset, of, all }: Wishes): CounterRequest | null {
  if (number !== undefined) return { do: "factor", number };
  if (factor) return { do: "factor" };
  if (cancel) return { do: "cancel" };
  if (reset) return { do: "reset" };
  return of === undefined ? null : { do: "ask", of, within_ms: 0, all: all ?? false };
}

function numbersOf(rows: readonly (readonly string[])[]): Record<string, number> {
  return Object.fromEntries(rows.map(([origin, sum]) => [origin, Number(sum)]));
}

function readWhole(text: string): number {
  if (/^[+-]?[0-9]{1,16}$/.test(text)) return Number(text);
  throw new UsageError(`${text} is no whole number`);
}
