/**
 * Five packets of a hundred are lost, and the others are 10 to 20 ms late, between all nodes.
 *
 *     deno run -A tests/faults/loss.ts --times 3
 *
 * Nobody may be held for failed, and everything must arrive.
 */

import { Dice } from "../../src/sim/dice.ts";
import { FaultProxy } from "../helpers/fault_proxy.ts";
import { pause, type Plan, runScript, type Tally } from "./campaign.ts";
import { Machines } from "./machines.ts";
import { Watch } from "./states.ts";
import { Traffic } from "./traffic.ts";

const LOSS = { loss: 0.05, delay_ms: 10, jitter_ms: 10 };
const LASTS_MS = 20_000;
const LASTS_FAST_MS = 4_000;

/** Loses packets for `times` times 20 s. */
export async function loss(plan: Plan, tally: Tally): Promise<void> {
  await using machines = new Machines();
  await using proxy = new FaultProxy(plan.seed);
  const dice = new Dice(plan.seed);
  for (const name of ["anna", "ben", "carl", "dora"]) {
    const app = name === "dora" ? "ledger" : "chat";
    machines.add(name, { app, door: (listen) => proxy.door(listen) });
  }
  const doors = machines.all.map(({ address }) => address);
  proxy.between(doors, doors, LOSS);
  await machines.startAll();
  const watch = new Watch(machines.all);
  const traffic = new Traffic(machines.all, dice, { ack: 2, pause_ms: 100 });
  traffic.start();
  await pause(plan.times * (plan.fast ? LASTS_FAST_MS : LASTS_MS));
  await traffic.stop();
  const took = await traffic.converge(machines.all, tally);
  tally.figure("converged after ms", took === null ? "never" : Math.round(took));
  const failed = await watch.stop("failed");
  tally.expect(failed.length === 0, `held for failed: ${failed.join(", ")}`);
  tally.figure("held for suspect", watch.seen("suspect").length);
  tally.fault("lost packets", proxy.damage.lost_packets);
  traffic.report(tally);
  traffic.checkPrinted(machines.all, tally);
  await traffic.checkBalances(machines.all, tally);
}

if (import.meta.main) await runScript("loss", 3, loss);
