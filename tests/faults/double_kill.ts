/**
 * A second `kill -9` while a node still recovers from the first, 0 to 500 ms after its start.
 *
 *     deno run -A tests/faults/double_kill.ts --times 100
 */

import type { Dice } from "../../src/sim/dice.ts";
import { pause, type Plan, runScript, type Tally } from "./campaign.ts";
import { campaign, restart } from "./kills.ts";
import type { Machine } from "./machines.ts";

const RECOVERY_MS = 500;
/** A node may be hit several times before it comes up at all. */
const HITS_MOST = 3;

/** Kills `times` processes, most of them while they start. */
export async function doubleKill(plan: Plan, tally: Tally): Promise<void> {
  await campaign(plan, tally, async (field, dice, tally) => {
    const victim = dice.pick(field.others.filter((machine) => machine.data !== null));
    await victim.kill();
    tally.fault("kills");
    await killWhileStarting(victim, dice, tally);
    await restart(field, [victim]);
  });
}

async function killWhileStarting(victim: Machine, dice: Dice, tally: Tally): Promise<void> {
  for (let hits = dice.between(1, HITS_MOST); hits > 0; hits--) {
    victim.launch();
    await pause(dice.between(0, RECOVERY_MS));
    await victim.kill();
    tally.fault("kills");
    tally.fault("of them during recovery");
  }
}

if (import.meta.main) await runScript("double_kill", 100, doubleKill);
