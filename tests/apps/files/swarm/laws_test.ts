/** What holds of `reduceSwarm()` whatever holders do: the judge says more of it. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Link } from "../../../../src/apps/files/link.ts";
import { reduceSwarm } from "../../../../src/apps/files/swarm/reduce_swarm.ts";
import type { SwarmEvent } from "../../../../src/apps/files/swarm/swarm.ts";
import { check } from "../../../helpers/check.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";
import { assertSamePicture, picture } from "../../../helpers/picture.ts";
import { doStep, goodGot, linkOf, PEERS, sizes, type Step, steps, World } from "./world.ts";

const cases = fc.record({
  seed: fc.integer(),
  sizes: fc.array(sizes, { minLength: 1, maxLength: 3 }),
  steps,
});

/** Files of these sizes, and holders that have all of them, and then whatever happens. */
function play(world: World, sizes: readonly number[], all: readonly Step[]): Link[] {
  const links = sizes.map((size, at) => linkOf("abc"[at], size));
  links.forEach((link, at) => world.begin(at + 1, link));
  for (const [at, peer] of PEERS.entries()) {
    for (const link of at < 3 ? links : []) world.take({ kind: "has", peer, link, has: null });
    if (at % 2 === 0) world.take({ kind: "holder", peer, via: "direct" });
  }
  for (const step of all) doStep(world, links, step);
  return links;
}

Deno.test("`reduceSwarm()` asks only for what may be asked, whatever holders do", () => {
  const property = fc.property(cases, ({ seed, sizes, steps }) => {
    play(new World(reduceSwarm, seed), sizes, steps);
  });
  check(property, 2_000, 200);
});

Deno.test("`reduceSwarm()` ends complete, and once, in any order of answers", () => {
  const property = fc.property(cases, ({ seed, sizes, steps }) => {
    const world = new World(reduceSwarm, seed), links = play(world, sizes, steps);
    // Whatever was before: one who is honest and patient is enough.
    for (const link of links) world.join("honest", link, null);
    world.answerAll((range, peer) => peer === "honest" ? goodGot(range) : null);
    for (const at of links.keys()) assert(world.judge.isComplete(at + 1), `file ${at + 1}`);
    assertEquals(world.pending, []);
  });
  check(property, 500, 50);
});

Deno.test("`reduceSwarm()` leaves its input unchanged, and gives the same for the same", () => {
  const reduce: typeof reduceSwarm = (swarm, event, view) => {
    const before = picture(swarm);
    const first = reduceSwarm(deepFreeze(swarm), deepFreeze(event), view);
    assertEquals(picture(swarm), before, "the swarm that came in was changed");
    assertSamePicture(reduceSwarm(swarm, event, view), first, "the same gave something else");
    return first;
  };
  const property = fc.property(cases, ({ seed, sizes, steps }) => {
    play(new World(reduce, seed), sizes, steps.slice(0, 25));
  });
  check(property, 100, 20);
});

Deno.test("`reduceSwarm()` returns the same swarm for what it knows, and for what is over", () => {
  const world = new World(), link = linkOf("a", 500_000);
  world.begin(1, link);
  world.join("a", link, null);
  const [{ ask, range }] = world.pending;
  world.take({ kind: "got", ask, got: goodGot(range) });
  const events: SwarmEvent[] = [
    { kind: "begun", fetch: 1, link, has: [] },
    { kind: "begun", fetch: 2, link: "no link", has: [] },
    { kind: "holder", peer: "a", via: "direct" },
    { kind: "lost", peer: "nobody", why: "" },
    { kind: "has", peer: "a", link: "no link", has: null },
    { kind: "got", ask, got: goodGot(range) },
    { kind: "failed", ask, why: "" },
    { kind: "stopped", fetch: 7 },
  ];
  for (const event of events) {
    const [after, outs] = reduceSwarm(world.swarm, event, { now_ms: world.now_ms });
    assertStrictEquals(after, world.swarm, event.kind);
    assertEquals(outs, []);
  }
});
