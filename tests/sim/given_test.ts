/** `--overlay given`: links as they were made by hand, and no others. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LINKS_KEPT } from "../../src/core/data/limits.ts";
import { isPeer } from "../../src/core/session/slice.ts";
import type { MemberState } from "../../src/core/membership/members.ts";
import { Dice } from "../../src/sim/dice.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { assertAgreement, assertOrder, assertPrintedOnce, Speaker } from "../helpers/agreement.ts";
import { check } from "../helpers/check.ts";
import { makeNetwork } from "../helpers/sim_network.ts";

/** Who was killed must be called failed within this time. */
const NOTICE_MS = 15_000;
const config = { overlay: "given" } as const;

/** A network in which each node links to the one before. */
function chainOf(names: string, seed: number): { sim: Network; nodes: SimNode[] } {
  const sim = makeNetwork({ seed });
  for (const name of names) {
    sim.addNode({ name, join: sim.nodes.slice(-1), config });
    sim.pass(100);
  }
  sim.settle();
  return { sim, nodes: sim.nodes.slice() };
}

/** All links between nodes that live, each as the names of both ends, sorted. */
function linksOf(sim: Network): string[] {
  return sim.nodes.filter(({ alive }) => alive).flatMap((node) =>
    [...node.state.session.links.values()].filter(isPeer).map((
      { peer },
    ) => [node.name, sim.nameOf(peer)])
  ).filter(([from, to]) => from < to).map(([from, to]) => `${from}-${to}`).sort();
}

function stateAt(node: SimNode, of: SimNode): MemberState | undefined {
  return node.state.membership.members.by_id.get(of.id)?.state;
}

function count(nodes: readonly SimNode[], what: string): number {
  return nodes.reduce((sum, { state }) => sum + (state.counts.get(what) ?? 0), 0);
}

/** All of them say some lines at once. */
function talk(sim: Network, speakers: readonly Speaker[], rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    for (const speaker of speakers) speaker.say(round % 2 === 1);
    sim.pass(40);
  }
}

Deno.test("a chain of five has four links, and every line comes everywhere in order", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const { sim, nodes } = chainOf("caebd", seed);
      const speakers = nodes.map((node) => new Speaker(sim, node));
      talk(sim, speakers, 5);
      sim.pass(60_000);
      assertEquals(linksOf(sim), ["a-c", "a-e", "b-d", "b-e"]);
      // They stood all the time.
      assertEquals(count(nodes, "links"), 8);
      assertPrintedOnce(sim, nodes, speakers.flatMap(({ said }) => said));
      assertOrder(sim, nodes);
      assertAgreement(nodes);
      for (const node of nodes) {
        for (const other of nodes) {
          if (other !== node) assertEquals(stateAt(node, other), "alive");
        }
      }
    }),
    5,
  );
});

/** Each of the others calls the dead failed, and each other alive. */
function assertMissed(others: readonly SimNode[], dead: SimNode): void {
  for (const node of others) {
    assertEquals(stateAt(node, dead), "failed", `of ${dead.name} at ${node.name}`);
    for (const other of others) {
      if (other !== node) assertEquals(stateAt(node, other), "alive", `at ${node.name}`);
    }
  }
}

Deno.test("the middle of a chain dies, and another node bridges both halves", () => {
  check(
    fc.property(fc.integer(), fc.boolean(), (seed, same_place) => {
      const { sim, nodes: [a, b, c, d, e] } = chainOf("abcde", seed);
      const others = [a, b, d, e], speakers = others.map((node) => new Speaker(sim, node));
      talk(sim, speakers, 2);
      sim.settle();
      c.kill();
      talk(sim, speakers, 2);
      sim.pass(NOTICE_MS);
      assertEquals(linksOf(sim), ["a-b", "d-e"]);
      assertMissed(others, c);
      // `d` was told the address of `c`, `b` was not.
      const place = same_place ? { host: "c", join: [b] } : { join: [b, d] };
      const f = sim.addNode({ name: "f", config, ...place });
      sim.pass(5_000);
      const made = count([b, d, f], "links");
      speakers.push(new Speaker(sim, f));
      talk(sim, speakers, 4);
      sim.pass(60_000);
      assertEquals(linksOf(sim), ["a-b", "b-f", "d-e", "d-f"]);
      // Though `c` is still dialled, no link was made anew.
      assertEquals(count([b, d, f], "links"), made);
      assertEquals(count([a, e], "closed:surplus"), 0);
      assertMissed([...others, f], c);
      // Nobody ever thought ill of those who were only cut off.
      assertEquals(count(others, "members-suspected"), others.length);
      assertEquals(count(others, "refuted"), 0);
      assertPrintedOnce(sim, others, speakers.flatMap(({ said }) => said));
      assertOrder(sim, [...others, f]);
      assertAgreement([...others, f]);
    }),
    8,
  );
});

Deno.test("the end of a chain dies, and everybody calls it failed, and nobody else", () => {
  check(
    fc.property(fc.integer(), fc.constantFrom("abcde", "edcba"), (seed, names) => {
      const { sim, nodes } = chainOf(names, seed);
      const victim = nodes.pop()!;
      victim.kill();
      sim.pass(NOTICE_MS);
      assertMissed(nodes, victim);
      assertEquals(count(nodes, "members-suspected"), nodes.length);
    }),
    6,
  );
});

Deno.test("a node in the middle that is started again finds both its neighbours", () => {
  const sim = makeNetwork({ seed: 11 }), store = sim.newStore();
  const a = sim.addNode({ name: "a", config });
  const b = sim.addNode({ name: "b", join: [a], config, store });
  sim.settle();
  const c = sim.addNode({ name: "c", join: [b], config });
  sim.settle();
  b.kill();
  sim.pass(60_000);
  assertEquals(linksOf(sim), []);
  // What it stored tells it of `c`, to which nobody told it to link.
  sim.addNode({ name: "b", join: [a], config, store });
  sim.pass(5_000);
  assertEquals(linksOf(sim), ["a-b", "b-c"]);
  assertEquals([stateAt(a, c), stateAt(c, a), stateAt(a, b)], ["alive", "alive", "alive"]);
});

Deno.test("nobody links to whoever moves in where a lost node lived", () => {
  const { sim, nodes: [a, b, c] } = chainOf("abc", 13);
  c.kill();
  sim.pass(NOTICE_MS);
  const d = sim.addNode({ name: "d", host: "c", config });
  // The dead are dialled again after 45 s at most.
  sim.pass(120_000);
  assertEquals(linksOf(sim), ["a-b"]);
  assertEquals([d.state.membership.members.by_id.size, stateAt(a, d)], [0, undefined]);
  assert(count([b], "closed:surplus") > 0);
});

Deno.test("a node that joins two rooms is the only bridge between them", () => {
  const sim = makeNetwork({ seed: 12 });
  const [hub, other] = ["hub", "other"].map((name) => sim.addNode({ name, config }));
  for (const name of ["h1", "h2", "h3"]) sim.addNode({ name, join: [hub], config });
  for (const name of ["o1", "o2"]) sim.addNode({ name, join: [other], config });
  sim.settle();
  // One address twice, an own one, and one where nobody is.
  const join = [hub, "nobody:7000", other, hub, "bridge:7000", other];
  const bridge = sim.addNode({ name: "bridge", join, config });
  sim.pass(60_000);
  const links = [
    "bridge-hub",
    "bridge-other",
    "h1-hub",
    "h2-hub",
    "h3-hub",
    "o1-other",
    "o2-other",
  ];
  assertEquals(linksOf(sim), links);
  assertEquals(count(sim.nodes, "links"), 2 * links.length);
  assertEquals(count(sim.nodes, "closed:duplicate"), 0);
  const speakers = sim.nodes.map((node) => new Speaker(sim, node));
  for (const speaker of speakers) speaker.say();
  sim.settle();
  assertPrintedOnce(
    sim,
    sim.nodes.filter((node) => node !== bridge),
    speakers.flatMap((one) => one.said),
  );
});

Deno.test("the middle of a star keeps all its links, however many", () => {
  const sim = makeNetwork({ seed: 14 });
  const hub = sim.addNode({ name: "hub", config });
  for (let at = 0; at < LINKS_KEPT + 3; at++) {
    sim.addNode({ name: `n${at}`, join: [hub], config });
    sim.pass(30);
  }
  sim.pass(60_000);
  const peers = [...hub.state.session.links.values()].filter(isPeer).map(({ peer }) => peer);
  assertEquals([peers.length, count(sim.nodes, "closed:surplus")], [LINKS_KEPT + 3, 0]);
});

Deno.test("a given link stands again soon, although another way leads there", () => {
  const sim = makeNetwork({ seed: 15 });
  const a = sim.addNode({ name: "a", config });
  const b = sim.addNode({ name: "b", join: [a], config });
  const c = sim.addNode({ name: "c", join: [a, b], config });
  sim.settle();
  sim.partition([b], [c]);
  sim.pass(120_000);
  assertEquals(linksOf(sim), ["a-b", "a-c"]);
  // Over `a` they hear that both live.
  for (const [one, other] of [[a, b], [a, c], [b, c], [c, b]]) {
    assertEquals(stateAt(one, other), "alive");
  }
  sim.heal();
  sim.pass(4_000);
  assertEquals(linksOf(sim), ["a-b", "a-c", "b-c"]);
});

Deno.test("two nodes that were given each other keep one link, whichever breaks", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const sim = makeNetwork({ seed });
      const a = sim.addNode({ name: "a", join: ["b:7000"], config });
      sim.pass(new Dice(seed).below(3_000));
      const b = sim.addNode({ name: "b", join: ["a:7000"], config });
      sim.pass(10_000);
      for (let round = 0; round < 3; round++) {
        const before = count([a, b], "links");
        sim.pass(60_000);
        assertEquals([linksOf(sim), count([a, b], "links")], [["a-b"], before]);
        sim.cut(a, b);
        sim.pass(5_000);
      }
      assertEquals([stateAt(a, b), stateAt(b, a)], ["alive", "alive"]);
      assertEquals(count([a, b], "members-suspected"), 0);
    }),
    5,
  );
});

Deno.test("any tree of given links stands, and stands again after links broke", () => {
  check(
    fc.property(fc.integer(), fc.integer({ min: 2, max: 14 }), (seed, size) => {
      const sim = makeNetwork({ seed }), dice = new Dice(seed), links: string[] = [];
      while (sim.nodes.length < size) {
        const name = `${"zqjxkvbp"[dice.below(8)]}${sim.nodes.length}`;
        const join = sim.nodes.length === 0 ? [] : [dice.pick(sim.nodes)];
        for (const to of join) links.push([to.name, name].sort().join("-"));
        sim.addNode({ name, join, config });
        sim.pass(dice.below(60));
      }
      sim.settle();
      const speakers = sim.nodes.map((node) => new Speaker(sim, node));
      for (let round = 0; round < 30; round++) {
        dice.pick(speakers).say(dice.next() < 0.5);
        sim.cut(dice.pick(sim.nodes), dice.pick(sim.nodes));
        sim.pass(dice.below(300));
      }
      sim.pass(20_000);
      assertEquals(linksOf(sim), links.sort());
      assertPrintedOnce(sim, sim.nodes, speakers.flatMap(({ said }) => said));
      assertOrder(sim, sim.nodes);
      assertAgreement(sim.nodes);
      for (const node of sim.nodes) {
        for (const other of sim.nodes) {
          if (other !== node) assertEquals(stateAt(node, other), "alive");
        }
      }
    }),
    15,
  );
});
