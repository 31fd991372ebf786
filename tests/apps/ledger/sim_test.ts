import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Applied } from "../../../src/apps/ledger/ledger.ts";
import { Dice } from "../../../src/sim/dice.ts";
import type { Network } from "../../../src/sim/network.ts";
import type { SimNode } from "../../../src/sim/sim_node.ts";
import { balancesOf, ledgerOf } from "../../helpers/agreement.ts";
import { check } from "../../helpers/check.ts";
import { makeNetwork } from "../../helpers/sim_network.ts";

const front = { app: "ledger", topic: "ledger" } as const;

function network(seed: number, count: number): Network {
  const sim = makeNetwork({ seed });
  const first = sim.addNode({ front });
  while (sim.nodes.length < count) sim.addNode({ front, join: [first] });
  sim.settle();
  return sim;
}

/** Balances that are not 0. */
function balances(node: SimNode): string[] {
  return balancesOf(node).filter(([, sum]) => sum !== 0n).map((row) => row.join(" "));
}

Deno.test("payments that clash on both sides of a partition end the same everywhere", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = network(seed, 5), dice = new Dice(seed);
      sim.partition(sim.nodes.slice(0, 2), sim.nodes.slice(2));
      for (let count = 0; count < 30; count++) {
        const [from, to] = [dice.pick(["a", "b"]), dice.pick(["c", "d"])];
        const id = dice.next() < 0.7 ? `pay${dice.below(5)}` : undefined;
        const payment = { from, to, amount: dice.between(1, 3), ...(id && { id }) };
        sim.publish(dice.pick(sim.nodes), "ledger", [payment]);
        sim.pass(dice.below(50));
      }
      sim.heal();
      sim.pass(60_000);
      sim.settle();
      for (const node of sim.nodes) {
        assertEquals(balances(node), balances(sim.nodes[0]));
        assertEquals(ledgerOf(node).by_id.toJSON(), ledgerOf(sim.nodes[0]).by_id.toJSON());
        const sum = balancesOf(node).reduce((all, [, one]) => all + one, 0n);
        assertEquals(sum, 0n);
      }
    }),
    10,
  );
});

Deno.test("a clash is reported by the nodes that see it, and what is taken back is printed", () => {
  const sim = network(1, 2);
  const [a, b] = sim.nodes;
  sim.partition([a], [b]);
  sim.publish(a, "ledger", [{ id: "rent", from: "ann", to: "bob", amount: 5 }]);
  sim.publish(b, "ledger", [{ id: "rent", from: "ann", to: "cyd", amount: 3 }]);
  sim.settle();
  sim.heal();
  sim.pass(60_000);
  for (const node of sim.nodes) {
    assertEquals(balances(node), ["ann -3", "cyd 3"]);
    assertEquals(node.notices.filter(({ kind }) => kind === "ignored").length, 1);
  }
  assertEquals(sim.printed(a), ["rent ann bob 5", "rent ann cyd 3"]);
  assertEquals(sim.printed(b), ["rent ann cyd 3"]);
  const [, second] = a.printed;
  assert(second.kind === "record" && second.app === "ledger");
  assertEquals((second.record as unknown as Applied).replaced?.to, "bob");
});

Deno.test("an id that was used for something else is refused where it is known", () => {
  const sim = network(1, 2);
  const [a, b] = sim.nodes;
  sim.publish(a, "ledger", [{ id: "x", from: "ann", to: "bob", amount: 5 }]);
  sim.settle();
  sim.publish(b, "ledger", [
    { id: "x", from: "ann", to: "bob", amount: 5 },
    { id: "x", from: "ann", to: "bob", amount: 6 },
    { id: "y", from: "ann", to: "bob", amount: 1 },
    { id: "y", from: "ann", to: "bob", amount: 2 },
  ]);
  sim.settle();
  const refused = b.notices.flatMap((notice) => notice.kind === "refused" ? [notice] : []);
  assertEquals(refused.map(({ source, why }) => [source.kind === "local" && source.tag, why]), [
    [2, "id x was already used for ann bob 5"],
    [4, "id y was already used for ann bob 1"],
  ]);
  for (const node of sim.nodes) assertEquals(balances(node), ["ann -6", "bob 6"]);
});

Deno.test("a ledger that joins late has the same balances", () => {
  const sim = network(4, 3);
  for (const node of sim.nodes) {
    sim.publish(node, "ledger", [{ from: "bank", to: node.name, amount: 2 ** 53 - 1 }]);
    sim.publish(node, "ledger", [{ from: "bank", to: node.name, amount: 2 ** 53 - 1 }]);
  }
  sim.settle();
  const late = sim.addNode({ front: { ...front, history: 2 }, join: [sim.nodes[1]] });
  sim.settle();
  assertEquals(balances(late), balances(sim.nodes[0]));
  assertEquals(balances(late)[0], `bank ${-6n * (2n ** 53n - 1n)}`);
  assertEquals(sim.printed(late).length, 2);
});
