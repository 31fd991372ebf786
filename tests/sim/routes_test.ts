import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { HOPS_MAX } from "../../src/core/data/limits.ts";
import { encodeLine } from "../../src/core/wire/line.ts";
import { isPeer } from "../../src/core/session/slice.ts";
import { nextHop } from "../../src/core/unicast/turn.ts";
import type { CarriedHandler } from "../../src/sim/cables.ts";
import { fakeId } from "../../src/sim/crypto.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { makeNetwork, post } from "../helpers/sim_network.ts";

const GIVEN = { overlay: "given" } as const;
const GHOST = fakeId("ghost");
const decoder = new TextDecoder();

/** The link from one node to another. */
function linkTo(from: SimNode, to: SimNode): number {
  return [...from.state.session.links.values()].find((link) => isPeer(link) && link.peer === to.id)!
    .id;
}

/** The link by which a node reaches another. */
function hopFrom({ state }: SimNode, to: string) {
  return nextHop(state.unicast, state.session, to);
}

/** A node comes to believe that the ghost is behind another. */
function mislead(node: SimNode, by: SimNode): void {
  const route = { link: linkTo(node, by), seq: 1, time_ms: 0, since_ms: 0 };
  const { unicast } = node.state, routes = new Map(unicast.routes).set(GHOST, route);
  node.state = { ...node.state, unicast: { ...unicast, routes } };
}

/** Nodes that link as listed, each given those of the others that came before. */
function linked(sim: Network, links: readonly (readonly [string, string])[]): SimNode[] {
  for (const name of new Set(links.flat())) {
    const joins = links.filter(([from]) => from === name).map(([, to]) => to);
    const join = sim.nodes.filter((node) => joins.includes(node.name));
    sim.addNode({ name, join, config: GIVEN });
    sim.pass(2_000);
  }
  sim.settle();
  return [...sim.nodes];
}

Deno.test("`handOn()` lowers the hops before it sends, so that a line in a loop dies", () => {
  const hops: number[] = [];
  const onCarried: CarriedHandler = (_from, _to, carried) => {
    if (carried.kind !== "line" || carried.bytes[0] !== 0x7b) return;
    const line = JSON.parse(decoder.decode(carried.bytes));
    if (line.k === "route" && line.to === GHOST) hops.push(line.h);
  };
  const sim = makeNetwork({ onCarried });
  const [a, b, c] = linked(sim, [["a", "b"], ["b", "a"], ["c", "a"], ["c", "b"]]);
  mislead(a, b);
  mislead(b, c);
  mislead(c, a);
  const route = { k: "route", h: HOPS_MAX, to: GHOST, o: c.id, m: "data", n: 1, x: "AA" } as const;
  a.dispatch({ kind: "lines", link: linkTo(a, c), lines: [encodeLine(route).slice(0, -1)] });
  sim.settle();
  assertEquals(hops, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
  const dropped = [a, b, c].map(({ state }) => state.counts.get("not-routed:too-far") ?? 0);
  assertEquals(dropped.reduce((sum, one) => sum + one), 1);
});

Deno.test("`learnRoutes()` finds a way that every node on it agrees on, and a new one after a loss", () => {
  const sim = makeNetwork();
  // Two ways from a to d: over b, and over c and e.
  const links = [["a", "a"], ["b", "a"], ["d", "b"], ["c", "a"], ["e", "c"], ["e", "d"]] as const;
  const [a, b, d, c, e] = linked(sim, links);
  const by_id = new Map(sim.nodes.map((node) => [node.id, node]));
  const wayTo = (from: SimNode, to: SimNode): string => {
    let at = from, way = from.name;
    for (let hop = 0; at !== to && hop < HOPS_MAX; hop++) {
      at = by_id.get(hopFrom(at, to.id)?.peer ?? "")!;
      if (at === undefined) return `${way}?`;
      way += at.name;
    }
    return way;
  };
  assert(["abd", "aced"].includes(wayTo(a, d)), wayTo(a, d));
  b.kill();
  sim.settle();
  for (const node of [a, c, e]) post(node, d.id, ["hello"]);
  sim.settle();
  assertEquals([wayTo(a, d), wayTo(c, d), wayTo(e, d)], ["aced", "ced", "ed"]);
  assertEquals(sim.printed(d).length, 3);
});

Deno.test("`learnRoutes()` is not misled by old entries that come late on another link", () => {
  const sim = makeNetwork();
  const [, b, c] = linked(sim, [["a", "a"], ["b", "a"], ["c", "b"]]);
  const [a] = sim.nodes;
  const before = hopFrom(c, a.id);
  assertEquals(before?.peer, b.id);
  // A late joiner of c replays to it nothing that it has not got.
  sim.addNode({ name: "d", join: [c], config: GIVEN });
  sim.settle();
  assertEquals(hopFrom(c, a.id)?.id, before?.id);
  assertNotEquals(hopFrom(sim.nodes[3], a.id), null);
});
