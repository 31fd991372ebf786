/** `rumor sim chain`: how regular blocks come, what is mined in vain, and who can replace blocks. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { objectsText } from "../../../cli/output/table.ts";
import { Progress } from "../../../cli/sim/progress.ts";
import { measurePace, measureSteps } from "../sim/measures.ts";
import { raceChances, type Times } from "../sim/race.ts";
import {
  delaysOf,
  powersOf,
  readSize,
  SIM_DEFAULTS,
  simFlags as flags,
  type SimGiven,
  type SimSize,
} from "./sim_flags.ts";
import {
  type AttackFound,
  attackObjects,
  attackText,
  type MiningFound,
  miningObjects,
  miningText,
} from "./sim_tables.ts";

const command: Command = {
  summary: "how regular blocks come, what is mined in vain, who can replace blocks",
  help: `Examples:
  rumor sim chain
  rumor sim chain --delay 100 --delay 1000 --block-time 2
  rumor sim chain --attacker 30%
  rumor sim chain --attacker 0.1 --depth 6 --json | jq -c '[.depth, .rosenfeld, .even]'

Usage: rumor sim chain [FLAGS]

Lets nodes mine without hashing: who finds the next block, and when, is drawn by lot, by power and
target. Targets, whether a block is good, and which branch counts are decided by the functions of a
running node. Measured is from where the target fits the power on.

  interval, median, p99   time between two blocks of the best branch
  branches, off           branches that do not count in the end, and blocks in them
  rewinds, deepest        how often a node left blocks for a better branch, and most blocks at once
  wasted                  part of all work that is off the best branch

A block takes the delay to another node, from half of it to half as long again, and comes to none
before the one that it names. Each delay is tried with the first power, and each power with the first
delay. Then, with the first of both, as many newcomers bring nine times as much power, and leave
again after 300 blocks.

With --attacker, one mines in secret from the block before a record on, while the others order the
record and go on. From when it is so many blocks deep, the attacker shows his branch as soon as that
counts instead. Rosenfeld and Nakamoto are the published chances. Measured are three attackers, which
differ by the times in the blocks:

  even     all a block time apart, so that targets stay, as the published chances have it. The
           attacker wins draws: there he has one block from before instead
  real     all as they were made
  early    the attacker's as early as allowed: his targets become harder, so that fewer blocks need
           luck; those of the others as they were made

Flags:
${flagLines(flags)}

Exit codes: 0 done, 2 usage.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    const size = readSize(given);
    if (given.attacker === undefined) {
      const found = mine(size, delaysOf(given), powersOf(given));
      await stdout.print(given.json ? objectsText(miningObjects(found), false) : miningText(found));
    } else {
      const found = attack(given.attacker, given, size);
      await stdout.print(given.json ? objectsText(attackObjects(found), false) : attackText(found));
    }
    return EXIT.done;
  },
};

/** Each delay with the first power, each power with the first delay; and there, changes of power. */
function mine(
  size: SimSize,
  delays_ms: readonly number[],
  powers: readonly number[],
): MiningFound {
  using progress = new Progress();
  const tried = [
    ...delays_ms.map((delay_ms) => ({ delay_ms, hashes_per_s: powers[0] })),
    ...powers.slice(1).map((hashes_per_s) => ({ delay_ms: delays_ms[0], hashes_per_s })),
  ];
  const onProgress = (at: number) => (part: number) =>
    progress.show("mining", (at + part) / (tried.length + 1));
  const rows = tried.map((one, at) => ({
    ...one,
    measures: measurePace({ ...size, ...one }, onProgress(at)),
  }));
  return { size, rows, steps: measureSteps({ ...size, ...tried[0] }, onProgress(tried.length)) };
}

function attack(share: number, given: SimGiven, { block_time_ms, seed }: SimSize): AttackFound {
  using progress = new Progress();
  const { depth = SIM_DEFAULTS.depth, races = SIM_DEFAULTS.races } = given;
  const race = (times: Times, done: number) =>
    raceChances(
      { share, depth, races, times, block_time_ms, seed },
      (part) => progress.show("races", (done + part) / 3),
    );
  const chances = { even: race("even", 0), real: race("real", 1), early: race("early", 2) };
  return { share, races, seed, block_time_ms, chances };
}

export default command;
