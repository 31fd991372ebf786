/** Wrong words and flags of `rumor sim files`. */

import { assertMatch, assertRejects } from "@std/assert";
import command from "../../../src/apps/files/commands/sim.ts";
import { UsageError } from "../../../src/cli/args/exit.ts";

/** Arguments behind `rumor sim files`, and what is said of them. */
const WRONG: readonly (readonly [args: readonly string[], why: RegExp])[] = [
  [["hello"], /hello is not expected/],
  [["--nothing"], /--nothing is not a flag/],
  [["--fetchers", "0"], /--fetchers: .*from 1 to 200/],
  [["--fetchers", "201"], /--fetchers: .*from 1 to 200/],
  [["--fetchers", "5", "--fetchers", "x"], /--fetchers: x /],
  [["--size", "0"], /--size: .*at least 1 bytes/],
  [["--seeds", "21"], /--seeds: .*from 1 to 20/],
  [["--up", "1023"], /--up: .*at least 1024 bytes/],
  [["--down", "-1"], /--down/],
  [["--seed-up", "x\x1b[2J"], /--seed-up/],
  [["--delay", "10001"], /--delay: .*from 0 to 10000/],
  [["--liar", "honest"], /--liar: honest is not allowed; allowed is wrong or slow or/],
  [Array(42).fill(0).map((_, at) => at % 2 === 0 ? "--liar" : "wrong"), /more than 20 liars/],
  [["--order", "first"], /--order: first is not allowed/],
  [["--rare=yes"], /--rare takes no value/],
  [["--size", "41M"], /--size 42991616 for 100 fetchers is too much/],
  [["--size", "40M", "--seed-up", "1K"], /takes more than an hour at these rates/],
  [["--size", "4M", "--down", "1K", "--fetchers", "1"], /takes more than an hour/],
];

for (const [args, why] of WRONG) {
  const shown = JSON.stringify(args.slice(0, 4).join(" "));
  Deno.test(`\`rumor sim files\` says what is wrong with ${shown}`, async () => {
    const error = await assertRejects(() => command.run(args, () => undefined, []), UsageError);
    assertMatch((error as UsageError).message, why);
  });
}
