/**
 * Many nodes die at once: 10 of 25. Those that remain have to be fully connected again within 20 s:
 * each has its ten links to nodes that live, and what each says reaches all.
 *
 *     deno run -A tests/faults/mass_death.ts --times 3
 */

import { Dice } from "../../src/sim/dice.ts";
import { type Plan, runScript, sample, type Tally, until } from "./campaign.ts";
import { LINKS, type Machine, Machines } from "./machines.ts";
import { holds } from "./states.ts";

const CONNECTED_MS = 20_000;
const MARKED_MS = 15_000;
/** A busy machine gets more time in the test, whose subject is not speed. */
const SLACK = 2;

/** Kills ten of 25 at once, in `times` networks; the short version five of 16. */
export async function massDeath(plan: Plan, tally: Tally): Promise<void> {
  for (let round = 0; round < plan.times; round++) {
    await massacre(plan, tally, new Dice(plan.seed + round));
  }
}

async function massacre(plan: Plan, tally: Tally, dice: Dice): Promise<void> {
  const [count, dying] = plan.fast ? [16, 5] : [25, 10];
  await using machines = new Machines();
  for (let n = 0; n < count; n++) machines.add(`node${n}`);
  await machines.startAll();
  const dead = sample(dice, machines.all, dying);
  const left = machines.all.filter((machine) => !dead.includes(machine));
  const connected = () => allHold(left, (machine) => isConnected(machine, left));
  tally.expect(await until(connected, 30_000, 500) !== null, "never connected in peace");
  const began = performance.now();
  await Promise.all(dead.map((machine) => machine.kill()));
  tally.fault("kills", dying);
  // Said at once, while many of the links are dead.
  const slack = plan.fast ? SLACK : 1;
  const spoken = speak(left, `just after, ${plan.seed}`);
  const took = await until(connected, CONNECTED_MS * slack, 250);
  tally.figure("connected after ms", took === null ? "never" : Math.round(took));
  tally.expect(took !== null, () => "the survivors are not fully connected again");
  await spoken;
  const said = performance.now();
  await speak(left, `later, ${plan.seed}`);
  tally.figure("a line of each reached all after ms", Math.round(performance.now() - said));
  const marked = () => allHold(left, (machine) => holds(machine, dead, "failed"));
  const rest = MARKED_MS * slack - (performance.now() - began);
  tally.expect(await until(marked, Math.max(0, rest), 250) !== null, "not all dead are failed");
  tally.figure("all dead failed after ms", Math.round(performance.now() - began));
  for (const machine of left) {
    const { stdout } = machine.process;
    tally.expect(new Set(stdout).size === stdout.length, `${machine.name} printed a line twice`);
    tally.expect(stdout.length === 2 * left.length, `${machine.name} printed ${stdout.length}`);
  }
}

/** Whether each of the machines satisfies a check; stops at the first that does not. */
async function allHold(
  machines: readonly Machine[],
  check: (machine: Machine) => Promise<boolean>,
): Promise<boolean> {
  for (const machine of machines) if (!await check(machine)) return false;
  return true;
}

/** Whether a machine has its links to nodes that live, and knows all who do. */
async function isConnected(machine: Machine, living: readonly Machine[]): Promise<boolean> {
  const peers = await machine.peers();
  const others = living.filter((other) => other !== machine);
  const known = others.filter(({ name }) => peers.get(name)?.state === "alive");
  const direct = known.filter(({ name }) => peers.get(name)!.direct);
  return known.length === others.length && direct.length >= Math.min(LINKS, others.length);
}

/** Each says a line, and waits until it is on all. */
async function speak(machines: readonly Machine[], what: string): Promise<void> {
  const lines = machines.map(({ name }) => `${name} ${what}`);
  await Promise.all(machines.map(({ process }, index) => process.send(lines[index])));
  await Promise.all(
    machines.flatMap(({ process }) =>
      lines.map((line) => process.waitForStdout(line, { timeout_ms: 60_000 }))
    ),
  );
}

if (import.meta.main) await runScript("mass_death", 1, massDeath);
