/**
 * An old copy of a data directory is put back, as people do after a disk has died.
 *
 *     deno run -A tests/faults/backup.ts --times 10
 *
 * Beside a peer the node has to go on where its log really was, under the same id. Alone it has to
 * warn, and to go on under a new id. In neither case may there ever be two entries of one number.
 */

import { Dice } from "../../src/sim/dice.ts";
import { type Plan, runScript, type Tally, until } from "./campaign.ts";
import { type Machine, Machines } from "./machines.ts";
import { Census, collectEntries } from "./states.ts";

const READY_MS = 30_000;
const CONVERGE_MS = 30_000;

/** Puts old copies back, `times` times, beside peers and alone by turns. */
export async function backup(plan: Plan, tally: Tally): Promise<void> {
  const rounds = Array.from(
    { length: plan.times },
    (_, round) => () => oneRound(round % 2 === 1, new Dice(plan.seed + round), tally),
  );
  // They share nothing, and mostly wait.
  if (plan.fast) await Promise.all(rounds.map((round) => round()));
  else for (const round of rounds) await round();
}

async function oneRound(alone: boolean, dice: Dice, tally: Tally): Promise<void> {
  await using machines = new Machines();
  const [victim, peer] = ["anna", "ben"].map((name) => machines.add(name, { durable: true }));
  await machines.startAll();
  const label = alone ? "alone" : "beside a peer";
  const id = await victim.id();
  const said = await say(victim, dice.between(1, 5), "before the copy", tally);
  await end(victim, dice);
  await copy(victim.data!, `${victim.data}.copy`);
  await victim.start();
  said.push(...await say(victim, dice.between(1, 5), "after the copy", tally));
  await end(victim, dice);
  const census = new Census();
  census.add(await collectEntries(peer));
  await Deno.remove(victim.data!, { recursive: true });
  await copy(`${victim.data}.copy`, victim.data!);
  tally.fault(`old copies put back ${label}`);
  if (alone) await peer.kill();
  await victim.start();
  said.push(...await say(victim, dice.between(1, 5), "after the restore", tally, alone ? 1 : 2));
  census.add(await collectEntries(victim));
  const other = await victim.id() !== id;
  const { stderr } = victim.process;
  if (alone) {
    tally.expect(other, `${label}: it went on under its old id\n${victim.process.report()}`);
    tally.expect(stderr.some((line) => line.startsWith("rumor: ")), `${label}: it did not warn`);
    await peer.start();
  } else tally.expect(!other, `${label}: it has another id\n${victim.process.report()}`);
  for (const machine of [victim, peer]) {
    const has = () => holdsAll(machine, said);
    const took = await until(has, CONVERGE_MS, 200);
    tally.expect(took !== null, () => `${label}: ${machine.name} has not all lines`);
    census.add(await collectEntries(machine));
  }
  tally.expect(census.forks.length === 0, `${label}: signed twice: ${census.forks.join(", ")}`);
  const forked = machines.all.flatMap(({ runs }) => runs.flatMap((run) => run.stderr))
    .filter((line) => line.includes("two different"));
  tally.expect(forked.length === 0, `${label}: ${forked.join()}`);
}

let lines = 0;

/** Lines through a machine, each as soon as it takes any; they are acknowledged by `ack` nodes. */
async function say(
  machine: Machine,
  count: number,
  what: string,
  tally: Tally,
  ack = 2,
): Promise<string[]> {
  const said: string[] = [];
  while (said.length < count) {
    const line = `${what} ${lines++}`;
    const command = ["pub", "--ack", String(ack), "--timeout", "5", line];
    const took = await until(
      async () => (await machine.guest(command)).code === 0,
      READY_MS,
      200,
    );
    tally.expect(took !== null, () => `${what}: takes no lines\n${machine.process.report()}`);
    said.push(line);
  }
  return said;
}

async function holdsAll(machine: Machine, said: readonly string[]): Promise<boolean> {
  const { stdout } = await machine.guest(["sub", "-W", "1"]);
  return said.every((line) => stdout.includes(line));
}

/** Politely, or not. */
async function end(machine: Machine, dice: Dice): Promise<void> {
  if (dice.below(2) === 0) return await machine.kill();
  machine.process.signal("SIGTERM");
  await machine.process.status();
}

async function copy(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  if (!success) throw new Error(`${from} could not be copied to ${to}`);
}

if (import.meta.main) await runScript("backup", 10, backup);
