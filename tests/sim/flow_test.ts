import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { WINDOW_BYTES } from "../../src/core/data/limits.ts";
import { isInputOpen } from "../../src/core/node.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { assertAgreement, assertPrintedOnce, balances, ledgerOf } from "../helpers/agreement.ts";
import { makeNetwork } from "../helpers/sim_network.ts";

const KEEP_BYTES = 2_000_000;

/** Numbered lines of 1,000 bytes in batches of ten. */
function* batches(count: number, prefix = "line"): Generator<string[]> {
  for (let at = 0; at < count; at += 10) {
    yield Array.from({ length: 10 }, (_, index) => `${prefix} ${at + index} `.padEnd(1_000, "."));
  }
}

function numbersOf(sim: Network, node: SimNode): number[] {
  return sim.printed(node).filter((text) => text.startsWith("line"))
    .map((text) => Number(text.split(" ")[1]));
}

function gapsOf(sim: Network, node: SimNode): string[] {
  return sim.printed(node).filter((text) => text.startsWith("(gap"));
}

function pair(keep_bytes = KEEP_BYTES) {
  const sim = makeNetwork({ seed: 3 });
  const config = { keep_bytes };
  const a = sim.addNode({ name: "a", config });
  const b = sim.addNode({ name: "b", join: [a], config });
  sim.settle();
  return { sim, a, b, config };
}

/** Feeds lines to `a` and lets the output of `b` take them at a rate. */
function feedSlowly(bytes_per_ms: number): void {
  const { sim, a, b } = pair();
  sim.release(b, bytes_per_ms);
  a.feed("chat", batches(20_000));
  let closed = 0;
  sim.run(() => {
    if (!isInputOpen(a.state)) closed++;
    return a.unfed === 0;
  });
  assertGreater(closed, 0);
  sim.settle();
  assertEquals(gapsOf(sim, b), []);
  assertEquals(numbersOf(sim, b), Array.from({ length: 20_000 }, (_, index) => index));
}

Deno.test("a slow output holds back the source, and nothing is lost", () => {
  feedSlowly(1_000);
});

Deno.test("a very slow output holds back the source, and nothing is lost", () => {
  feedSlowly(200);
});

Deno.test("a slow link holds back the source, and nothing is lost", () => {
  const { sim, a, b } = pair();
  sim.throttle(a, b, 300);
  a.feed("chat", batches(10_000));
  sim.run(() => a.unfed === 0);
  sim.settle();
  assertEquals(gapsOf(sim, b), []);
  assertEquals(numbersOf(sim, b).length, 10_000);
  assertAgreement([a, b]);
});

Deno.test("a slow link behind a relay holds back the source, and nothing is lost", () => {
  const { sim, a, b, config } = pair();
  const c = sim.addNode({ name: "c", join: [b], config });
  sim.settle();
  sim.partition([a], [c]);
  sim.throttle(b, c, 800);
  a.feed("chat", batches(10_000));
  sim.run(() => a.unfed === 0);
  sim.settle();
  assertEquals(gapsOf(sim, c), []);
  assertEquals(numbersOf(sim, c).length, 10_000);
});

Deno.test({
  name: "a peer that was idle holds back the source as soon as it falls behind",
  fn: () => {
    const { sim, a, b } = pair();
    sim.delay(a, b, 150);
    sim.pass(10_000);
    a.feed("chat", batches(10_000));
    sim.run(() => a.unfed === 0);
    sim.settle(20_000);
    assertEquals(gapsOf(sim, b), []);
  },
});

Deno.test("a stuck reader does not hold back the others, and is told what it lost", () => {
  const { sim, a, b, config } = pair();
  const c = sim.addNode({ name: "c", join: [a], config });
  sim.settle();
  sim.stall(a, c);
  sim.stall(b, c);
  a.feed("chat", batches(10_000));
  sim.run(() => a.unfed === 0);
  sim.pass(60_000);
  assertEquals(numbersOf(sim, b).length, 10_000);
  assertEquals(gapsOf(sim, b), []);
  // What waits for a stuck reader is a window, whatever there is to say.
  for (const from of [a, b]) assertLess(sim.unsentBytes(from, c), 2 * WINDOW_BYTES);
  sim.stall(a, c, false);
  sim.stall(b, c, false);
  sim.settle(40_000);
  const numbers = numbersOf(sim, c);
  assertLess(numbers.length, 10_000);
  assertEquals(numbers.at(-1), 9_999);
  assertEquals(gapsOf(sim, c).length, 1);
  assertAgreement([a, b, c]);
});

Deno.test("a held output does not hold back the others for long, and is told what it lost", () => {
  const { sim, a, b } = pair();
  sim.hold(b);
  a.feed("chat", batches(10_000));
  sim.run(() => a.unfed === 0);
  sim.settle(20_000);
  assertEquals(numbersOf(sim, a).length, 10_000);
  sim.release(b);
  sim.settle();
  const numbers = numbersOf(sim, b);
  assertLess(numbers.length, 10_000);
  assertEquals(numbers.at(-1), 9_999);
  assertEquals(gapsOf(sim, b).length, 1);
});

Deno.test("what is kept is bounded, and a late joiner is told what is gone", () => {
  const { sim, a, b, config } = pair(300_000);
  a.feed("chat", batches(2_000));
  sim.run(() => a.unfed === 0);
  sim.settle();
  for (const { state } of [a, b]) {
    assertLess(state.log.totals.kept_bytes, 300_001);
  }
  const c = sim.addNode({ name: "c", join: [a], config });
  sim.settle(40_000);
  const numbers = numbersOf(sim, c);
  assertGreater(numbers.length, 100);
  assertEquals(numbers.at(-1), 1_999);
  assertEquals(numbers, numbers.map((_, index) => 2_000 - numbers.length + index));
  assertEquals(gapsOf(sim, c).length, 1);
});

Deno.test("a late joiner is in step at once, with the last entry of every log", () => {
  const { sim, a, b, config } = pair(300_000);
  sim.publish(b, "chat", ["only once"]);
  sim.settle();
  a.feed("chat", batches(2_000));
  sim.run(() => a.unfed === 0);
  sim.settle();
  const c = sim.addNode({ name: "c", join: [a], config });
  sim.pass(4_000);
  assertEquals(c.state.membership.life.phase, "running");
  sim.settle(40_000);
  assertEquals(gapsOf(sim, c).length, 1);
  assert(sim.printed(c).includes("only once"));
  assertAgreement([a, b, c]);
});

Deno.test("the ledger is kept whole, whatever else is dropped", () => {
  const { sim, a, b, config } = pair(300_000);
  const payments = Array.from({ length: 500 }, () => ({ from: "x", to: "y", amount: 1 }));
  a.feed("ledger", payments.map((payment) => [payment]));
  a.feed("chat", batches(2_000));
  sim.run(() => a.unfed === 0);
  sim.settle();
  const c = sim.addNode({ name: "c", join: [b], config });
  sim.settle(40_000);
  assertEquals(ledgerOf(c).balances.get("y"), 500n);
  assertEquals(balances(c), balances(a));
});

/** Some nodes say many lines at once; gives how long it took until all of them had all. */
function feedFromAll(count: number, lines: number, rates: { output: number; input: number }) {
  const sim = makeNetwork({
    seed: 8,
    latency_ms: [1, 2],
    input_bytes_per_ms: rates.input,
  });
  const config = { keep_bytes: 8_000_000 };
  const first = sim.addNode({ config });
  while (sim.nodes.length < count) sim.addNode({ join: [first], config });
  sim.settle();
  const start_ms = sim.now_ms;
  const all: string[] = [];
  for (const node of sim.nodes) {
    sim.release(node, rates.output);
    const mine = [...batches(lines, node.name)];
    all.push(...mine.flat());
    node.feed("chat", mine);
  }
  sim.run(() => sim.nodes.every((node) => node.unfed === 0));
  sim.settle(1_000);
  for (const node of sim.nodes) assertEquals(gapsOf(sim, node), []);
  assertPrintedOnce(sim, sim.nodes, all);
  assertAgreement(sim.nodes);
  assert(sim.nodes.every(({ state }) => isInputOpen(state)));
  return sim.now_ms - start_ms;
}

Deno.test("many sources at once neither lose anything nor wait for each other for ever", () => {
  feedFromAll(5, 1_000, { output: 4_000, input: 20_000 });
  feedFromAll(5, 2_000, { output: Infinity, input: 20_000 });
});

Deno.test({
  name: "sources that are faster than their links do not slow each other down",
  fn: () => assertLess(feedFromAll(3, 10_000, { output: Infinity, input: 100_000 }), 5_000),
});

Deno.test({
  name: "a gap is told to those behind who already listened, and soon",
  fn: () => {
    const { sim, a, b, config } = pair(300_000);
    const c = sim.addNode({ name: "c", join: [b], config });
    sim.settle();
    sim.publish(c, "chat", ["before"]);
    sim.settle();
    // c hears of a only through b.
    sim.partition([a], [c]);
    sim.partition([a], [b]);
    a.feed("chat", batches(2_000));
    sim.run(() => a.unfed === 0);
    sim.settle();
    sim.heal();
    sim.partition([a], [c]);
    sim.run(() => numbersOf(sim, b).length > 0);
    sim.pass(10_000);
    assertEquals([gapsOf(sim, b).length, gapsOf(sim, c).length], [1, 1]);
    assertEquals(numbersOf(sim, c).at(-1), 1_999);
  },
});

Deno.test("a large entry does not wait for the late acknowledgement of a small one", () => {
  const { sim, a, b } = pair();
  sim.publish(a, "chat", ["small"]);
  sim.pass(30);
  sim.publish(a, "chat", ['"'.repeat(90_000)]);
  // A ping and its answer, and the entry itself: far less than the delay of an acknowledgement.
  sim.pass(100);
  assertEquals(sim.printed(b).length, 2);
});

Deno.test("the newest entry of a log arrives though the one before it was dropped unacknowledged", () => {
  for (const spread of ["flood", "tree"] as const) {
    const sim = makeNetwork({ spread, latency_ms: [5, 5] });
    const config = { keep_bytes: 13_000 };
    const a = sim.addNode({ config }), b = sim.addNode({ join: [a], config });
    sim.settle();
    for (const text of ["first", "second"]) {
      sim.publish(a, "chat", [text.padEnd(30_000, ".")]);
      sim.pass(100);
    }
    sim.settle();
    assertEquals(sim.printed(b).map((text) => text.replaceAll(".", "")), ["first", "second"]);
    assertAgreement([a, b]);
  }
});
