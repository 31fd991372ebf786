/**
 * `kill -9` at random moments while lines and payments flow, each acknowledged by two nodes.
 *
 *     deno run -A tests/faults/kills.ts --times 200
 *
 * Five machines: three with `--data` are killed one or two at a time, one without `--data` too, and
 * one with `--data` survives, except when the power of all fails at once. Those with `--data` come
 * back without being told whom to join. Of any two nodes that hold something, one has a disk.
 *
 * Nothing that was acknowledged may be lost anywhere; no process may print anything twice; all
 * balances must be right. A line that was printed just before a kill may be printed again by the next
 * process on that machine: how often that was is said.
 */

import { Dice } from "../../src/sim/dice.ts";
import { pause, type Plan, runScript, sample, type Tally } from "./campaign.ts";
import { type Machine, Machines } from "./machines.ts";
import { Traffic } from "./traffic.ts";

/** Longest pause between two faults, and before a node is started again. */
const QUIET_MS = 600;
const DOWN_MS = 400;
const POWER_CUTS = 0.04;
const DOUBLE_KILLS = 0.2;

/** The machines of the campaign; `others` may be killed at any time, `survivor` only with all. */
interface Field {
  readonly machines: Machines;
  readonly survivor: Machine;
  readonly others: readonly Machine[];
}

/** Kills `times` processes. */
export async function kills(plan: Plan, tally: Tally): Promise<void> {
  await campaign(plan, tally, killSome);
}

/** Kills and lets start, then does `harm` until enough processes were killed, then checks. */
export async function campaign(
  plan: Plan,
  tally: Tally,
  harm: (field: Field, dice: Dice, tally: Tally) => Promise<void>,
): Promise<void> {
  await using machines = new Machines();
  const dice = new Dice(plan.seed);
  const survivor = machines.add("eve", { durable: true });
  const durable = ["anna", "ben", "carl"].map((name) =>
    machines.add(name, { durable: true, app: name === "ben" ? "ledger" : "chat" })
  );
  const others = [...durable, machines.add("dora")];
  await machines.startAll();
  const ids = await Promise.all([survivor, ...durable].map((machine) => machine.id()));
  const traffic = new Traffic(machines.all, dice, { ack: 2 });
  traffic.start();
  while (tally.count("kills") < plan.times) {
    await pause(dice.between(0, QUIET_MS));
    await harm({ machines, survivor, others }, dice, tally);
  }
  await traffic.stop();
  traffic.report(tally);
  const took = await traffic.converge(machines.all, tally);
  tally.figure("converged after ms", took === null ? "never" : Math.round(took));
  traffic.checkPrinted(machines.all, tally);
  await traffic.checkBalances(machines.all, tally);
  const again = [survivor, ...durable].map((machine) => traffic.printedAgain(machine));
  tally.figure("printed again by a later process", again.reduce((sum, count) => sum + count));
  for (const [index, machine] of [survivor, ...durable].entries()) {
    const id = await machine.id();
    tally.expect(id === ids[index], `${machine.name} came back with another id`);
  }
}

async function killSome(field: Field, dice: Dice, tally: Tally): Promise<void> {
  const { machines, others } = field;
  const draw = dice.next();
  const victims = draw < POWER_CUTS
    ? machines.all
    : sample(dice, others, draw < POWER_CUTS + DOUBLE_KILLS ? 2 : 1);
  if (victims === machines.all) tally.fault("power cuts");
  await Promise.all(victims.map((machine) => machine.kill()));
  tally.fault("kills", victims.length);
  await pause(dice.between(0, DOWN_MS));
  await restart(field, victims);
}

/** Starts nodes again: those with data find the others by themselves. */
export async function restart({ machines }: Field, victims: readonly Machine[]): Promise<void> {
  const durable = victims.filter((machine) => machine.data !== null);
  await Promise.all(durable.map((machine) => machine.start()));
  for (const machine of victims) {
    if (machine.data !== null) continue;
    const others = machines.all.filter((other) => other !== machine && other.data !== null);
    await machine.start(others.flatMap(({ address }) => ["--join", address]));
  }
}

if (import.meta.main) await runScript("kills", 200, kills);
