/** Lines that are handed on, and everything else: neither keeps back the other, whoever sends them. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { ITEM_BYTES_MAX, ROUTED_UNDER_WAY_MAX, WINDOW_BYTES } from "../../src/core/data/limits.ts";
import { encodeLine } from "../../src/core/wire/line.ts";
import { underWay } from "../../src/core/flow/slice.ts";
import type { Network, NetworkOptions } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { linkBetween, makeNetwork, outwardTo, post } from "../helpers/sim_network.ts";

const GIVEN = { overlay: "given" } as const;

/** A star: each of the others links to the first, and to nobody else. */
function starOf(names: string, options: NetworkOptions = {}): { sim: Network; nodes: SimNode[] } {
  const sim = makeNetwork(options);
  for (const name of names) {
    sim.addNode({ name, join: sim.nodes.slice(0, 1), config: GIVEN });
    sim.settle();
  }
  return { sim, nodes: [...sim.nodes] };
}

/** Lines for `to` that nobody can open come to `at` on the link from `from`. */
function flood(at: SimNode, from: SimNode, to: SimNode, count: number, bytes: number): void {
  const x = "A".repeat(bytes);
  const route = { k: "route", h: 9, to: to.id, o: from.id, m: "data", x } as const;
  const lines = Array.from({ length: count }, (_, n) => encodeLine({ ...route, n: n + 1 }));
  const event = { kind: "lines", link: linkBetween(at, from)!.id } as const;
  at.dispatch({ ...event, lines: lines.map((line) => line.slice(0, -1)) });
}

Deno.test("a link that is full of lines of others carries entries all the same", () => {
  const { sim, nodes: [b, a, c] } = starOf("bac");
  sim.throttle(b, c, 100);
  const texts = Array.from({ length: 20 }, (_, at) => `${at} ${"x".repeat(10_000)}`);
  let most_bytes = 0;
  // Far more comes than the link can carry.
  for (let round = 0; round < 600 && sim.printed(c).length < texts.length; round++) {
    flood(b, a, c, 8, 20_000);
    if (round === 100) { for (const text of texts) sim.publish(b, "chat", [text]); }
    sim.pass(50);
    most_bytes = Math.max(most_bytes, underWay(outwardTo(b, c)));
  }
  const numbers = (all: readonly string[]) => all.map((text) => parseInt(text));
  assertEquals(numbers(sim.printed(c)), numbers(texts));
  assert(most_bytes <= ROUTED_UNDER_WAY_MAX + WINDOW_BYTES, `${most_bytes}`);
  assertGreater(b.state.counts.get("not-routed:full") ?? 0, 0);
});

Deno.test("the largest line goes out beside a trickle of lines of others", () => {
  const { sim, nodes: [b, a, c] } = starOf("bac", { latency_ms: [50, 50] });
  const largest = "x".repeat(ITEM_BYTES_MAX);
  for (let round = 0; round < 400 && sim.printed(c).length === 0; round++) {
    // There is always one under way.
    flood(b, a, c, 1, 0);
    if (round === 100) sim.publish(b, "chat", [largest]);
    sim.pass(10);
    if (round > 20) assertGreater(outwardTo(b, c).sent_bytes, outwardTo(b, c).acked_bytes);
  }
  assertEquals(sim.printed(c).map((text) => text.length), [ITEM_BYTES_MAX]);
});

Deno.test("private messages go through a link whose window is full of entries", () => {
  const { sim, nodes: [b, a, c] } = starOf("bac");
  sim.throttle(b, c, 100);
  const line = "x".repeat(30_000);
  const feed = () => {
    while (underWay(outwardTo(b, c)) < WINDOW_BYTES / 2) {
      sim.publish(b, "chat", [line]);
      sim.pass(1);
    }
  };
  for (let round = 0; round < 100; round++) feed();
  post(a, c.id, ["hello"]);
  for (let round = 0; round < 200 && a.state.unicast.outgoing.size > 0; round++) {
    for (let count = 0; count < 5; count++) sim.publish(b, "chat", [line]);
    sim.pass(50);
  }
  assertEquals(a.state.unicast.outgoing.size, 0);
  assertEquals(sim.printed(c).filter((text) => text.startsWith("(pm")), ["(pm a) hello"]);
});

Deno.test("no flood of others makes a peer close the link to the node that hands it on", () => {
  const { sim, nodes: [b, c, e, ...evil] } = starOf("bcefghi");
  for (let round = 0; round < 100; round++) {
    // Each of them keeps to what a link may send.
    for (const from of evil) flood(b, from, c, 90, 0);
    if (round === 50) post(e, c.id, ["in between"], 60_000);
    sim.pass(10);
  }
  sim.publish(b, "chat", ["still here"]);
  sim.run(() => e.state.unicast.outgoing.size === 0);
  sim.settle();
  for (const { state } of [b, c]) {
    const codes = [...state.counts.keys()].filter((what) => /^(closed|bye):/.test(what));
    assertEquals(codes, []);
  }
  assertEquals(sim.printed(c).sort(), ["(pm e) in between", "still here"]);
  assertGreater(b.state.counts.get("not-routed:too-many") ?? 0, 0);
});

Deno.test("lines of others over datagrams are handed on only so fast", () => {
  const loss = { drop: 0, duplicate: 0, reorder: 0 };
  const { sim, nodes: [b, a, c] } = starOf("bac", { loss });
  for (let round = 0; round < 100; round++) {
    flood(b, a, c, 5, 200_000);
    sim.pass(10);
  }
  // A second of it would be 100 MB; what goes out is about 6 MB at once and 6 MB a second.
  const routed = b.state.counts.get("routed") ?? 0;
  assert(routed > 20 && routed < 70, `${routed}`);
  sim.publish(b, "chat", ["still here"]);
  sim.settle();
  assertEquals(sim.printed(c), ["still here"]);
});
