/** What happens to machines and cables in a run, begins and ends. */

import { Dice } from "../dice.ts";
import type { SimNode } from "../sim_node.ts";
import type { Machine } from "./machine.ts";
import type { Step } from "./step.ts";
import type { World } from "./world.ts";

/** What ends a fault, and when. */
interface End {
  readonly at_ms: number;
  readonly end: () => void;
}

/** Nothing is lost any more once a network is healed, and it is as near as on one floor. */
const HEALED_LATENCY_MS = [1, 20] as const;
const NO_LOSS = { drop: 0, duplicate: 0, reorder: 0 };
/** A crash within so much of a step's choice leaves behind what was being written. */
const KEPT_SHARE = 0.5;

export class Faults {
  readonly #world: World;
  #ends: End[] = [];
  /** The machine that loses something; the others keep what it said. */
  #loser: Machine | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** Begins a fault; it ends by itself. */
  begin(step: Step): void {
    const { machines, sim, tally } = this.#world;
    const machine = this.#world.running(step.node);
    if (machine === null) return;
    const { node } = machine;
    const other = machines[step.other % machines.length];
    switch (step.what) {
      case "cut":
        tally.connections_cut++;
        return sim.cut(node, other.node);
      case "partition":
        return this.#divide(step);
      case "one_way":
        sim.stall(node, other.node);
        return this.#later(step, () => sim.stall(node, other.node, false));
      case "throttle":
        sim.throttle(node, other.node, 0.05 + step.choice * 5);
        return this.#later(step, () => sim.throttle(node, other.node, Infinity));
      case "pause":
        tally.processes_paused++;
        node.setPaused(true);
        return this.#later(step, () => node.setPaused(false));
      case "clock_step":
        tally.clocks_stepped++;
        return node.stepClock(step.for_ms);
      case "slow_output":
        tally.slow_outputs++;
        node.setOutput(step.choice < 0.5 ? "held" : { bytes_per_ms: 5 + 50 * step.choice });
        return this.#later(step, () => node.setOutput("free"));
      case "full_disk":
        if (machine.store === null) return;
        machine.store.fault = "disk full";
        return this.#later(step, () => machine.store!.fault = null);
      default:
        return this.#endNode(machine, step);
    }
  }

  /** Ends the faults that are over by a time, each at its own. */
  endUntil(time_ms: number): void {
    for (;;) {
      const next = this.#ends.reduce<End | null>(
        (first, one) => first === null || one.at_ms < first.at_ms ? one : first,
        null,
      );
      if (next === null || next.at_ms > time_ms) return;
      this.#ends = this.#ends.filter((one) => one !== next);
      this.#world.sim.run(Math.max(next.at_ms, this.#world.sim.now_ms));
      next.end();
    }
  }

  /** Nothing bad happens any more, and machines with a disk run again. */
  heal(): void {
    const { machines, sim, options } = this.#world;
    for (const { end } of this.#ends.splice(0)) end();
    this.#world.endLies();
    sim.heal();
    for (const machine of machines) {
      if (machine.store !== null) machine.store.fault = null;
      if (!machine.node.alive && !machine.gone && !machine.lies) this.#world.start(machine);
    }
    const nodes = machines.map(({ node }) => node);
    for (const a of nodes) {
      a.setPaused(false);
      a.setOutput("free");
      for (const b of nodes) {
        sim.stall(a, b, false);
        sim.throttle(a, b, Infinity);
        sim.range(a, b, HEALED_LATENCY_MS);
        if (options.loss !== null) sim.spoil(a, b, NO_LOSS);
      }
    }
    for (const machine of machines) if (machine.lies) machine.node.kill();
  }

  #later({ for_ms }: Step, end: () => void): void {
    this.#ends.push({ at_ms: this.#world.sim.now_ms + for_ms, end });
  }

  /** Two groups that cannot reach each other. */
  #divide(step: Step): void {
    const { machines, sim, options } = this.#world;
    const dice = Dice.of(options.seed, `groups of ${step.choice}`);
    const groups: [SimNode[], SimNode[]] = [[], []];
    for (const { node } of machines) groups[dice.below(2)].push(node);
    sim.partition(...groups);
    this.#later(step, () => sim.unite(...groups));
  }

  /** A node is killed, and started again after a while, with what is left. */
  #endNode(machine: Machine, step: Step): void {
    const world = this.#world, { tally } = world;
    const { store, node } = machine;
    if (machine.lies || machine.gone) return;
    if (step.what !== "crash") {
      if (store === null || (this.#loser ??= machine) !== machine) return;
      // The first time a copy is made; the next time it is brought back.
      if (step.what === "backup" && machine.backup === null) {
        machine.backup = store.copy();
        return;
      }
      machine.lost_data = true;
    }
    const { writing } = node;
    world.crash(machine);
    if (store !== null && writing !== null && store.fault === null) {
      if (step.choice < KEPT_SHARE) {
        store.commit(writing);
        tally.unanswered_commits_kept++;
      } else tally.torn_tails_cut++;
    }
    if (step.what === "lost_end") {
      tally.lost_ends_caught += Number(store!.loseEnd(1 + Math.floor(step.choice * 4)) > 0);
    }
    if (step.what === "backup") {
      machine.store = machine.backup;
      machine.backup = null;
    }
    if (step.what === "damage") this.#damage(machine, step);
    this.#later(step, () => {
      if (machine.node.alive || machine.gone) return;
      if (machine.store !== null) tally.crashes_restored++;
      world.start(machine, step.choice < 0.2 ? (step.choice - 0.1) * 864_000_000 : 0);
    });
  }

  #damage(machine: Machine, { choice }: Step): void {
    const { store } = machine;
    const rows = store!.rows;
    machine.damaged = true;
    if (rows.length === 0) return;
    const row = rows[Math.floor(choice * rows.length)];
    store!.damage(row.arrival, Math.floor(choice * 997) % row.line.length);
  }
}
