/**
 * Nodes that stand still for a while (SIGSTOP), as when a laptop lid is closed, while others go on.
 *
 *     deno run -A tests/faults/pauses.ts --times 3
 *
 * Each time some node stops for 2 s, some for 5 s and some for 30 s. After 2 s nobody may ever have
 * been held for failed; after the longer ones everybody must soon be alive again, and all lines there.
 */

import { Dice } from "../../src/sim/dice.ts";
import { pause, type Plan, runScript, type Tally, until } from "./campaign.ts";
import { type Machine, Machines } from "./machines.ts";
import { holds, Watch } from "./states.ts";
import { Traffic } from "./traffic.ts";

const SHORT_MS = 2_000;
/** The longest pause is left out in the short version. */
const LONG_MS = [5_000, 30_000];
const REFUTED_MS = 15_000;

/** Stops nodes for a while, `times` rounds. */
export async function pauses(plan: Plan, tally: Tally): Promise<void> {
  await using machines = new Machines();
  const dice = new Dice(plan.seed);
  for (const name of ["anna", "ben", "carl", "dora"]) {
    machines.add(name, { app: name === "dora" ? "ledger" : "chat", durable: name !== "carl" });
  }
  await machines.startAll();
  await allAlive(machines.all, 30_000);
  const traffic = new Traffic(machines.all, dice, { ack: 2, pause_ms: 100 });
  traffic.start();
  for (let round = 0; round < plan.times; round++) {
    for (const ms of plan.fast ? [SHORT_MS, LONG_MS[0]] : [SHORT_MS, ...LONG_MS]) {
      await stopFor(ms, dice.pick(machines.all), machines.all, tally);
    }
  }
  await traffic.stop();
  traffic.report(tally);
  await traffic.converge(machines.all, tally);
  traffic.checkPrinted(machines.all, tally);
  await traffic.checkBalances(machines.all, tally);
  await killedIsMarked(machines.all, plan, tally);
}

async function stopFor(
  ms: number,
  victim: Machine,
  all: readonly Machine[],
  tally: Tally,
): Promise<void> {
  const others = all.filter((machine) => machine !== victim);
  const watch = new Watch(others);
  victim.process.signal("SIGSTOP");
  await pause(ms);
  victim.process.signal("SIGCONT");
  tally.fault(`pauses of ${ms / 1000} s`);
  const took = await allAlive(all, REFUTED_MS);
  tally.expect(took !== null, `not all are alive again after a pause of ${ms} ms`);
  if (took !== null) tally.figure(`all alive after ${ms / 1000} s in ms`, Math.round(took));
  const failed = await watch.stop("failed");
  tally.figure(`failed at ${ms / 1000} s`, failed.length);
  if (ms === SHORT_MS) {
    tally.expect(failed.length === 0, `a pause of ${ms} ms made failed: ${failed}`);
  } else {
    const wrong = failed.filter((line) => !line.startsWith(`${victim.name} by `));
    tally.expect(wrong.length === 0, `held for failed although they ran: ${wrong}`);
  }
}

/** A node that was killed is held for failed by everybody, and soon. */
async function killedIsMarked(all: readonly Machine[], plan: Plan, tally: Tally): Promise<void> {
  if (plan.fast) return;
  const [victim, ...others] = all;
  await victim.kill();
  tally.fault("kills");
  const marked = async () =>
    (await Promise.all(others.map((machine) => holds(machine, [victim], "failed")))).every(Boolean);
  const took = await until(marked, 15_000, 200);
  tally.figure("a killed node is failed after ms", took === null ? "never" : Math.round(took));
  tally.expect(took !== null, "a killed node is not held for failed by everybody after 15 s");
}

/** Waits until each holds each other for alive. */
function allAlive(machines: readonly Machine[], timeout_ms: number): Promise<number | null> {
  const check = async () =>
    (await Promise.all(machines.map((one) => holds(one, machines, "alive")))).every(Boolean);
  return until(check, timeout_ms, 200);
}

if (import.meta.main) await runScript("pauses", 1, pauses);
