import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { realCrypto } from "../../src/sim/real_crypto.ts";
import { assertAgreement, assertPrintedOnce } from "../helpers/agreement.ts";
import { makeNetwork } from "../helpers/sim_network.ts";

/** Everything that is carried while some nodes meet, talk, are cut off and leave. */
function traceOf(seed: number, crypto?: ReturnType<typeof realCrypto>): string[] {
  const trace: string[] = [];
  const decoder = new TextDecoder();
  const sim = makeNetwork({
    seed,
    crypto,
    onCarried: (from, to, carried) => {
      const what = carried.kind === "line" ? decoder.decode(carried.bytes) : carried.kind;
      trace.push(`${sim.now_ms} ${from} ${to} ${what}`);
    },
  });
  const first = sim.addNode();
  for (let count = 0; count < 4; count++) sim.addNode({ join: [first] });
  sim.settle();
  for (const node of sim.nodes) sim.publish(node, "chat", [`from ${node.name}`]);
  sim.cut(sim.nodes[1], first);
  sim.settle();
  sim.leave(sim.nodes[2]);
  sim.settle();
  assertEquals(sim.nodes[2].acknowledged, true);
  return trace;
}

Deno.test("`Network` gives the same trace for the same seed", () => {
  const trace = traceOf(5);
  assert(trace.length > 100);
  assertEquals(traceOf(5), trace);
  assertNotEquals(traceOf(6), trace);
});

Deno.test("`Network` works with real signatures as with cheap ones", () => {
  const trace = traceOf(5, realCrypto());
  assertEquals(traceOf(5, realCrypto()), trace);
});

Deno.test("`Network.run()` stops at a time, and when something holds", () => {
  const sim = makeNetwork();
  const a = sim.addNode(), b = sim.addNode({ join: [a] });
  const start_ms = sim.now_ms;
  sim.run(start_ms + 7);
  assertEquals(sim.now_ms, start_ms + 7);
  assertEquals(b.state.membership.life.phase, "joining");
  sim.run(() => b.state.membership.life.phase === "running");
  sim.publish(a, "chat", ["hello"]);
  sim.run(() => sim.printed(b).length > 0);
  assertPrintedOnce(sim, [a, b], ["hello"]);
});

Deno.test("`Network.stall()` holds back what is sent, in one direction", () => {
  const sim = makeNetwork();
  const a = sim.addNode(), b = sim.addNode({ join: [a] });
  sim.settle();
  sim.stall(a, b);
  sim.publish(a, "chat", ["to b"]);
  sim.publish(b, "chat", ["to a"]);
  sim.settle();
  assertEquals(sim.printed(a).sort(), ["to a", "to b"]);
  assertEquals(sim.printed(b), ["to a"]);
  assert(sim.unsentBytes(a, b) > 0);
  sim.stall(a, b, false);
  sim.settle();
  assertPrintedOnce(sim, [a, b], ["to a", "to b"]);
  assertAgreement([a, b]);
  assertEquals(sim.unsentBytes(a, b), 0);
});

Deno.test("`Network.partition()` keeps groups apart until `heal()`", () => {
  const sim = makeNetwork();
  const a = sim.addNode(), b = sim.addNode({ join: [a] });
  sim.settle();
  sim.partition([a], [b]);
  sim.publish(a, "chat", ["over there?"]);
  sim.settle();
  assertEquals(sim.printed(b), []);
  sim.heal();
  sim.run(() => sim.printed(b).length === 1);
  sim.settle();
  assertAgreement([a, b]);
});
