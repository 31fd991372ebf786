/** Searches in networks: how far a budget reaches, when a search ends, and what pieces are together. */

import { assert, assertEquals } from "@std/assert";
import { begin, file, finds, linkOf, searchesOf, SearchNetwork, searchOf } from "./searching.ts";
import { told } from "../chain/sim_network.ts";

const NONE: never[] = [];

Deno.test("a budget of 2 reaches two nodes in a row", () => {
  const net = new SearchNetwork();
  const [a] = net.row(NONE, [file("b.txt")], [file("c.txt")], [file("d.txt")]);
  const search = net.search(a, ".txt", { budget: 2 });
  assertEquals(finds(net, search), ["b.txt of n1", "c.txt of n2"]);
  assertEquals(net.asked, ["n0>n1:2", "n1>n2:1"]);
});

Deno.test("a budget goes on as long as there is some, and comes back hop by hop", () => {
  const net = new SearchNetwork();
  const nodes = net.row(...Array.from({ length: 7 }, (_, at) => at === 6 ? [file("x")] : NONE));
  assertEquals(finds(net, net.search(nodes[0], "x", { budget: 5 })), []);
  net.network.pass(1_000);
  assertEquals(finds(net, net.search(nodes[0], "x", { budget: 6 })), ["x of n6"]);
  const answers = net.sent.filter(({ item }) => item.k === "found");
  assertEquals(answers.map(({ from }) => from), ["n6", "n5", "n4", "n3", "n2", "n1"]);
  for (const { item } of answers) assertEquals(item.by, nodes[6].id);
});

Deno.test("a search asks with 2, and twice as many each second, until it knows two files", () => {
  const net = new SearchNetwork();
  const far = Array.from({ length: 6 }, (_, at) => at === 5 ? [file("x1"), file("x2")] : NONE);
  const [a] = net.row(NONE, ...far);
  const began_ms = a.now_ms, search = net.search(a, "x");
  assertEquals(finds(net, search), ["x1 of n6", "x2 of n6"]);
  const own = net.sent.filter(({ from, item }) => from === "n0" && item.k === "search");
  assertEquals(own.map(({ item }) => item.budget), [2, 4, 8]);
  assertEquals(own.map(({ at_ms }) => Math.round((at_ms - began_ms) / 100)), [0, 10, 20]);
  assert(a.now_ms < began_ms + 2_500);
});

Deno.test("a search that finds too little ends some time after it asked with 32", () => {
  const net = new SearchNetwork();
  const [a] = net.row(NONE, [file("x")]);
  const began_ms = a.now_ms, search = net.search(a, "x");
  assertEquals(finds(net, search), ["x of n1"]);
  assertEquals(net.asked, ["n0>n1:2", "n0>n1:4", "n0>n1:8", "n0>n1:16", "n0>n1:32"]);
  assertEquals(Math.round((a.now_ms - began_ms) / 100), 70);
});

Deno.test("two files at home send nothing; with a budget they do", () => {
  const net = new SearchNetwork();
  const [a] = net.row([file("x1"), file("x2"), file("y")], [file("x3")]);
  const search = net.search(a, "X");
  assertEquals(finds(net, search), ["x1 of n0", "x2 of n0"]);
  assertEquals([net.sent, searchesOf(a).next_number], [[], 1]);
  const lines = told(a).map((line) => line.split(" "));
  assertEquals(lines, [["x1"], ["x2"]].map(([name]) => [linkOf(name), name, "all", a.id, "n0"]));
  assertEquals(finds(net, net.search(a, "x", { budget: 1 })), [
    "x1 of n0",
    "x2 of n0",
    "x3 of n1",
  ]);
});

Deno.test("one file at home counts, and is found first", () => {
  const net = new SearchNetwork();
  const [a] = net.row([file("x1")], [file("x2")], [file("x3")]);
  assertEquals(finds(net, net.search(a, "x")), ["x1 of n0", "x2 of n1"]);
  assertEquals(net.asked, ["n0>n1:2", "n1>n2:1"]);
});

Deno.test("pieces at several holders are a file, but not with `whole`", () => {
  const net = new SearchNetwork();
  const b = [file("x1", [[0, 2]], 4), file("x2")], c = [file("x1", [[1, 3]], 4)];
  const [a] = net.row(NONE, b, c);
  const together = net.search(a, "x");
  assertEquals(finds(net, together), ["x2 of n1", "x1 of n1 [[0,2]]", "x1 of n2 [[1,3]]"]);
  assertEquals(net.asked.filter((one) => one.startsWith("n0")), ["n0>n1:2"]);
  net.network.pass(1_000);
  const whole = net.search(a, "x", { whole: true });
  assertEquals(finds(net, whole), ["x2 of n1"]);
  assertEquals(net.asked.filter((one) => one === "n0>n1:32").length, 1);
});

Deno.test("pieces at home count together with those of others, and all runs are the whole", () => {
  const net = new SearchNetwork();
  const [a] = net.row([file("x1", [[0, 1]], 3), file("x3", [], 3)], [file("x1", [[1, 2]], 3)], [
    file("x2", [[0, 3]], 3),
  ]);
  const search = net.search(a, "x");
  assertEquals(finds(net, search), ["x1 of n0 [[0,1]]", "x1 of n1 [[1,2]]", "x2 of n2"]);
  assert(net.asked.length <= 2, net.asked.join());
});

Deno.test("pieces that leave a hole are no file", () => {
  const net = new SearchNetwork();
  const [a] = net.row(NONE, [file("x1", [[0, 2]], 4), file("x2")], [file("x1", [[3, 1]], 4)]);
  net.search(a, "x");
  assert(net.asked.includes("n0>n1:32"));
});

Deno.test("a node with five other links gives a budget on as the examples have it", () => {
  for (const [budget, expected] of [[3, [1, 1]], [10, [2, 2, 2, 2, 1]]] as const) {
    const net = new SearchNetwork();
    const a = net.node("a"), b = net.node("b", [a]);
    for (let at = 0; at < 5; at++) net.node(`c${at}`, [b]);
    net.network.settle();
    net.search(a, "x", { budget });
    const shares = net.asked.filter((one) => one.startsWith("b>"));
    const budgets = shares.map((one) => Number(one.split(":")[1]));
    assertEquals(budgets.sort().reverse(), [...expected]);
    assert(!shares.some((one) => one.startsWith("b>a:")), shares.join());
  }
});

Deno.test("where ways meet, the same words of the same origin are answered once", () => {
  const net = new SearchNetwork();
  const a = net.node("a"), b = net.node("b", [a]), c = net.node("c", [a]);
  const d = net.node("d", [b, c], [file("x")]);
  net.network.settle();
  const search = net.search(a, "x", { budget: 100 });
  assertEquals(finds(net, search), ["x of d"]);
  assertEquals(net.sent.filter(({ from, item }) => from === "d" && item.k === "found").length, 1);
  // At most its budget, however the links go round.
  assert(net.asked.length <= 100, net.asked.join());
  assert(searchesOf(d).own.size === 0);
});

Deno.test("no request makes more messages than its budget, in a network full of circles", () => {
  for (let seed = 1; seed <= 2; seed++) {
    const net = new SearchNetwork(seed), nodes = [net.node("n0")];
    for (let at = 1; at < 9; at++) {
      const join = nodes.filter((_, place) =>
        (place * 7 + at * seed) % 3 === 0 || place === at - 1
      );
      nodes.push(net.node(`n${at}`, join, [file(`x${at}`)]));
    }
    net.network.settle();
    const search = net.search(nodes[0], "x", { budget: 16 });
    assert(net.asked.length <= 16, net.asked.join());
    assert(search.rows.length > 4, finds(net, search).join());
  }
});

Deno.test("two searches for the same at one node do not stand in each other's way", () => {
  const net = new SearchNetwork();
  const [a] = net.row(NONE, [file("x")]);
  begin(a, "x");
  net.network.pass(300);
  begin(a, "X");
  net.network.pass(12_000);
  for (const search of searchesOf(a).own.values()) {
    assertEquals(finds(net, search), ["x of n1"]);
  }
  assertEquals(searchesOf(a).own.size, 2);
});

Deno.test("a node without links waits a moment for some, and tells when nothing is found", () => {
  const net = new SearchNetwork();
  const a = net.node("a");
  net.network.settle();
  const began_ms = a.now_ms, search = net.search(a, "b,a");
  assertEquals([finds(net, search), a.now_ms], [[], began_ms + 2_000]);
  assertEquals(told(a), ["nothing found for a,b"]);
});

Deno.test("a search finds what is there as soon as its node has joined", () => {
  const net = new SearchNetwork();
  const a = net.node("a", [], [file("x1"), file("x2")]);
  net.network.settle();
  const b = net.node("b", [a]);
  assertEquals(finds(net, net.search(b, "x", { budget: 1 })), ["x1 of a", "x2 of a"]);
});

Deno.test("whatever was remembered is given back", () => {
  const net = new SearchNetwork();
  const nodes = net.row(NONE, NONE, [file("x")]);
  net.search(nodes[0], "x");
  assert(nodes.slice(1).every((node) => searchesOf(node).origins.turn_ms < Infinity));
  net.network.pass(60_000);
  for (const node of nodes) {
    const { own, asked, ways, neighbours, origins } = searchesOf(node);
    assertEquals(own.size, 0);
    for (const { young, old } of [asked, ways, neighbours, origins]) {
      assertEquals([young.size, old.size], [0, 0]);
    }
  }
});

Deno.test("a search goes on past a node that left", () => {
  const net = new SearchNetwork();
  const a = net.node("a"), b = net.node("b", [a], [file("x0")]);
  net.node("c", [a], [file("x1")]);
  net.network.settle();
  b.kill();
  const search = net.search(a, "x");
  assertEquals(finds(net, search), ["x1 of c"]);
  assertEquals(searchOf(a), search);
});
