import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Dice } from "../../src/sim/dice.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { assertAgreement, assertOrder, assertPrintedOnce, Speaker } from "../helpers/agreement.ts";
import { check } from "../helpers/check.ts";
import { deepFreeze } from "../helpers/deep_freeze.ts";
import { makeNetwork } from "../helpers/sim_network.ts";

type Shape = "chain" | "star" | "random";

/** Adds nodes until there are `count`; each joins one that is there, as the shape has it. */
function grow(sim: Network, count: number, shape: Shape, dice: Dice): void {
  while (sim.nodes.length < count) {
    const { nodes } = sim;
    const join = nodes.length === 0
      ? []
      : [shape === "chain" ? nodes.at(-1)! : shape === "star" ? nodes[0] : dice.pick(nodes)];
    // Names that sort in no order of their own, so that everybody links to somebody else.
    sim.addNode({ name: `${"zqjxkvbp"[dice.below(8)]}${nodes.length}`, join });
    sim.pass(dice.below(60));
  }
}

/** Nodes say lines and answers at random moments. */
function talk(sim: Network, dice: Dice, lines: number): string[] {
  const speakers = sim.nodes.filter((node) => node.alive).map((node) => new Speaker(sim, node));
  for (let count = 0; count < lines; count++) {
    dice.pick(speakers).say(dice.next() < 0.5);
    sim.pass(dice.below(25));
  }
  sim.settle();
  return speakers.flatMap((speaker) => speaker.said);
}

for (const shape of ["chain", "star", "random"] as const) {
  Deno.test(`every line is printed once, in causal order, by all of a ${shape}`, () => {
    check(
      fc.property(fc.integer(), fc.constantFrom(3, 8, 25), (seed, count) => {
        const sim = makeNetwork({ seed }), dice = new Dice(seed);
        grow(sim, count, shape, dice);
        sim.settle();
        const said = talk(sim, dice, 40);
        assertPrintedOnce(sim, sim.nodes, said);
        assertOrder(sim, sim.nodes);
        assertAgreement(sim.nodes);
      }),
      5,
      3,
    );
  });
}

Deno.test("nodes that join while others talk miss nothing", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = makeNetwork({ seed }), dice = new Dice(seed);
      grow(sim, 3, "random", dice);
      const speakers = sim.nodes.map((node) => new Speaker(sim, node));
      for (let count = 0; count < 30; count++) {
        dice.pick(speakers).say(true);
        if (count % 3 === 0) grow(sim, sim.nodes.length + 1, "random", dice);
      }
      sim.settle();
      assertPrintedOnce(sim, sim.nodes, speakers.flatMap((speaker) => speaker.said));
      assertOrder(sim, sim.nodes);
      assertAgreement(sim.nodes);
    }),
    5,
  );
});

Deno.test("links that break are made again, and nothing is lost", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = makeNetwork({ seed }), dice = new Dice(seed);
      grow(sim, 6, "random", dice);
      sim.settle();
      const speakers = sim.nodes.map((node) => new Speaker(sim, node));
      for (let count = 0; count < 40; count++) {
        dice.pick(speakers).say(dice.next() < 0.5);
        sim.cut(dice.pick(sim.nodes), dice.pick(sim.nodes));
        sim.pass(dice.below(200));
      }
      sim.settle(10_000);
      assertPrintedOnce(sim, sim.nodes, speakers.flatMap((speaker) => speaker.said));
      assertOrder(sim, sim.nodes);
      assertAgreement(sim.nodes);
      for (const node of sim.nodes) assertEquals(node.state.session.links.size, 5);
    }),
    10,
  );
});

Deno.test("nodes that are killed do not stop the others", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = makeNetwork({ seed }), dice = new Dice(seed);
      grow(sim, 12, "random", dice);
      sim.settle();
      const [victims, others] = [sim.nodes.slice(0, 4), sim.nodes.slice(4)];
      const speakers = others.map((node) => new Speaker(sim, node));
      for (const victim of victims) {
        for (let count = 0; count < 5; count++) dice.pick(speakers).say(true);
        victim.kill();
        sim.pass(dice.below(100));
      }
      sim.settle(10_000);
      assertPrintedOnce(sim, others, speakers.flatMap((speaker) => speaker.said));
      assertOrder(sim, others);
      assertAgreement(others);
    }),
    5,
  );
});

Deno.test("both sides of a partition go on, and agree when it is over", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = makeNetwork({ seed }), dice = new Dice(seed);
      grow(sim, 8, "random", dice);
      sim.settle();
      const speakers = sim.nodes.map((node) => new Speaker(sim, node));
      const [left, right] = [sim.nodes.slice(0, 3), sim.nodes.slice(3)];
      sim.partition(left, right);
      for (let count = 0; count < 30; count++) {
        dice.pick(speakers).say(true);
        sim.pass(dice.below(100));
      }
      sim.settle(1_000);
      for (const side of [left, right]) assertAgreement(side);
      sim.heal();
      // Dials that failed are tried again after 30 s at most, and half as much again.
      sim.pass(60_000);
      sim.settle();
      assertPrintedOnce(sim, sim.nodes, speakers.flatMap((speaker) => speaker.said));
      assertOrder(sim, sim.nodes);
      assertAgreement(sim.nodes);
    }),
    5,
  );
});

Deno.test("a node of a ring links to the ten after it", () => {
  const sim = makeNetwork({ seed: 9 });
  const config = { overlay: "ring" } as const;
  const first = sim.addNode({ name: "n00", config });
  for (let count = 1; count < 25; count++) {
    sim.addNode({ name: `n${String(count).padStart(2, "0")}`, join: [first], config });
    sim.pass(30);
  }
  sim.settle();
  for (const [index, node] of sim.nodes.entries()) {
    for (let step = 1; step <= 10; step++) {
      const next = sim.nodes[(index + step) % 25];
      assertEquals(linksBetween(node, next), 1, `${node.name} to ${next.name}`);
    }
  }
});

Deno.test("a link that a node dialled and lost is dialled again", () => {
  const sim = makeNetwork({ seed: 2 });
  const a = sim.addNode(), b = sim.addNode({ join: [a] });
  sim.settle();
  assertEquals(linksBetween(a, b), 1);
  sim.cut(a, b);
  sim.deliver();
  assertEquals(linksBetween(a, b), 0);
  sim.settle();
  assertEquals(linksBetween(a, b), 1);
  sim.publish(b, "chat", ["still here"]);
  sim.settle();
  assertEquals(sim.printed(a), ["still here"]);
});

Deno.test("two nodes that dial each other at once end with one link", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = makeNetwork({ seed, latency_ms: [5, 5] });
      const a = sim.addNode({ name: "a", join: ["b:7000"] });
      const b = sim.addNode({ name: "b", join: ["a:7000"] });
      sim.settle();
      assertEquals([linksBetween(a, b), linksBetween(b, a)], [1, 1]);
      sim.publish(a, "chat", ["ping"]);
      sim.publish(b, "chat", ["pong"]);
      sim.settle();
      assertPrintedOnce(sim, [a, b], ["ping", "pong"]);
    }),
    10,
  );
});

Deno.test({
  name: "two nodes that join each other at once have both joined",
  fn: () => {
    const sim = makeNetwork({ latency_ms: [5, 5] });
    const config = { must_join: true };
    const a = sim.addNode({ name: "a", join: ["b:7000"], config });
    const b = sim.addNode({ name: "b", join: ["a:7000"], config });
    sim.settle();
    for (const node of [a, b]) {
      assertEquals(node.notices.filter(({ kind }) => kind === "join_failed"), []);
      assertEquals(node.state.membership.life.phase, "running");
    }
  },
});

Deno.test("no reducer changes a state that any node was ever in", () => {
  const sim = makeNetwork({ seed: 4, onReduced: (node) => deepFreeze(node.state) });
  const dice = new Dice(4);
  grow(sim, 5, "random", dice);
  talk(sim, dice, 30);
  const store = sim.newStore();
  const one = sim.addNode({ name: "disk", join: [sim.nodes[1]], store });
  sim.settle();
  sim.publish(one, "chat", ["stored"]);
  one.kill();
  const again = sim.addNode({ name: "disk", store });
  sim.settle();
  sim.leave(sim.nodes[0]);
  sim.settle();
  assert(sim.nodes[0].acknowledged);
  assertAgreement([...sim.nodes.slice(1, 5), again]);
});

function linksBetween(from: SimNode, to: SimNode): number {
  return [...from.state.session.links.values()].filter((link) => link.peer === to.id).length;
}

Deno.test("a node that said nothing leaves at once, although its only peer has died", () => {
  const sim = makeNetwork({ seed: 5 });
  const a = sim.addNode({ name: "a" });
  const b = sim.addNode({ name: "b", join: [a] });
  sim.run(() => b.state.membership.life.phase === "running");
  b.kill();
  sim.pass(50);
  sim.leave(a, 10_000);
  sim.pass(50);
  assertEquals([a.state.membership.life.phase, a.acknowledged], ["done", true]);
});
