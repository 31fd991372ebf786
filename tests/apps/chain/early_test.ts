/** Blocks that are ahead of a clock, and wait. */

import { assert } from "@std/assert";
import { quickFollower, quickNetwork } from "./quick_network.ts";
import { add, stateOf } from "./sim_network.ts";

Deno.test("blocks are taken when their time comes, however much else comes meanwhile", () => {
  const sim = quickNetwork();
  const a = sim.addNode({ name: "a", ...quickFollower({ mine: "never" }) });
  const ahead = { clock_ahead_ms: 62_000, ...quickFollower({ mine: "always" }) };
  const b = sim.addNode({ name: "b", join: [a], ...ahead });
  const c = sim.addNode({ name: "c", join: [a], ...quickFollower({ mine: "never" }) });
  for (let at = 0; at < 40; at++) {
    add(c, `${at}`);
    sim.pass(250);
  }
  const { block } = stateOf(a).tree!.best, mined = stateOf(b).tree!.best.block;
  assert(mined.index > block.index, "nothing waits");
  const late_ms = a.now_ms + 60_000 - block.time;
  assert(
    late_ms < 3_000,
    `block ${block.index} was due ${late_ms} ms ago, and none since is taken`,
  );
});
