/** What is printed of the chain, over restarts, and what nodes say of it that leave. */

import { assert, assertEquals } from "@std/assert";
import { type Block, hashOf } from "../../../src/apps/chain/blockchain.ts";
import { BLOCKS } from "../../../src/apps/chain/blocks.ts";
import { branchFrom } from "../../../src/apps/chain/tree.ts";
import { logKey } from "../../../src/core/log/entry.ts";
import type { SimNode } from "../../../src/sim/sim_node.ts";
import { quickFollower, quickNetwork } from "./quick_network.ts";
import { stateOf } from "./sim_network.ts";

/** The blocks that a node printed. */
function printedBy({ printed }: SimNode): Block[] {
  return printed.flatMap((one) => one.kind === "record" ? [one.record as unknown as Block] : []);
}

Deno.test("a node that starts again prints on behind the last block that it printed", () => {
  const sim = quickNetwork();
  const store = sim.newStore();
  const a = sim.addNode({ name: "a", store, ...quickFollower({ mine: "always" }) });
  // Its blocks wait at the other node until they are no longer ahead; so they come late, all at once.
  const ahead = { clock_ahead_ms: 62_000, ...quickFollower({ mine: "always", threads: 4 }) };
  sim.addNode({ name: "b", join: [a], ...ahead });
  sim.pass(8_000);
  const { rules } = stateOf(a).tree!, before = printedBy(a);
  a.kill();
  sim.pass(4_000);
  const again = sim.addNode({ name: "a", store, ...quickFollower({ mine: "never" }) });
  sim.pass(4_000);
  const after = printedBy(again);
  assert(after.length > 0);
  const known = new Set([hashOf(rules, branchFrom(stateOf(again).tree!.best, 0)[0].block)]);
  for (const [at, block] of [...before, ...after].entries()) {
    assert(known.has(block.prev_hash), `${at}: block ${block.index} has no parent`);
    known.add(hashOf(rules, block));
  }
  assertEquals(after.at(-1), stateOf(again).tree!.best.block);
  const rewinds = again.notices.filter(({ kind }) => kind === "told").length;
  assert(after[0].index > before.at(-1)!.index || rewinds > 0, "it printed again");
});

Deno.test("who has left publishes no block any more", () => {
  // So slow that some block is found between the last word and the end.
  const sim = quickNetwork(1, [150, 300]);
  const a = sim.addNode({ name: "a", ...quickFollower({ mine: "always", threads: 2 }) });
  sim.addNode({ name: "b", join: [a], ...quickFollower({ mine: "never" }) });
  sim.pass(3_000);
  const blocks = () => a.state.log.clock[a.state.log.keys.find(logKey(a.id, BLOCKS))];
  const phase = () => a.state.membership.life.phase;
  a.leave(10_000);
  while (phase() === "leaving") sim.pass(10);
  const said = blocks();
  assertEquals(phase(), "goodbye");
  while (phase() === "goodbye") sim.pass(10);
  assertEquals([blocks(), a.acknowledged], [said, true]);
});
