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
import { pause, type Plan, runScript, sample, type Tally, until } from "./campaign.ts";
import { type Machine, Machines } from "./machines.ts";
import { few, Traffic } from "./traffic.ts";

/** Longest pause between two faults, and before a node is started again. */
const QUIET_MS = 600;
const DOWN_MS = 400;
const POWER_CUTS = 0.04;
const DOUBLE_KILLS = 0.2;
/** Lines that a kill may cause to be printed again: what one moment printed. */
const AGAIN_MOST = 10;
const BACK_MS = 20_000;

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
  // What only memory held is gone now; what was acknowledged must not be.
  await powerCut({ machines, survivor, others }, tally);
  const took = await traffic.converge(machines.all, tally);
  tally.figure("converged after ms", took === null ? "never" : Math.round(took));
  await traffic.checkHeld(machines.all, tally);
  traffic.checkPrinted(machines.all, tally);
  await traffic.checkBalances(machines.all, tally);
  const again = [survivor, ...durable].reduce((sum, one) => sum + traffic.printedAgain(one), 0);
  tally.figure("printed again by a later process", again);
  const most = AGAIN_MOST * tally.count("kills");
  tally.expect(again <= most, `${again} lines were printed again, more than kills can explain`);
  for (const [index, machine] of [survivor, ...durable].entries()) {
    const id = await machine.id();
    tally.expect(id === ids[index], `${machine.name} came back with another id`);
    await checkPoliteRestart(machine, tally);
  }
}

/** Kills all at once. */
async function powerCut(field: Field, tally: Tally): Promise<void> {
  const { all } = field.machines;
  await Promise.all(all.map((machine) => machine.kill()));
  tally.fault("power cuts");
  tally.fault("kills", all.length);
  await restart(field, all);
}

/** After a polite end nothing is printed again: what comes next is the first that is printed. */
async function checkPoliteRestart(machine: Machine, tally: Tally): Promise<void> {
  machine.process.signal("SIGTERM");
  await machine.process.status();
  await machine.start();
  const [line, command] = machine.app === "chat"
    ? [`back ${machine.name}`, ["pub", `back ${machine.name}`]]
    : [`back bank back 1`, ["pay", "--id", "back", "bank", "back", "1"]];
  const taken = await until(async () => (await machine.guest(command)).code === 0, BACK_MS, 200);
  if (taken === null) return tally.violate(`${machine.name} takes nothing after a polite restart`);
  await machine.process.waitForStdout(line);
  const { stdout } = machine.process;
  tally.expect(
    stdout.every((printed) => printed.startsWith("back ")),
    () => `${machine.name} printed again after a polite restart: ${few(stdout)}`,
  );
}

async function killSome(field: Field, dice: Dice, tally: Tally): Promise<void> {
  const { others } = field;
  const draw = dice.next();
  if (draw < POWER_CUTS) return await powerCut(field, tally);
  const victims = sample(dice, others, draw < POWER_CUTS + DOUBLE_KILLS ? 2 : 1);
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
