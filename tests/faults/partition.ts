/**
 * A network that is cut in two, with both sides writing: silently (nothing goes through, nobody is
 * told), loudly (connections are closed, new ones too), or one way only.
 *
 *     deno run -A tests/faults/partition.ts --times 3
 *
 * From the first working link on, both sides have to have everything, in order, within 5 s. Until
 * there is such a link may take as long as the longest pause between two dials.
 */

import { Dice } from "../../src/sim/dice.ts";
import { FaultProxy, type Weather } from "../helpers/fault_proxy.ts";
import { pause, type Plan, runScript, type Tally } from "./campaign.ts";
import { type Machine, Machines } from "./machines.ts";
import { Traffic } from "./traffic.ts";

const CUT_MS = 60_000;
const CUT_FAST_MS = 3_000;
const CONVERGE_MS = 5_000;
const REDIAL_MS = 60_000;

const KINDS: readonly (readonly [string, Partial<Weather>, boolean])[] = [
  ["silent cuts", { stalled: true }, false],
  ["loud cuts", { cut: true }, false],
  ["one-way cuts", { stalled: true }, true],
];

/** Cuts the network `times` times, each time in another way, and heals it. */
export async function partition(plan: Plan, tally: Tally): Promise<void> {
  await using machines = new Machines();
  await using proxy = new FaultProxy(plan.seed);
  const dice = new Dice(plan.seed);
  const door = (listen: string) => proxy.door(listen);
  for (const name of ["anna", "ben", "carl", "dora", "eve", "finn"]) {
    const app = name === "carl" || name === "finn" ? "ledger" : "chat";
    machines.add(name, { app, door, args: plan.fast ? ["--fast"] : [] });
  }
  await machines.startAll();
  const sides = [machines.all.slice(0, 3), machines.all.slice(3)];
  const [left, right] = sides.map((side) => side.map(({ address }) => address));
  const traffic: Traffic[] = [];
  for (let round = 0; round < plan.times; round++) {
    const [kind, weather, one_way] = KINDS[round % KINDS.length];
    const flows = sides.map((side, n) =>
      new Traffic(side, dice, { ack: 2, pause_ms: 100, prefix: `${round}${n}` })
    );
    traffic.push(...flows);
    if (one_way) proxy.oneWay(left, right, weather);
    else proxy.between(left, right, weather);
    tally.fault(kind);
    for (const flow of flows) flow.start();
    await pause(plan.fast ? CUT_FAST_MS : CUT_MS);
    await Promise.all(flows.map((flow) => flow.stop()));
    checkApart(flows, sides, one_way, tally);
    const healed = performance.now();
    proxy.calm();
    const worked = await proxy.working(left, right, healed, REDIAL_MS);
    for (const flow of flows) await flow.converge(machines.all, tally);
    const took = performance.now() - worked;
    tally.figure(`${kind}: link after ms`, Math.round(worked - healed));
    tally.figure(`${kind}: all after another`, Math.round(took));
    tally.expect(plan.fast || took < CONVERGE_MS, `${kind}: ${took} ms after a working link`);
  }
  finish(traffic, machines.all, tally);
  await Traffic.merge(traffic, machines.all, dice).checkBalances(machines.all, tally);
  const { cut, refused, stalled } = proxy.damage;
  tally.figure("connections cut", cut);
  tally.figure("refused", refused);
  tally.figure("reads stalled", stalled);
}

/** While it was cut, nothing came across, or there was no cut. */
function checkApart(
  flows: readonly Traffic[],
  sides: readonly (readonly Machine[])[],
  one_way: boolean,
  tally: Tally,
): void {
  for (const [index, flow] of flows.entries()) {
    tally.expect(flow.acknowledged.size > 0, `side ${index} could write nothing while it was cut`);
    if (one_way && index === 1) continue;
    const others = sides[1 - index].filter(({ app }) => app === "chat");
    const crossed = others.flatMap((one) => one.process.stdout.filter((l) => flow.lines.has(l)));
    tally.expect(crossed.length === 0, `${crossed.length} lines came across the cut`);
  }
}

function finish(traffic: readonly Traffic[], all: readonly Machine[], tally: Tally): void {
  const merged = Traffic.merge(traffic, all, new Dice(1));
  merged.report(tally);
  merged.checkPrinted(all, tally);
}

if (import.meta.main) await runScript("partition", 3, partition);
