/** Wrong words and flags of `rumor sim chain`. */

import { assertMatch, assertRejects } from "@std/assert";
import command from "../../../src/apps/chain/commands/sim.ts";
import { UsageError } from "../../../src/cli/args/exit.ts";

/** Arguments behind `rumor sim chain`, and what is said of them. */
const WRONG: readonly (readonly [args: readonly string[], why: RegExp])[] = [
  [["hello"], /hello is not expected/],
  [["x\x1b[2J\u202e"], /is not expected/],
  [["--nothing"], /--nothing is not a flag/],
  [["--json=yes"], /--json takes no value/],
  [["--attacker"], /--attacker needs a value/],
  ...["0", "0%", "-0.1", "1e-1", "x", "NaN", "0x1", "30 %", ".3", "0.3\x1b[2J"].map((share) =>
    [["--attacker", share], /--attacker: .* is not a share above 0 and below 0.5/] as const
  ),
  ...["0.5", "50%", "1", "100%", "0.49999999999999999999"].map((share) =>
    [["--attacker", share], /--attacker: .*less than 0.5: .*half of all power/] as const
  ),
  [["--attacker", "0.1", "--attacker", "0.2"], /--attacker is given twice/],
  [["--attacker", "0.1", "--delay", "5"], /--delay changes nothing for an attacker/],
  [["--attacker", "0.1", "--nodes", "5"], /--nodes changes nothing for an attacker/],
  [["--attacker", "0.1", "--depth", "0"], /--depth: .*from 1 to 100/],
  [["--attacker", "0.1", "--races", "10000001"], /--races: .*from 1 to/],
  [["--depth", "3"], /--depth needs --attacker/],
  [["--races", "3"], /--races needs --attacker/],
  [["--nodes", "0"], /--nodes: .*from 1 to 200/],
  [["--nodes", "201"], /--nodes: .*from 1 to 200/],
  [["--blocks", "9"], /--blocks: .*from 10 to/],
  [["--runs", "0"], /--runs: .*from 1 to/],
  [["--delay", "-1"], /--delay/],
  [["--delay", "600001"], /--delay: .*from 0 to 600000/],
  [["--delay", "5", "--delay", "x"], /--delay: x /],
  [["--power", "999"], /--power: .*from 1K to 1T/],
  [["--power", "2T"], /--power: .*from 1K to 1T/],
  [["--power", "1k"], /--power: .*from 1K to 1T/],
  [["--power", "1e6"], /--power/],
  [["--block-time", "0"], /--block-time: .*seconds/],
  [["--seed", "-1"], /--seed/],
  [["--nodes", "200", "--delay", "600000"], /too much/],
];

for (const [args, why] of WRONG) {
  Deno.test(`\`rumor sim chain\` says what is wrong with ${JSON.stringify(args.join(" "))}`, async () => {
    const error = await assertRejects(() => command.run(args, () => undefined, []), UsageError);
    assertMatch((error as UsageError).message, why);
  });
}
