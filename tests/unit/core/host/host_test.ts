import { assertEquals, assertStrictEquals } from "@std/assert";
import { reduceHost } from "../../../../src/core/host/reduce.ts";
import { refuser } from "../../../../src/core/host/refuse.ts";
import type { HostEvent, HostOut } from "../../../../src/core/host/turn.ts";
import { type AppOut, asApp } from "../../../../src/core/host/app.ts";
import type { Delivered } from "../../../../src/core/log/slice.ts";
import { askNode, initialState, type NodeState } from "../../../../src/core/node.ts";
import type { Json, Source } from "../../../../src/core/types.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { peersOf } from "../../../../src/core/session/slice.ts";
import { makeEntry, ORIGINS } from "../../../helpers/history.ts";
import { CONFIG, linkedNode } from "../../../helpers/node_subject.ts";
import { tellRoom } from "../../../helpers/rooms.ts";
import { eventsOf, nodeWith, obedient, order, tinyApp } from "../../../helpers/tiny_app.ts";

const [ann, bob] = ORIGINS;
const SOURCE: Source = { kind: "guest", link: 4, request: 2 };

function tell(
  node: NodeState,
  event: HostEvent,
  later_ms = 0,
): [NodeState, readonly HostOut[]] {
  return tellRoom(node, "host", reduceHost, event, { later_ms });
}

/** The obedient app `a` wants something. */
function want(node: NodeState, ...outs: readonly AppOut[]): [NodeState, readonly HostOut[]] {
  return tell(node, { kind: "request", app: "a", request: order(...outs), source: SOURCE });
}

/** Entries, as the log hands them over. */
function delivered(...fields: readonly Parameters<typeof makeEntry>[0][]): Delivered[] {
  // Where they are kept is nothing that an app hears of.
  return fields.map((one) => ({ entry: makeEntry(one) }) as Delivered);
}

Deno.test("`reduceHost()` gives each app the items of its topics, numbered, in the order of delivery", () => {
  const silent = { ...tinyApp("silent"), reduce: undefined };
  const any = tinyApp("any", undefined, { topics: [], any_topic: true });
  const node = nodeWith(tinyApp("a"), any, silent);
  const entries = delivered(
    { origin: ann, topic: "a", seq: 1, first: 1, items: '["one","two"]' },
    { origin: bob, topic: "b", seq: 1, items: '["other"]' },
    { origin: bob, topic: "silent", seq: 1, items: '["nobody hears it"]' },
    { origin: bob, topic: "presence", seq: 1, items: '[{"address":"b:1"}]' },
    { origin: bob, topic: "a", seq: 7, first: 20, previous: "A".repeat(43), items: "[3]" },
  );
  const [after] = tell(node, { kind: "delivered", delivered: entries });
  const line = (at: number) => entries[at].entry.line;
  const common = { time_ms: 1, topic: "a", place: 0 };
  assertEquals(eventsOf(after, "a"), [{
    kind: "delivered",
    items: [
      { ...common, origin: ann, entry: 1, number: 1, item: "one", line: line(0) },
      { ...common, origin: ann, entry: 1, number: 2, place: 1, item: "two", line: line(0) },
      { ...common, origin: bob, entry: 7, number: 20, item: 3, line: line(4) },
    ],
  }]);
  assertEquals(eventsOf(after, "any"), [{
    kind: "delivered",
    items: [
      { ...common, topic: "b", origin: bob, entry: 1, number: 1, item: "other", line: line(1) },
    ],
  }]);
  assertStrictEquals(after.host.states.get("silent"), node.host.states.get("silent"));
});

Deno.test("`reduceHost()` tells the app of a topic of a fork in it, and the nodes' own topic no app", () => {
  const any = tinyApp("any", undefined, { topics: [], any_topic: true });
  let node = nodeWith(tinyApp("a"), any);
  for (const topic of ["a", "presence"]) {
    [node] = tell(node, { kind: "forked", origin: ann, topic, seq: 4 });
  }
  assertEquals(eventsOf(node, "a"), [{ kind: "forked", origin: ann, topic: "a", entry: 4 }]);
  assertEquals(eventsOf(node, "any"), []);
});

Deno.test("`refuser()` asks the app of a topic, with its state and what is drafted", () => {
  const asked: unknown[] = [];
  const app = tinyApp("a", undefined, {
    refuse: (state, drafted) => {
      asked.push(state, drafted);
      return (item) => item === "bad" ? "it is bad" : null;
    },
  });
  const node = nodeWith(app, tinyApp("b"));
  const parts = [{ items: ["x", "y"], request: "" }];
  const publish = { ...node.publish, drafts: new Map([["a", { parts, bytes: 8 }]]) };
  const refuse = (topic: string) => refuser(node.host, node.log, publish, topic);
  assertEquals(["good", "bad", "\ud800"].map(refuse("a")), [
    null,
    "it is bad",
    "not valid Unicode",
  ]);
  assertEquals(asked, [[], ["x", "y"]]);
  assertEquals(["good", "bad"].map(refuse("b")), [null, null]);
  assertEquals(refuse("presence")("good"), "the topic presence is the nodes' own");
});

Deno.test("`reduceHost()` wakes an app once, when the time has come that it said last", () => {
  const start = nodeWith(tinyApp("a", obedient));
  const wakes = (outs: readonly HostOut[]) =>
    outs.flatMap((out) => out.kind === "wake" ? [out.at_ms] : []);
  const [asked, first] = want(start, { kind: "wake", at_ms: 900 }, { kind: "wake", at_ms: 500 });
  assertEquals(wakes(first), [900, 500]);
  const [early, again] = tell(asked, { kind: "wake" }, 499);
  assertEquals([eventsOf(early, "a").length, wakes(again)], [1, [500]]);
  const [woken, last] = tell(early, { kind: "wake" }, 1);
  assertEquals([eventsOf(woken, "a").slice(1), wakes(last)], [[{ kind: "woken" }], []]);
  assertStrictEquals(tell(woken, { kind: "wake" }, 900)[0].host, woken.host);
});

Deno.test("`reduceHost()` lets an app that is woken say when it wants to be woken next", () => {
  const every = (at_ms: number) => ({ kind: "wake", at_ms }) as const;
  let due_ms = 100;
  const app = tinyApp("a", (event) => event.kind === "woken" ? [every(due_ms += 100)] : []);
  let node = nodeWith(app);
  node = { ...node, host: { ...node.host, wakes: new Map([["a", due_ms]]) } };
  for (let round = 0; round < 3; round++) [node] = tell(node, { kind: "wake" }, 100);
  assertEquals([eventsOf(node, "a").length, node.host.wakes.get("a")], [3, 400]);
});

Deno.test("`reduceHost()` has work done, tells how far it is, and hears nothing of what is cancelled", () => {
  const start = nodeWith(tinyApp("a", obedient), tinyApp("b", obedient));
  const work = (tag: number, task: Json) => ({ kind: "work", tag, task }) as const;
  const [two, effects] = want(start, work(7, "long"), work(8, "short"));
  assertEquals(effects, [
    { kind: "work", app: "a", job: 1, task: "long" },
    { kind: "work", app: "a", job: 2, task: "short" },
  ]);
  const request = order(work(7, "of b"));
  let [node] = tell(two, { kind: "request", app: "b", request, source: SOURCE });
  const said = { kind: "worked", fault: null } as const;
  [node] = tell(node, { ...said, job: 2, result: "half", done: false });
  [node] = tell(node, { ...said, job: 2, result: "whole", done: true });
  const [cancelled, outs] = want(node, { kind: "cancel", tag: 7 });
  assertEquals(outs, [{ kind: "cancel", job: 1 }]);
  // What was finished or cancelled says nothing more.
  for (const job of [1, 2, 99]) {
    assertEquals(tell(cancelled, { ...said, job, result: "late", done: true }), [cancelled, []]);
  }
  const [last] = tell(cancelled, { kind: "worked", job: 3, result: null, fault: "no", done: true });
  const told = (name: string) => eventsOf(last, name).filter(({ kind }) => kind === "worked");
  assertEquals(told("a"), [
    { kind: "worked", tag: 8, result: "half", fault: null, done: false },
    { kind: "worked", tag: 8, result: "whole", fault: null, done: true },
  ]);
  assertEquals(told("b"), [{ kind: "worked", tag: 7, result: null, fault: "no", done: true }]);
  assertEquals(last.host.jobs.size, 0);
});

Deno.test("`reduceHost()` gives an order to those who build on it, and theirs to those behind", () => {
  const builds = (name: string, by: string) =>
    tinyApp(
      name,
      (event) => event.kind === "ordered" ? [{ ...event, kind: "order" }] : [],
      { builds_on: [by] },
    );
  const node = nodeWith(
    tinyApp("a", obedient),
    builds("b", "a"),
    builds("c", "b"),
    tinyApp("d"),
  );
  const [after, outs] = want(node, { kind: "order", removed: ["b", "a"], added: ["x", "y"] });
  assertEquals(outs, []);
  const ordered = { kind: "ordered", removed: ["b", "a"], added: ["x", "y"] } as const;
  assertEquals(eventsOf(after, "b"), [{ ...ordered, by: "a" }]);
  assertEquals(eventsOf(after, "c"), [{ ...ordered, by: "b" }]);
  assertEquals([eventsOf(after, "a").length, eventsOf(after, "d").length], [1, 0]);
});

Deno.test("`reduceHost()` hands requests on to an app below, and says who did", () => {
  const above = tinyApp(
    "b",
    (event) =>
      event.kind === "request"
        ? [{ kind: "pass", to: "a", request: "wish", source: event.source }]
        : [],
    { builds_on: ["a"] },
  );
  const node = nodeWith(tinyApp("a"), above);
  const [after] = tell(node, { kind: "request", app: "b", request: 1, source: SOURCE });
  assertEquals(eventsOf(after, "a"), [
    { kind: "request", request: "wish", source: SOURCE, by: "b" },
  ]);
  assertEquals(eventsOf(after, "b"), [{ kind: "request", request: 1, source: SOURCE, by: null }]);
});

Deno.test("`reduceHost()` closes the link to a neighbour that an app drops", () => {
  const node = linkedNode(), app = tinyApp("a", obedient);
  const linked = { ...nodeWith(app), session: node.session };
  const [{ id: link, peer }] = peersOf(node.session);
  const [, outs] = want(linked, { kind: "drop", peer, why: "garbage" });
  assertEquals(outs, [{ kind: "close", link, code: "bad-message", why: "garbage" }]);
  assertEquals(want(linked, { kind: "drop", peer: fakeId("stranger"), why: "garbage" })[1], []);
});

Deno.test("`appView()` shows what apps below offer, as it is now", () => {
  const seen: unknown[] = [];
  const a = tinyApp("a", () => [], { offers: (state) => (state as readonly unknown[]).length });
  const b = asApp<null>({
    name: "b",
    builds_on: ["a"],
    requests: "own",
    initial: () => null,
    reduce: (state, _event, view) => {
      seen.push(view.below("a"), view.below("c"), view.below("z"));
      return [state, []];
    },
  });
  let node = nodeWith(a, b, tinyApp("c"));
  for (const app of ["b", "a", "b"]) {
    [node] = tell(node, { kind: "request", app, request: null, source: SOURCE });
  }
  assertEquals(seen, [0, undefined, undefined, 1, undefined, undefined]);
});

Deno.test("`reduceHost()` hands requests to the app that is named, and says where there is none", () => {
  const node = nodeWith(tinyApp("a", obedient));
  const [after, outs] = want(
    node,
    { kind: "answer", source: SOURCE, why: null },
    { kind: "answer", source: SOURCE, why: "too late", late: true },
  );
  assertEquals(eventsOf(after, "a").map(({ kind }) => kind), ["request"]);
  const answered = { kind: "answered", app: "a", source: SOURCE, to: "" } as const;
  assertEquals(outs, [
    { ...answered, why: null, late: false },
    { ...answered, why: "too late", late: true },
  ]);
  const unknown = { kind: "request", app: "z", request: null, source: SOURCE } as const;
  const why = "this node has no app z";
  assertEquals(tell(node, unknown), [node, [{ ...answered, app: "z", why, late: false }]]);
});

Deno.test("`reduceHost()` tells the apps that take requests of guests that are gone", () => {
  const node = nodeWith(tinyApp("a"), tinyApp("b", undefined, { requests: undefined }));
  const [after, outs] = tell(node, { kind: "gone", link: 4 });
  assertEquals(eventsOf(after, "a"), [{ kind: "gone", link: 4 }]);
  assertEquals([eventsOf(after, "b"), outs], [[], []]);
});

Deno.test("`reduceHost()` gives messages, and how its own ended, to the app of their name", () => {
  const node = nodeWith(tinyApp("a", obedient), tinyApp("b"));
  const message = { from: ann, name: "anna", time_ms: 5, items: [1, 2] };
  const [heard] = tell(node, { kind: "message", app: "b", ...message });
  assertEquals(eventsOf(heard, "b"), [{ kind: "message", ...message }]);
  const [same, outs] = tell(heard, { kind: "message", app: "z", ...message });
  assertStrictEquals(same.host, heard.host);
  assertEquals(outs, [{ kind: "count", what: "message:no-such-app", times: 1 }]);
  const source = { kind: "app", app: "a", tag: 6 } as const;
  const [sent, [errand]] = want(heard, {
    kind: "send",
    to: fakeId("zoe"),
    items: ["x"],
    source,
    within_ms: 50,
  });
  const expected = { app: "a", to: fakeId("zoe"), items: ["x"], source, bulk: false };
  const deadline_ms = sent.now_ms + 50;
  assertEquals(errand, { kind: "send_message", errand: { ...expected, deadline_ms } });
  const [told] = tell(sent, { kind: "sent", app: "a", tag: 6, why: null });
  assertEquals(eventsOf(told, "a").at(-1), { kind: "sent", tag: 6, why: null });
});

Deno.test("`reduceHost()` hands on what is published, printed, told, and left out", () => {
  const ignored = { kind: "ignored", origin: bob, topic: "a", why: "it is odd" } as const;
  const [, outs] = want(
    nodeWith(tinyApp("a", obedient)),
    { kind: "publish", topic: "a", items: ["x"] },
    { kind: "print", record: { y: 1 }, bytes: 8 },
    { kind: "tell", text: "look" },
    { kind: "tell", text: "count 7", bare: true },
    { ...ignored, what: "move" },
  );
  assertEquals(outs, [
    { kind: "publish", topic: "a", items: ["x"] },
    { kind: "record", app: "a", record: { y: 1 }, bytes: 8 },
    { kind: "notice", notice: { kind: "told", app: "a", text: "look" } },
    { kind: "notice", notice: { kind: "told", app: "a", text: "count 7", bare: true } },
    { kind: "count", what: "ignored:move", times: 1 },
    { kind: "notice", notice: ignored },
  ]);
});

Deno.test("`reduceHost()` leaves out what reaches others until the node begins, and says when", () => {
  const before = initialState(CONFIG, 1, [tinyApp("a", obedient), tinyApp("b")]);
  const send = { kind: "send", to: ann, items: ["x"], source: SOURCE, within_ms: 1 } as const;
  const [loaded, outs] = want(
    before,
    { kind: "publish", topic: "a", items: ["x"] },
    send,
    { kind: "print", record: 1, bytes: 8 },
    { kind: "tell", text: "look" },
    { kind: "work", tag: 1, task: "t" },
    { kind: "keep", key: "k", value: 1 },
  );
  assertEquals(outs.map(({ kind }) => kind), ["work", "keep"]);
  const [begun] = tell(loaded, { kind: "started" });
  assertEquals(eventsOf(begun, "b"), [{ kind: "started" }]);
  assertEquals(want(begun, send)[1].map(({ kind }) => kind), ["send_message"]);
});

Deno.test("`reduceHost()` hands on in one piece what is for the disk, and gives each app its own back", () => {
  const node = nodeWith(tinyApp("a", obedient), tinyApp("b"), tinyApp("c"));
  const [, outs] = want(
    node,
    { kind: "keep", key: "k", value: { n: 1 } },
    { kind: "row", table: "t", key: "r", row: [1, "x", null] },
    { kind: "row", table: "t", key: "r", row: null },
    { kind: "keep", key: "k", value: null },
  );
  assertEquals(outs, [{
    kind: "keep",
    kept: [{ app: "a", key: "k", value: { n: 1 } }, { app: "a", key: "k", value: null }],
    rows: [{ table: "t", key: "r", row: [1, "x", null] }, { table: "t", key: "r", row: null }],
  }]);
  const kept = [{ app: "b", key: "k", value: 1 }, { app: "a", key: "k", value: 2 }];
  const [after] = tell(node, { kind: "restored", kept });
  assertEquals(eventsOf(after, "a"), [{ kind: "restored", kept: [["k", 2]] }]);
  assertEquals(eventsOf(after, "b"), [{ kind: "restored", kept: [["k", 1]] }]);
  assertEquals(eventsOf(after, "c"), []);
});

Deno.test("`askNode()` answers with what an app made of what is stored", () => {
  const app = tinyApp("a", undefined, {
    initial: () => ["one", "two"],
    questions: {
      words: {
        right: "read",
        names: (state, args) => (state as string[]).filter((word) => !args.includes(word)),
        row: (state, word, { self }) => [word, String((state as string[]).length), self],
      },
    },
  });
  const node = initialState(CONFIG, 1, [tinyApp("b"), app]), { id } = CONFIG;
  assertEquals(askNode(node, "words"), [["one", "2", id], ["two", "2", id]]);
  assertEquals(askNode(node, "words", ["one"]), [["two", "2", id]]);
  const states = new Map([...node.host.states, ["a", []]]);
  // What is not stored yet is not shown.
  assertEquals(askNode({ ...node, host: { ...node.host, states } }, "words")?.length, 2);
  for (const unknown of ["sentences", "__proto__"]) assertEquals(askNode(node, unknown), null);
});
