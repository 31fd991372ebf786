import { WINDOW_BYTES } from "../../src/core/data/limits.ts";
import { assert, assertEquals } from "@std/assert";
import { Scripted } from "../helpers/scripted.ts";
import { makeNetwork } from "../helpers/sim_network.ts";

function network(count: number) {
  const sim = makeNetwork({ seed: 2, latency_ms: [1, 1] });
  const first = sim.addNode({ name: "a" });
  for (const name of ["b", "c", "d"].slice(0, count - 1)) sim.addNode({ name, join: [first] });
  sim.settle();
  const guest = (name = "guest") => new Scripted(sim, name, first).asGuest();
  return { sim, a: first, b: sim.nodes[1], guest };
}

Deno.test("a guest's lines are published in the node's name, and answered when enough hold them", () => {
  const { sim, b, guest } = network(3);
  const one = guest();
  one.send({ k: "publish", i: 7, t: "chat", b: ["from a guest", "twice"], ack: 3 });
  sim.settle();
  assertEquals(one.kind("published"), [{ k: "published", i: 7, held: 3 }]);
  assertEquals(sim.printed(b), ["from a guest", "twice"]);
  assertEquals(b.printed.map((record) => record.kind === "items" && sim.nameOf(record.origin)), [
    "a",
  ]);
});

Deno.test("a guest is not answered before enough nodes hold its lines", () => {
  const { sim, a, b, guest } = network(2);
  const one = guest();
  sim.stall(a, b);
  one.send({ k: "publish", i: 1, t: "chat", b: ["x"], ack: 2 });
  sim.settle();
  assertEquals(one.kind("published"), []);
  sim.stall(a, b, false);
  sim.settle();
  assertEquals(one.kind("published"), [{ k: "published", i: 1, held: 2 }]);
});

Deno.test("a guest's bad lines are refused with the reason, and none of them is published", () => {
  const { sim, a, guest } = network(1);
  const one = guest();
  one.send({ k: "publish", i: 1, t: "chat", b: ["good", 5] });
  one.send({ k: "publish", i: 2, t: "ledger", b: [{ from: "x", to: "x", amount: 1 }] });
  one.send({ k: "publish", i: 3, t: "presence", b: ["me"] });
  one.send({ k: "publish", i: 4, t: "chat", b: [] });
  sim.settle();
  assertEquals(one.kind("refused").map(({ i, why }) => `${i} ${why}`), [
    '1 item 2: a line must be text, or {"base64": ...}',
    "2 FROM and TO must be two accounts",
    "3 the topic presence is the nodes' own",
    "4 nothing to publish",
  ]);
  assertEquals(sim.printed(a), []);
});

Deno.test("a guest that subscribes gets the history that it asks for, and what comes", () => {
  const { sim, a, b, guest } = network(2);
  for (const text of ["1", "2", "3"]) {
    sim.publish(b, "chat", [text, `${text}b`]);
    sim.settle();
  }
  const all = guest("all").send({ k: "want", t: "chat" });
  const last = guest("last").send({ k: "want", t: "chat", history: 3 });
  const none = guest("none").send({ k: "want", t: "chat", history: 0 });
  const other = guest("other").send({ k: "want", t: "news" });
  sim.settle();
  assertEquals(all.entries("chat"), ["b 1", "b 2", "b 3"]);
  assertEquals(all.kind("from"), [{ k: "from", t: "chat", skip: 0 }]);
  assertEquals(last.entries("chat"), ["b 2", "b 3"]);
  assertEquals(last.kind("from"), [{ k: "from", t: "chat", skip: 1 }]);
  assertEquals(none.entries("chat"), []);
  sim.publish(a, "chat", ["4"]);
  sim.publish(a, "news", ["n"]);
  sim.settle();
  for (const one of [all, last, none]) assertEquals(one.entries("chat").at(-1), "a 1");
  assertEquals(other.heard.filter((line) => line.o).map((line) => line.t), ["news"]);
});

Deno.test("a guest gets no more than a window, and goes on when it acknowledges", () => {
  const { sim, a, guest } = network(1);
  const one = guest().send({ k: "want", t: "chat" });
  const text = "x".repeat(WINDOW_BYTES / 3.2);
  for (let count = 0; count < 6; count++) {
    sim.publish(a, "chat", [text]);
    sim.settle();
  }
  assertEquals(one.entries("chat").length, 3);
  const bytes = one.raw.filter((line) => line.startsWith('{"o"'))
    .reduce((sum, line) => sum + line.length + 1, 0);
  one.send({ k: "have", c: {}, n: bytes });
  sim.settle();
  assertEquals(one.entries("chat").length, 6);
});

Deno.test("a guest that asks for balances gets all, or those it names", () => {
  const { sim, a, guest } = network(1);
  const payments = Array.from({ length: 120 }, (_, index) => ({
    from: "bank",
    to: `n${String(index).padStart(3, "0")}`,
    amount: index + 1,
  }));
  sim.publish(a, "ledger", payments);
  sim.settle();
  const one = guest();
  one.send({ k: "ask", i: 1, q: "balances", a: ["n005", "nobody", "n005"] });
  assertEquals(one.kind("answer"), [
    { k: "answer", i: 1, r: [["n005", "6"], ["nobody", "0"]] },
  ]);
  one.send({ k: "ask", i: 2, q: "balances", a: [] });
  const [, all] = one.kind("answer");
  assertEquals([all.r.length, all.r[0]], [121, ["bank", "-7260"]]);
});

Deno.test("a guest that goes away is forgotten with its requests", () => {
  const { sim, a, b, guest } = network(2);
  const one = guest();
  sim.stall(b, a);
  one.send({ k: "publish", i: 1, t: "chat", b: ["x"], ack: 5 });
  sim.pass(100);
  assertEquals(a.state.publish.requests.size, 1);
  one.close();
  sim.settle();
  assertEquals(a.state.publish.requests.size, 0);
  assertEquals(sim.printed(b), ["x"]);
});

Deno.test({
  name: "what a guest says that it has does not count as acknowledged",
  fn: () => {
    const { sim, a, b, guest } = network(2);
    const one = guest();
    sim.stall(a, b);
    sim.publish(a, "chat", ["x"]);
    sim.pass(100);
    one.send({ k: "have", c: { [a.id]: { chat: 9, presence: 9 } } });
    sim.leave(a, 2_000);
    sim.pass(3_000);
    assertEquals(a.acknowledged, false);
  },
});

Deno.test({
  name: "a guest is told of a gap that its node had accepted",
  fn: () => {
    const { sim, a, guest } = network(1);
    const peer = new Scripted(sim, "peer", a).asPeer();
    peer.send({ k: "gap", o: peer.id, t: "chat", s: 1, e: 4 });
    peer.send(peer.entry({ seq: 5, previous: "A".repeat(43), first: 9, items: '["x"]' }));
    sim.settle();
    assertEquals(sim.printed(a), ["(gap peer/chat 1-4)", "x"]);
    const one = guest().send({ k: "want", t: "chat" });
    sim.settle();
    assert(one.entries("chat").length === 1);
    assertEquals(one.kind("gap").map(({ s, e }) => [s, e]), [[1, 4]]);
  },
});
