import { assert, assertEquals } from "@std/assert";
import { FORGET_EVERY_MS, FORGET_LEFT_MS } from "../../src/core/data/limits.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { assertAgreement, clockOf } from "../helpers/agreement.ts";
import { makeNetwork } from "../helpers/sim_network.ts";

const config = { keep_bytes: 10_000 };

/** Whether anything of dan is in the clock of a node. */
function knowsDan(node: SimNode): boolean {
  return Object.keys(clockOf(node)).some((log) => log.startsWith("dan/"));
}

/** Somebody says so much that nothing else is kept. */
function pushOut(sim: Network, node: SimNode): void {
  for (let count = 0; count < 40; count++) {
    sim.publish(node, "chat", [`so much ${count}`]);
    sim.pass(100);
  }
  sim.settle();
}

/** Some nodes with disks; dan was there, said something that is no longer kept, and left. */
function afterDan() {
  const sim = makeNetwork({ seed: 6 });
  const stores = ["a", "b", "dan"].map(() => sim.newStore());
  const a = sim.addNode({ name: "a", store: stores[0], config });
  const b = sim.addNode({ name: "b", store: stores[1], join: [a], config });
  const dan = sim.addNode({ name: "dan", store: stores[2], join: [a], config });
  sim.settle();
  for (let count = 0; count < 5; count++) {
    sim.publish(dan, "chat", [`dan ${count}`]);
    sim.pass(1_000);
  }
  sim.leave(dan);
  sim.settle();
  pushOut(sim, a);
  return { sim, a, b, stores };
}

Deno.test("who left is forgotten by all, in memory and on disk, and not brought back by a restart", () => {
  const { sim, a, b, stores } = afterDan();
  assert(knowsDan(a) && knowsDan(b));
  sim.pass(FORGET_LEFT_MS + 2 * FORGET_EVERY_MS);
  assertEquals([a, b].map(knowsDan), [false, false]);
  sim.pass(1_000);
  assertEquals(stores[0].restored.forgotten.map(([, topic]) => topic).sort(), ["chat", "presence"]);
  a.kill();
  const again = sim.addNode({ name: "a", store: stores[0], config });
  sim.settle();
  assertEquals([knowsDan(again), again.state.log.forgotten.seqs.size], [false, 2]);
  assertAgreement([again, b]);
});

Deno.test("who came late remembers longer, and nobody waits for it", () => {
  const { sim, a, b } = afterDan();
  sim.pass(FORGET_LEFT_MS - FORGET_EVERY_MS);
  const c = sim.addNode({ name: "c", join: [b], config });
  sim.settle();
  assert(knowsDan(c));
  sim.pass(4 * FORGET_EVERY_MS);
  assertEquals([a, b, c].map(knowsDan), [false, false, true]);
  // A new link, on which c offers what a has forgotten; and nobody else who could bring it.
  sim.cut(a, c);
  sim.settle();
  b.kill();
  sim.publish(c, "chat", ["is anybody there?"]);
  sim.settle();
  assertEquals(sim.printed(a).at(-1), "is anybody there?");
  assertEquals(knowsDan(a), false, "brought back");
  pushOut(sim, a);
  sim.pass(FORGET_LEFT_MS);
  assertEquals(knowsDan(c), false, "never forgotten");
});

Deno.test("who comes back with its key after it was forgotten goes on with its log", () => {
  const { sim, a, b, stores } = afterDan();
  sim.pass(FORGET_LEFT_MS + 2 * FORGET_EVERY_MS);
  assert(!knowsDan(a));
  const dan = sim.addNode({ name: "dan", store: stores[2], join: [a], config });
  sim.settle();
  dan.feed("chat", [["back again"]]);
  sim.settle();
  for (const node of [a, b]) {
    assertEquals(sim.printed(node).at(-1), "back again");
    assertEquals(clockOf(node)["dan/chat"], 6);
    assertEquals(node.state.membership.members.by_id.get(dan.id)!.state, "alive");
  }
  assert(!dan.notices.some(({ kind }) => kind === "renewed"));
  sim.publish(a, "chat", ["welcome"]);
  sim.settle();
  assertEquals(sim.printed(dan).at(-1), "welcome");
});
