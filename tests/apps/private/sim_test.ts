import { assert, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import {
  PACKET_BYTES_TARGET,
  PACKETS_EARLY_MAX,
  ROUTED_UNDER_WAY_MAX,
} from "../../../src/core/data/limits.ts";
import { decodeLine, encodeLine } from "../../../src/core/wire/line.ts";
import { underWay } from "../../../src/core/flow/slice.ts";
import { isPeer } from "../../../src/core/session/slice.ts";
import type { RouteLine } from "../../../src/core/unicast/turn.ts";
import type { CarriedHandler, Loss } from "../../../src/sim/cables.ts";
import { fakeId } from "../../../src/sim/crypto.ts";
import type { Network, NetworkOptions } from "../../../src/sim/network.ts";
import type { SimNode } from "../../../src/sim/sim_node.ts";
import { check } from "../../helpers/check.ts";
import { makeNetwork, outwardTo, post } from "../../helpers/sim_network.ts";

const CANARY = "the canary sings at noon";
const GIVEN = { overlay: "given" } as const;
const MINUTE_MS = 60_000;
const decoder = new TextDecoder();

/** Nodes of which each joins the one before it, and nobody else. */
function chainOf(names: string, options: NetworkOptions = {}): { sim: Network; nodes: SimNode[] } {
  const sim = makeNetwork(options);
  for (const name of names) {
    sim.addNode({ name, join: sim.nodes.slice(-1), config: GIVEN });
    sim.pass(500);
  }
  sim.settle();
  return { sim, nodes: [...sim.nodes] };
}

/** The private messages that a node printed. */
function lettersOf(sim: Network, node: SimNode): string[] {
  return sim.printed(node).filter((text) => text.startsWith("(pm "));
}

function numbers(from: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, at) => `${from}${first + at}`);
}

/** Keeps everything that cables carry, as text. */
function wiretap(): { onCarried: CarriedHandler; heard: () => string } {
  let heard = "";
  const onCarried: CarriedHandler = (_from, _to, carried) => {
    if (carried.kind === "line") heard += decoder.decode(carried.bytes);
  };
  return { onCarried, heard: () => heard };
}

Deno.test("a private message goes from one end of a chain to the other, and nobody between reads it", () => {
  const { onCarried, heard } = wiretap();
  const { sim, nodes: [a, b, c, d, e] } = chainOf("abcde", { onCarried });
  assertEquals([...c.state.session.links.values()].filter(isPeer).length, 2);
  post(a, e.id, [CANARY]);
  post(e, a.id, [`${CANARY} too`]);
  sim.settle();
  assertEquals(lettersOf(sim, e), [`(pm a) ${CANARY}`]);
  assertEquals(lettersOf(sim, a), [`(pm e) ${CANARY} too`]);
  for (const node of [b, c, d]) assertEquals(sim.printed(node), []);
  assert(heard().includes('"k":"route"'));
  assert(!heard().includes(CANARY));
  assert(!heard().includes(btoa(CANARY).slice(0, 16)));
  assertEquals(a.state.unicast.outgoing.size + e.state.unicast.outgoing.size, 0);
});

Deno.test("none of 200 private messages is lost while the node between dies and is replaced", () => {
  const { sim, nodes: [a, b, c, d, e] } = chainOf("abcde");
  for (let number = 1; number <= 200; number++) {
    post(a, e.id, [`a${number}`]);
    post(e, a.id, [`e${number}`]);
    sim.pass(50);
    if (number === 60) c.kill();
    if (number === 120) sim.addNode({ name: "f", join: [b, d], config: GIVEN });
  }
  sim.pass(MINUTE_MS);
  assertEquals(lettersOf(sim, e), numbers("(pm a) a", 1, 200));
  assertEquals(lettersOf(sim, a), numbers("(pm e) e", 1, 200));
});

Deno.test("a thousand private messages each way at once stay in order", () => {
  const { sim, nodes: [a, , , , e] } = chainOf("abcde");
  for (let number = 1; number <= 1_000; number++) {
    post(a, e.id, [`a${number}`]);
    post(e, a.id, [`e${number}`]);
  }
  sim.pass(MINUTE_MS);
  assertEquals(lettersOf(sim, e), numbers("(pm a) a", 1, 1_000));
  assertEquals(lettersOf(sim, a), numbers("(pm e) e", 1, 1_000));
});

Deno.test("a recipient that is away gets its messages when it comes back, once", () => {
  const sim = makeNetwork();
  const store = sim.newStore();
  const a = sim.addNode({ name: "a" });
  const b = sim.addNode({ name: "b", join: [a], store });
  sim.settle();
  post(a, b.id, ["before"]);
  sim.settle();
  b.kill();
  post(a, b.id, ["first", "second"], 10 * MINUTE_MS);
  sim.pass(MINUTE_MS);
  assertEquals(a.state.membership.members.by_id.get(b.id)?.state, "failed");
  const again = sim.addNode({ name: "b", join: [a], store });
  sim.pass(MINUTE_MS);
  post(a, b.id, ["third"]);
  sim.pass(MINUTE_MS);
  assertEquals(lettersOf(sim, b), ["(pm a) before"]);
  assertEquals(lettersOf(sim, again), ["(pm a) first", "(pm a) second", "(pm a) third"]);
});

Deno.test("what a recipient does not acknowledge in time is given up, and what follows is not", () => {
  const sim = makeNetwork();
  const a = sim.addNode({ name: "a" });
  const b = sim.addNode({ name: "b", join: [a] });
  sim.settle();
  sim.partition([a], [b]);
  post(a, b.id, ["lost"], 2_000);
  sim.pass(100);
  post(a, b.id, ["late"], MINUTE_MS);
  sim.pass(5_000);
  const failures = a.notices.filter(({ kind }) => kind === "undelivered");
  assertEquals(failures.length, 1);
  sim.heal();
  sim.pass(2 * MINUTE_MS);
  // Whether it arrives is open, as it was under way; but never after what came later.
  const printed = lettersOf(sim, b).filter((text) => text !== "(pm a) lost");
  assertEquals(printed, ["(pm a) late"]);
  assertEquals(a.notices.filter(({ kind }) => kind === "undelivered").length, 1);
});

Deno.test("a node that leaves waits until its private messages are acknowledged", () => {
  const { sim, nodes: [a, , c] } = chainOf("abc", { latency_ms: [50, 50] });
  post(a, c.id, ["the last word"]);
  sim.leave(a);
  sim.settle();
  assertEquals(a.acknowledged, true);
  assertEquals(lettersOf(sim, c), ["(pm a) the last word"]);
  assertEquals(a.notices.filter(({ kind }) => kind === "undelivered"), []);
});

Deno.test("an output that takes nothing gets no more private messages than its window, and loses none", () => {
  const sim = makeNetwork();
  const a = sim.addNode({ name: "a" });
  const b = sim.addNode({ name: "b", join: [a] });
  sim.settle();
  sim.hold(b);
  const texts = numbers("x".repeat(50_000), 1, 60);
  for (const text of texts) post(a, b.id, [text], 10 * MINUTE_MS);
  sim.pass(MINUTE_MS);
  assertGreater(60, lettersOf(sim, b).length);
  sim.release(b);
  sim.pass(MINUTE_MS);
  assertEquals(lettersOf(sim, b), texts.map((text) => `(pm a) ${text}`));
});

Deno.test("who was renamed, or calls itself like another, is still written to by its id", () => {
  const sim = makeNetwork();
  const a = sim.addNode({ name: "a" });
  const [b, c] = ["b", "c"].map((name) =>
    sim.addNode({ name, join: [a], config: { name: "bob" } })
  );
  sim.settle();
  post(a, c.id, ["for c"]);
  sim.settle();
  assertEquals([lettersOf(sim, b), lettersOf(sim, c)], [[], ["(pm a) for c"]]);
});

Deno.test("a packet that is replayed, altered, or claims another sender is not read", () => {
  const packets: Uint8Array[] = [];
  const onCarried: CarriedHandler = (_from, to, carried) => {
    if (carried.kind !== "line" || to !== "b") return;
    if (decoder.decode(carried.bytes).startsWith('{"k":"route"')) {
      packets.push(carried.bytes.slice());
    }
  };
  const sim = makeNetwork({ onCarried });
  const store = sim.newStore();
  const a = sim.addNode({ name: "a" });
  const b = sim.addNode({ name: "b", join: [a], store });
  const c = sim.addNode({ name: "c", join: [a] });
  sim.settle();
  post(a, b.id, ["once"]);
  sim.settle();
  const [packet] = packets;
  const line = decodeLine(packet) as RouteLine;
  const [link] = b.state.session.links.keys();
  const hear = (node: SimNode, line: RouteLine) => {
    node.dispatch({ kind: "lines", link, lines: [encodeLine(line).slice(0, -1)] });
    sim.settle();
  };
  hear(b, line);
  assertEquals(b.state.counts.get("private:again"), 1);
  const flipped = (line.x[0] === "A" ? "B" : "A") + line.x.slice(1);
  hear(b, { ...line, n: line.n + 1 });
  hear(b, { ...line, n: line.n + 1, x: flipped });
  hear(b, { ...line, n: line.n + 1, o: c.id });
  hear(b, { ...line, n: line.n + 1, x: "" });
  assertEquals(b.state.counts.get("private:forged"), 4);
  hear(b, { ...line, o: fakeId("nobody") });
  assertEquals(b.state.counts.get("private:unknown-sender"), 1);
  hear(b, { ...line, m: "ack" });
  assertEquals(lettersOf(sim, b), ["(pm a) once"]);
  // Another run of the same node has another key.
  b.kill();
  const again = sim.addNode({ name: "b", join: [a], store });
  sim.settle();
  hear(again, line);
  assertEquals(again.state.counts.get("private:forged"), 1);
  assertEquals(lettersOf(sim, again), []);
});

Deno.test("packets that come too early are kept only up to a limit, and all arrive all the same", () => {
  const sim = makeNetwork({ loss: { drop: 0.5, duplicate: 0, reorder: 0.5 } });
  const a = sim.addNode({ name: "a" });
  const b = sim.addNode({ name: "b", join: [a] });
  sim.settle();
  // Each of them is a packet.
  const texts = numbers("x".repeat(PACKET_BYTES_TARGET), 1, 2 * PACKETS_EARLY_MAX);
  for (const text of texts) post(a, b.id, [text]);
  let most = 0;
  sim.run(() => {
    most = Math.max(most, b.state.unicast.incoming.get(a.id)?.early.size ?? 0);
    return a.state.unicast.outgoing.size === 0;
  });
  assertGreater(most, 1);
  assert(most <= PACKETS_EARLY_MAX);
  assertEquals(lettersOf(sim, b), texts.map((text) => `(pm a) ${text}`));
});

Deno.test("a node that relays drops private messages where a link takes no more, and they still arrive", () => {
  const { sim, nodes: [a, b, c] } = chainOf("abc");
  const others = ["d", "e"].map((name) => sim.addNode({ name, join: [b], config: GIVEN }));
  sim.settle();
  sim.throttle(b, c, 100);
  const senders = [a, ...others];
  const texts = numbers("x".repeat(100_000), 1, 6);
  for (const node of senders) for (const text of texts) post(node, c.id, [text], 10 * MINUTE_MS);
  let most = 0;
  sim.run(() => {
    most = Math.max(most, underWay(outwardTo(b, c)));
    return senders.every((node) => node.state.unicast.outgoing.size === 0);
  });
  assert(most <= ROUTED_UNDER_WAY_MAX, `${most}`);
  assertGreater(b.state.counts.get("not-routed:full") ?? 0, 0);
  for (const { name } of senders) {
    const heard = lettersOf(sim, c).filter((text) => text.startsWith(`(pm ${name})`));
    assertEquals(heard, texts.map((text) => `(pm ${name}) ${text}`));
  }
});

Deno.test("whatever is lost, doubled, cut or killed between, private messages come once and in order", () => {
  const action = fc.record({
    what: fc.constantFrom("post", "post", "post", "cut", "pass", "replace"),
    at: fc.nat(3),
    back: fc.boolean(),
    count: fc.integer({ min: 1, max: 30 }),
  });
  const loss = fc.record({
    drop: fc.double({ min: 0, max: 0.3, noNaN: true }),
    duplicate: fc.double({ min: 0, max: 0.2, noNaN: true }),
    reorder: fc.double({ min: 0, max: 0.3, noNaN: true }),
  });
  const plan = fc.record({
    seed: fc.nat(1_000_000),
    loss: fc.option(loss, { nil: undefined }),
    actions: fc.array(action, { minLength: 1, maxLength: 25 }),
  });
  const property = fc.property(plan, ({ seed, loss, actions }) => carries(seed, loss, actions));
  check(property, 25);
});

interface Action {
  readonly what: string;
  readonly at: number;
  readonly back: boolean;
  readonly count: number;
}

function carries(seed: number, loss: Loss | undefined, actions: readonly Action[]): void {
  const { sim, nodes } = chainOf("abcd", loss === undefined ? { seed } : { seed, loss });
  const [first, , , last] = nodes;
  const sent = new Map([[first, 0], [last, 0]]);
  const chain = [...nodes];
  let next = 0;
  for (const { what, at, back, count } of actions) {
    if (what === "pass") sim.pass(count * 100);
    else if (what === "cut") sim.cut(chain[Math.min(at, 2)], chain[Math.min(at, 2) + 1]);
    else if (what === "replace") {
      chain[1].kill();
      sim.pass(count * 10);
      const join = [first, chain[2]];
      chain[1] = sim.addNode({ name: `r${next++}`, join, config: GIVEN });
    } else {
      const from = back ? last : first, to = back ? first : last;
      for (let one = 0; one < count; one++) {
        const number = sent.get(from)! + 1;
        sent.set(from, number);
        post(from, to.id, [`${number}`], 30 * MINUTE_MS);
      }
    }
  }
  sim.pass(3 * MINUTE_MS);
  assertEquals([first.state.unicast.outgoing.size, last.state.unicast.outgoing.size], [0, 0]);
  assertEquals(lettersOf(sim, last), numbers("(pm a) ", 1, sent.get(first)!));
  assertEquals(lettersOf(sim, first), numbers("(pm d) ", 1, sent.get(last)!));
}
