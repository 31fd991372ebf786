import { assert, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { OVERLAY_LINKS } from "../../src/core/data/limits.ts";
import { isPeer } from "../../src/core/session/slice.ts";
import { type MemberState, setMember } from "../../src/core/membership/members.ts";
import { neighboursOf } from "../../src/core/membership/neighbours.ts";
import { Dice } from "../../src/sim/dice.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { assertAgreement, assertOrder, assertPrintedOnce, Speaker } from "../helpers/agreement.ts";
import { check } from "../helpers/check.ts";
import { makeNetwork } from "../helpers/sim_network.ts";

/** What must be noticed, and healed, within this time. */
const NOTICE_MS = 15_000;

/** A network whose names sort in no order of their own. */
function networkOf(count: number, seed: number): { sim: Network; dice: Dice } {
  const sim = makeNetwork({ seed }), dice = new Dice(seed);
  while (sim.nodes.length < count) {
    const { nodes } = sim, at = nodes.length;
    const join = at === 0 ? [] : [dice.pick(nodes)];
    sim.addNode({ name: `${"0AJTaju_"[dice.below(8)]}x${"zqjxkvbp"[dice.below(8)]}${at}`, join });
    sim.pass(50);
  }
  sim.settle();
  return { sim, dice };
}

function stateAt(node: SimNode, of: SimNode): MemberState | undefined {
  return node.state.membership.members.by_id.get(of.id)?.state;
}

/** What each of the nodes thinks of the others. */
function statesOf(nodes: readonly SimNode[], others: readonly SimNode[]): Set<string | undefined> {
  const pairs = nodes.flatMap((node) =>
    others.filter((one) => one !== node).map((one) => [node, one])
  );
  return new Set(pairs.map(([node, other]) => stateAt(node, other)));
}

function peersOf({ state }: SimNode): string[] {
  return [...state.session.links.values()].filter(isPeer).map((link) => link.peer);
}

/** Each of the nodes is linked to those that it should be linked to. */
function assertLinked(nodes: readonly SimNode[]): void {
  for (const node of nodes) {
    const { membership: { members }, log, config } = node.state;
    const { wanted } = neighboursOf(members, log.self, config.overlay, () => true);
    assertEquals(wanted.length, Math.min(OVERLAY_LINKS, nodes.length - 1), `of ${node.name}`);
    const peers = peersOf(node);
    for (const one of wanted) assert(peers.includes(one.id), `${node.name} to ${one.id}`);
    assertEquals(new Set(peers).size, peers.length, `${node.name} has two links to one peer`);
  }
}

/** All say something, and all print it. */
function assertAllHear(sim: Network, nodes: readonly SimNode[]): void {
  const before = new Map(nodes.map((node) => [node, node.printed.length]));
  const said = nodes.map((node) => new Speaker(sim, node).say());
  sim.settle();
  for (const node of nodes) {
    const heard = sim.printed(node).slice(before.get(node)!);
    assertEquals(heard.sort(), said.toSorted(), `of ${node.name}`);
  }
}

/** Nothing more goes from or to a node, or all goes again. */
function freeze(sim: Network, node: SimNode, stalled = true): void {
  for (const other of sim.nodes) {
    if (other === node) continue;
    sim.stall(node, other, stalled);
    sim.stall(other, node, stalled);
  }
}

Deno.test("a node that is killed is marked as failed by everybody, and by nobody else", () => {
  check(
    fc.property(fc.integer(), fc.constantFrom(2, 3, 8, 25), (seed, count) => {
      const { sim, dice } = networkOf(count, seed);
      const victim = dice.pick(sim.nodes), others = sim.nodes.filter((node) => node !== victim);
      victim.kill();
      sim.pass(NOTICE_MS);
      assertEquals(statesOf(others, [victim]), new Set(["failed"]));
      if (count > 2) assertEquals(statesOf(others, others), new Set(["alive"]));
    }),
    12,
    6,
  );
});

Deno.test("a node that says nothing any more, on links that are open, is marked as failed", () => {
  check(
    fc.property(fc.integer(), fc.constantFrom(3, 12), (seed, count) => {
      const { sim, dice } = networkOf(count, seed);
      const victim = dice.pick(sim.nodes), others = sim.nodes.filter((node) => node !== victim);
      freeze(sim, victim);
      sim.pass(NOTICE_MS);
      assertEquals(statesOf(others, [victim]), new Set(["failed"]));
      // When it is heard again, it is there again.
      freeze(sim, victim, false);
      sim.pass(60_000);
      assertEquals(statesOf(sim.nodes, sim.nodes), new Set(["alive"]));
      assertAllHear(sim, sim.nodes);
    }),
    6,
  );
});

Deno.test("a pause of 2 s is nobody's failure", () => {
  check(
    fc.property(fc.integer(), fc.constantFrom(2, 8), (seed, count) => {
      const { sim, dice } = networkOf(count, seed);
      const one = dice.pick(sim.nodes);
      freeze(sim, one);
      sim.pass(2_000);
      freeze(sim, one, false);
      for (let at = 0; at < 20; at++) {
        sim.pass(1_000);
        assertEquals(statesOf(sim.nodes, sim.nodes), new Set(["alive"]));
      }
      for (const { state } of sim.nodes) assert(!state.counts.has("members-suspected"));
    }),
    6,
  );
});

Deno.test("a polite goodbye is no failure", () => {
  const { sim } = networkOf(12, 5);
  const [one, ...others] = sim.nodes;
  sim.leave(one);
  sim.pass(NOTICE_MS);
  assertEquals(statesOf(others, [one]), new Set(["left"]));
  assertLinked(others);
});

Deno.test("of 25 nodes 10 die at once, and the others keep their ten and hear each other", () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const { sim, dice } = networkOf(25, seed);
      assertLinked(sim.nodes);
      const order = sim.nodes.toSorted(() => dice.next() - 0.5);
      const [victims, others] = [order.slice(0, 10), order.slice(10)];
      for (const victim of victims) victim.kill();
      sim.pass(20_000);
      assertEquals(statesOf(others, victims), new Set(["failed"]));
      assertEquals(statesOf(others, others), new Set(["alive"]));
      assertLinked(others);
      assertAllHear(sim, others);
      assertAgreement(others);
    }),
    3,
    1,
  );
});

Deno.test("a network that was cut in two for a minute heals, with all that was said meanwhile", () => {
  check(
    fc.property(fc.integer(), fc.constantFrom(2, 5, 14), (seed, count) => {
      const { sim, dice } = networkOf(count, seed);
      const half = Math.ceil(count / 2);
      const [left, right] = [sim.nodes.slice(0, half), sim.nodes.slice(half)];
      const speakers = sim.nodes.map((node) => new Speaker(sim, node));
      sim.partition(left, right);
      for (let second = 0; second < 60; second++) {
        dice.pick(speakers).say(dice.next() < 0.5);
        sim.pass(1_000);
      }
      assertEquals(statesOf(left, right), new Set(["failed"]));
      sim.heal();
      const healed_ms = sim.now_ms;
      const rights = new Set(right.map(({ id }) => id));
      sim.run(() => left.some((node) => peersOf(node).some((id) => rights.has(id))));
      assertGreater(50_000, sim.now_ms - healed_ms);
      sim.pass(5_000);
      assertPrintedOnce(sim, sim.nodes, speakers.flatMap(({ said }) => said));
      assertOrder(sim, sim.nodes);
      assertEquals(statesOf(sim.nodes, sim.nodes), new Set(["alive"]));
      sim.pass(90_000);
      assertLinked(sim.nodes);
      assertAgreement(sim.nodes);
    }),
    6,
    3,
  );
});

Deno.test("nodes that were given no address to join find each other again after a minute", () => {
  const sim = makeNetwork({ seed: 7 });
  const stores = [sim.newStore(), sim.newStore()];
  const first = sim.addNode({ name: "a", store: stores[0] });
  const second = sim.addNode({ name: "b", store: stores[1], join: [first] });
  sim.settle();
  for (const node of [first, second]) node.kill();
  // From here on they have only what they stored.
  const a = sim.addNode({ name: "a", store: stores[0] });
  const b = sim.addNode({ name: "b", store: stores[1] });
  sim.settle();
  assertEquals([peersOf(a), peersOf(b)], [[b.id], [a.id]]);
  sim.partition([a], [b]);
  sim.pass(60_000);
  assertEquals([stateAt(a, b), stateAt(b, a)], ["failed", "failed"]);
  sim.heal();
  sim.pass(60_000);
  assertEquals([stateAt(a, b), stateAt(b, a)], ["alive", "alive"]);
  assertAllHear(sim, [a, b]);
});

Deno.test("an address to join where nobody was is tried again, as long as a node runs", () => {
  const sim = makeNetwork({ seed: 3 });
  const b = sim.addNode({ name: "b", join: ["a:7000"] });
  sim.pass(60_000);
  assertEquals(b.state.membership.life.phase, "running");
  // This one knows of nobody.
  const a = sim.addNode({ name: "a" });
  sim.pass(60_000);
  assertEquals([peersOf(a), peersOf(b)], [[b.id], [a.id]]);
  assertAllHear(sim, [a, b]);
});

Deno.test("who was to be joined is not dialled again while there is a link, whatever is said of it", () => {
  const sim = makeNetwork();
  const a = sim.addNode(), b = sim.addNode({ join: [a] });
  sim.settle();
  const links = [...b.state.session.links.keys()];
  const { membership } = b.state, { members, join, due } = membership;
  const failed = members.by_id.get(a.id)!;
  const said = { ...failed, state: "failed", since_ms: sim.now_ms } as const;
  const heard = {
    members: setMember(members, said),
    join: { ...join, rejoin_ms: 0 },
    due: { ...due, overlay_ms: 0 },
  };
  b.state = { ...b.state, membership: { ...membership, ...heard } };
  sim.pass(3_000);
  assertEquals([...b.state.session.links.keys()], links);
});
