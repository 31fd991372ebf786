import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { STORE_RETRY_MS } from "../../src/core/data/limits.ts";
import type { Notice } from "../../src/core/types.ts";
import { Dice } from "../../src/sim/dice.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { assertAgreement, balances, clockOf } from "../helpers/agreement.ts";
import { check } from "../helpers/check.ts";
import { Machines } from "../helpers/machines.ts";

const decoder = new TextDecoder();

function kindsOf(node: SimNode): Notice["kind"][] {
  return node.notices.map(({ kind }) => kind);
}

function pay(sim: Network, node: SimNode, to: string): void {
  sim.publish(node, "ledger", [{ from: "bank", to, amount: 1 }]);
}

Deno.test("a node that is started again goes on where it was, and joins by itself", () => {
  const machines = new Machines(), { sim } = machines;
  const [a, b] = machines.pair();
  sim.publish(a, "chat", ["one"]);
  sim.publish(b, "chat", ["two"]);
  pay(sim, b, "ann");
  sim.settle();
  const before = clockOf(b), paid = balances(b);
  b.kill();
  sim.pass(100);
  sim.publish(a, "chat", ["three"]);
  pay(sim, a, "ben");
  sim.pass(1_000);
  const again = machines.start("b");
  // What was stored is there before anybody was met.
  for (const [log, seq] of Object.entries(before)) assertEquals(clockOf(again)[log], seq, log);
  assertEquals(balances(again), paid);
  sim.settle();
  assertEquals([again.id, again.state.membership.life.phase], [b.id, "running"]);
  assertEquals(sim.printed(again), ["three"]);
  sim.publish(again, "chat", ["four"]);
  sim.settle();
  assertEquals(sim.printed(a), ["one", "two", "three", "four"]);
  assertEquals(clockOf(again)["b/chat"], 2);
  assertAgreement([a, again]);
  assert(!kindsOf(again).some((kind) => kind === "renewed" || kind === "quarantined"));
});

Deno.test("a node that is started again prints its history where that is wanted", () => {
  const machines = new Machines(), { sim } = machines;
  const [a, b] = machines.pair();
  for (const text of ["one", "two", "three"]) sim.publish(a, "chat", [text]);
  sim.settle();
  b.kill();
  const store = machines.stores.get("b");
  const again = sim.addNode({ name: "b", store, front: { history: 2 } });
  sim.settle();
  assertEquals(sim.printed(again), ["two", "three"]);
});

Deno.test("a stored entry that is damaged is set aside, and fetched again", () => {
  const machines = new Machines(), { sim } = machines;
  const [a, b] = machines.pair();
  for (const text of ["one", "two", "three"]) {
    sim.publish(a, "chat", [text]);
    pay(sim, a, text);
    sim.settle();
  }
  b.kill();
  const store = machines.stores.get("b")!;
  const before = store.rows.length;
  const damaged = store.rows.find((row) => decoder.decode(row.line).includes('"two"'))!;
  store.damage(damaged.arrival, 120);
  const again = machines.start("b");
  assert(store.aside.includes(damaged.arrival));
  sim.settle();
  assert(kindsOf(again).includes("quarantined"));
  assert(!kindsOf(again).includes("renewed"));
  assertAgreement([a, again]);
  // What was fetched is stored again.
  again.kill();
  const third = machines.start("b");
  assertEquals(kindsOf(third).includes("quarantined"), false);
  sim.settle();
  assert(store.rows.length >= before);
  assertAgreement([a, third]);
});

Deno.test("an old copy of the disk learns from others how far its own log goes", () => {
  const machines = new Machines(), { sim } = machines;
  const [a, b] = machines.pair(), copy = machines.oldCopy(b);
  const again = machines.start("b", [], copy);
  again.feed("chat", [["three"]]);
  sim.settle();
  assertEquals([again.id, kindsOf(again).includes("renewed")], [b.id, false]);
  assertEquals(sim.printed(a), ["one", "two", "three"]);
  assertEquals(clockOf(a)["b/chat"], 3);
  assertAgreement([a, again]);
});

Deno.test("an old copy of the disk signs nothing before it has heard from others", () => {
  const machines = new Machines(), { sim } = machines;
  const [a, b] = machines.pair(), copy = machines.oldCopy(b);
  const again = machines.start("b", [], copy);
  // Long before it has joined.
  sim.publish(again, "chat", ["three"]);
  sim.settle();
  assertEquals([again.id, sim.printed(a)], [b.id, ["one", "two", "three"]]);
  assertAgreement([a, again]);
});

Deno.test("an old copy of the disk that meets nobody goes on under a new id", () => {
  const machines = new Machines(), { sim } = machines;
  const [a, b] = machines.pair(), copy = machines.oldCopy(b);
  sim.partition([a], [b]);
  const again = machines.start("b", [], copy);
  again.feed("chat", [["other"]]);
  sim.pass(20_000);
  assertNotEquals(again.id, b.id);
  assert(kindsOf(again).includes("renewed"));
  assertEquals(clockOf(again)["b/chat"], 1);
  sim.heal();
  sim.pass(60_000);
  assertEquals(sim.printed(a).toSorted(), ["one", "other", "two"]);
  assert(!kindsOf(a).includes("forked"));
  assertAgreement([a, again]);
});

/** An old copy of the disk of `b`, which joins `a`; only `c` has what `b` said last. */
function restartBehind(last: string, kbits_from_c: number) {
  const machines = new Machines(), { sim } = machines;
  const [a, b] = machines.pair(), c = machines.start("c", [a]);
  sim.settle();
  sim.publish(b, "chat", ["one"]);
  sim.settle();
  const copy = machines.stores.get("b")!.copy();
  sim.partition([a], [b, c]);
  sim.publish(b, "chat", [last]);
  sim.settle();
  b.kill();
  sim.heal();
  sim.partition([a], [c]);
  sim.throttle(c, b, kbits_from_c / 8);
  const again = machines.start("b", [a], copy);
  sim.publish(again, "chat", ["three"]);
  sim.run(() => again.state.membership.life.phase === "running");
  // It has joined, and does not know what it said last.
  assertEquals([clockOf(a)["b/chat"], clockOf(again)["b/chat"]], [1, 1]);
  sim.pass(20_000);
  sim.heal();
  sim.pass(60_000);
  assertEquals(again.id, b.id);
  assertEquals(sim.printed(a), ["one", last, "three"]);
  assertAgreement([a, again, c]);
}

Deno.test("an old copy of the disk also hears from others than the peer that it joined", () => {
  restartBehind("two", Infinity);
});

Deno.test("an old copy of the disk signs nothing while a peer has more of its own log", () => {
  restartBehind("two".repeat(25_000), 160);
});

Deno.test("a node that must join waits for its network where it belonged to one before", () => {
  const machines = new Machines(), { sim } = machines;
  const [a, b] = machines.pair();
  for (const node of [a, b]) node.kill();
  const store = machines.stores.get("b"), config = { must_join: true };
  const again = sim.addNode({ name: "b", join: [a], config, store });
  sim.pass(20_000);
  assertEquals([again.state.membership.life.phase, again.acknowledged], ["running", null]);
  assert(again.notices.some((one) => one.kind === "alone" && one.then === "wait"));
  const stranger = sim.addNode({ name: "c", join: [a], config, store: sim.newStore() });
  sim.pass(20_000);
  assertEquals([stranger.state.membership.life.phase, stranger.acknowledged], ["done", true]);
  const back = machines.start("a");
  sim.pass(60_000);
  assertAgreement([again, back]);
});

Deno.test("a disk that takes nothing holds back what others sent, and nothing is lost", () => {
  const machines = new Machines(), { sim } = machines;
  const [a, b] = machines.pair(), c = machines.start("c", [b]);
  sim.settle();
  sim.partition([a], [c]);
  sim.publish(a, "chat", ["before"]);
  sim.settle();
  const store = machines.stores.get("b")!;
  store.fault = "disk full";
  sim.publish(a, "chat", ["while it was full"]);
  sim.pass(4_000);
  const own = a.state.log.keys.find(`${a.id}/chat`);
  assertEquals([a.state.publish.acknowledged[own], sim.printed(b), sim.printed(c)], [
    1,
    ["before"],
    ["before"],
  ]);
  assertEquals(b.notices.filter(({ kind }) => kind === "storage").length, 1);
  store.fault = null;
  sim.pass(STORE_RETRY_MS + 1_000);
  assertEquals(a.state.publish.acknowledged[own], 2);
  for (const node of [b, c]) assertEquals(sim.printed(node), ["before", "while it was full"]);
  assertEquals(b.notices.at(-1), { kind: "storage", fault: null });
});

Deno.test("whenever nodes are killed and started again, nothing is lost, doubled or signed twice", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const machines = new Machines(seed), { sim, running } = machines, dice = new Dice(seed);
      // This one is never killed: what it prints must be everything, once.
      const a = machines.start("a");
      for (const name of ["b", "c", "d"]) machines.start(name, [a]);
      sim.settle();
      const said: string[] = [];
      for (let count = 0; count < 60; count++) {
        const name = dice.pick(["b", "c", "d"]), node = running.get(name)!;
        const what = dice.below(9), store = machines.stores.get(name)!;
        if (what === 0 && node.alive) node.kill();
        else if (what < 3 && !node.alive) machines.start(name, dice.next() < 0.5 ? [a] : []);
        else if (what === 3) sim.cut(a, node);
        else if (what === 4) store.fault = dice.next() < 0.5 ? "disk full" : null;
        else {
          const one = dice.next() < 0.3 ? a : node;
          if (one.alive && one.state.membership.life.phase === "running") {
            const text = `${one.name} ${count}`;
            sim.publish(one, "chat", [text]);
            if (one === a) said.push(text);
          }
        }
        sim.pass(dice.pick([0, 1, 5, 30, 700]));
      }
      for (const store of machines.stores.values()) store.fault = null;
      for (const [name, node] of running) if (!node.alive) machines.start(name);
      sim.pass(60_000);
      sim.settle();
      const printed = sim.printed(a);
      assertEquals(printed.length, new Set(printed).size, "printed twice");
      for (const text of said) assert(printed.includes(text), text);
      assertAgreement([...running.values()]);
      for (const node of running.values()) assert(!kindsOf(node).includes("forked"));
    }),
    25,
  );
});
