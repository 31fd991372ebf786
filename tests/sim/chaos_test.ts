import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Dice } from "../../src/sim/dice.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { assertAgreement, assertOrder, Speaker } from "../helpers/agreement.ts";
import { check } from "../helpers/check.ts";
import { makeNetwork } from "../helpers/sim_network.ts";

/** A network to which everything happens that may happen, drawn from one seed. */
class Chaos {
  readonly sim: Network;
  readonly dice: Dice;
  readonly speakers = new Map<SimNode, Speaker>();

  constructor(seed: number) {
    this.sim = makeNetwork({ seed });
    this.dice = new Dice(seed);
    this.join();
    this.join();
  }

  get alive(): SimNode[] {
    return this.sim.nodes.filter((node) =>
      node.alive && node.state.membership.life.phase !== "done"
    );
  }

  get running(): SimNode[] {
    return this.alive.filter((node) => node.state.membership.life.phase === "running");
  }

  join(): void {
    const { sim, dice, running } = this;
    const join = running.length === 0 ? [] : [dice.pick(running), dice.pick(running)];
    const name = `${"zqjxkvbp"[dice.below(8)]}${sim.nodes.length}`;
    // Who reaches nobody ends, else it would be a network of its own.
    const node = sim.addNode({ name, join, config: { must_join: join.length > 0 } });
    this.speakers.set(node, new Speaker(sim, node));
  }

  step(): void {
    // Who still joins is left in peace: if its only peer falls silent and dies, nobody knows of it.
    const { sim, dice, running } = this;
    if (running.length < 2) return sim.pass(100);
    const one = dice.pick(running), other = dice.pick(running);
    const what = dice.below(14);
    if (what < 6) this.#speak(one);
    else if (what === 6) this.join();
    else if (what === 7) sim.cut(one, other);
    else if (what === 8) sim.delay(one, other, dice.below(300));
    else if (what === 9) sim.stall(one, other, dice.next() < 0.5);
    else if (what === 10 && dice.next() < 0.5) sim.hold(one);
    else if (what === 10) sim.release(one);
    else if (what === 11 && dice.next() < 0.3) {
      sim.partition(
        [one],
        running.filter((node) => node !== one),
      );
    } else if (what === 11) sim.heal();
    else if (what === 12 && running.length > 3) one.kill();
    else if (what === 13 && running.length > 3) sim.leave(one, dice.below(5_000));
    sim.pass(dice.pick([0, 0, 5, 50, 500]));
  }

  /** Nothing bad happens any more, and everybody has time to find each other. */
  calm(): void {
    const { sim } = this;
    sim.heal();
    for (const a of sim.nodes) {
      sim.release(a);
      for (const b of sim.nodes) sim.stall(a, b, false);
    }
    sim.pass(90_000);
    sim.settle();
  }

  #speak(node: SimNode): void {
    if (node.state.membership.life.phase === "running") {
      this.speakers.get(node)!.say(this.dice.next() < 0.5);
    }
  }
}

Deno.test("whatever happens to a network, those who are left agree in the end", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const chaos = new Chaos(seed);
      for (let count = 0; count < 60; count++) chaos.step();
      chaos.calm();
      const { sim, alive } = chaos;
      assertAgreement(alive);
      assertOrder(sim, alive);
      // All print the same lines, those of all who are left among them.
      const lines = sim.printed(alive[0]).toSorted();
      for (const node of alive) {
        assertEquals(sim.printed(node).toSorted(), lines, `of ${node.name}`);
        for (const text of chaos.speakers.get(node)!.said) assert(lines.includes(text), text);
      }
    }),
    20,
  );
});
