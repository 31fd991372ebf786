/** What apps bring about in a whole node. */

import { assertEquals, assertLessOrEqual } from "@std/assert";
import type { App, AppEvent, AppOut } from "../../../../src/core/host/app.ts";
import { initialState, type NodeState, reduceNode } from "../../../../src/core/node.ts";
import { SEALS_PER_TICK_MAX } from "../../../../src/core/data/limits.ts";
import type { Effect, Event, LinkId } from "../../../../src/core/types.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { heard, run, say, withGuest } from "../../../helpers/guest.ts";
import { knowing, PLAIN } from "../../../helpers/messenger.ts";
import { CONFIG } from "../../../helpers/node_subject.ts";
import { eventsOf, obedient, order, tinyApp } from "../../../helpers/tiny_app.ts";

const ANN = fakeId("ann");

/** A request of the node's user to the obedient app `a`. */
function want({ now_ms }: NodeState, ...outs: readonly AppOut[]): Event {
  return { kind: "request", now_ms, app: "a", request: order(...outs), tag: 5 };
}

function tick(state: NodeState, now_ms: number): [NodeState, Effect[]] {
  return reduceNode(state, { kind: "tick", now_ms }, PLAIN);
}

/** A node with these apps, that knows ann. */
function nodeOf(...apps: readonly App[]): NodeState {
  return knowing([ANN], "ann", withGuest({ own: true, apps }));
}

/** The packets that go out on a link. */
function packetsOn(effects: readonly Effect[], link: LinkId): number {
  const lines = effects.flatMap((one) => one.kind === "send" && one.link === link ? one.lines : []);
  return lines.filter((line) => new TextDecoder().decode(line).startsWith('{"k":"route"')).length;
}

Deno.test("`reduceNode()` gives an app its own items back, and those of others", () => {
  const node = nodeOf(tinyApp("a", obedient));
  const [after] = run(node, [want(node, { kind: "publish", topic: "a", items: ["x", 2] })]);
  const { now_ms } = node;
  const { line } = after.log.topics.get("a")!.order.get(0)!;
  const item = { origin: CONFIG.id, topic: "a", entry: 1, time_ms: now_ms, line };
  assertEquals(eventsOf(after, "a").at(-1), {
    kind: "delivered",
    items: [{ ...item, number: 1, place: 0, item: "x" }, { ...item, number: 2, place: 1, item: 2 }],
  });
});

Deno.test("`reduceNode()` comes back at once for what an app says about what it just said", () => {
  // The answer goes to a topic that was not drafted in when the entries of this tick were made.
  const script = (event: AppEvent): readonly AppOut[] =>
    event.kind === "delivered" && event.items[0].topic === "a"
      ? [{ kind: "publish", topic: "b", items: ["answer"] }]
      : obedient(event);
  const topics = ["a", "b"].map((topic) => ({ topic, whole: false }));
  const node = nodeOf(tinyApp("a", script, { topics }));
  const { now_ms } = node;
  const [said] = run(node, [want(node, { kind: "publish", topic: "a", items: ["x"] })]);
  assertLessOrEqual(said.wake_ms, now_ms);
  const [answered] = tick(said, now_ms);
  assertEquals(answered.log.topics.get("b")?.order.length, 1);
});

Deno.test("`reduceNode()` has its turns while an app answers itself for ever", () => {
  const script = (event: AppEvent): readonly AppOut[] =>
    event.kind === "delivered"
      ? [{ kind: "publish", topic: "a", items: ["again"] }]
      : obedient(event);
  const node = nodeOf(tinyApp("a", script));
  const [said] = run(node, [want(node, { kind: "publish", topic: "a", items: ["x"] })]);
  assertEquals(said.log.topics.get("a")?.order.length, SEALS_PER_TICK_MAX);
  assertLessOrEqual(said.wake_ms, node.now_ms);
});

Deno.test("`reduceNode()` comes back at once for what an app sends when it is woken", () => {
  const message = { kind: "send", to: ANN, items: ["x"], within_ms: 9_000 } as const;
  const source = { kind: "app", app: "a", tag: 1 } as const;
  const script = (event: AppEvent): readonly AppOut[] =>
    event.kind === "woken" ? [{ ...message, source }] : obedient(event);
  const node = nodeOf(tinyApp("a", script)), at_ms = node.now_ms + 10;
  const [asleep] = run(node, [want(node, { kind: "wake", at_ms })]);
  assertEquals(asleep.wake_ms, at_ms);
  const [woken, first] = tick(asleep, at_ms);
  assertLessOrEqual(woken.wake_ms, at_ms);
  const [, more] = tick(woken, at_ms);
  assertEquals(packetsOn([...first, ...more], 1), 1);
});

Deno.test("`reduceNode()` tells an app how what it sent ended", () => {
  const source = { kind: "app", app: "a", tag: 1 } as const;
  const node = nodeOf(tinyApp("a", obedient)), { now_ms } = node;
  const send = { kind: "send", items: ["x"], within_ms: 50, source } as const;
  const [sent] = run(node, [want(node, { ...send, to: CONFIG.id }, { ...send, to: ANN })]);
  const [late] = tick(sent, now_ms + 50);
  assertEquals(eventsOf(late, "a").filter(({ kind }) => kind === "sent"), [
    { kind: "sent", tag: 1, why: "that is this node" },
    { kind: "sent", tag: 1, why: "it was not acknowledged in time" },
  ]);
});

Deno.test("`reduceNode()` tells user and guest how their requests ended, and of apps that are not here", () => {
  const node = nodeOf(tinyApp("a", obedient)), { now_ms } = node;
  const source = { kind: "local", tag: 5 } as const;
  const notices = (event: Event) =>
    run(node, [event])[1].flatMap((one) => one.kind === "notice" ? [one.notice] : []);
  const done = want(node, { kind: "answer", source, why: null });
  assertEquals(notices(done), [{ kind: "done", tag: 5 }]);
  const refused = { kind: "refused", source } as const;
  assertEquals(notices(want(node, { kind: "answer", source, why: "no" })), [
    { ...refused, why: "no" },
  ]);
  const unknown = { kind: "request", now_ms, app: "z", request: null, tag: 5 } as const;
  assertEquals(notices(unknown), [{ ...refused, why: "this node has no app z" }]);
  const late = { kind: "answer", why: "too late", late: true } as const;
  const guest = { kind: "guest", link: 2, request: 8 } as const;
  const request = { k: "request", i: 8, app: "a", r: order({ ...late, source: guest }) };
  assertEquals(say(node, request).heard, [{ k: "refused", i: 8, why: "too late", late: true }]);
});

Deno.test("`reduceNode()` has an app's work done and cancelled, and prints what it says of it", () => {
  const script = (event: AppEvent): readonly AppOut[] =>
    event.kind === "worked"
      ? [{ kind: "print", record: event.result as string, bytes: 6 }]
      : obedient(event);
  const node = nodeOf(tinyApp("a", script)), { now_ms } = node;
  const work = (tag: number) => ({ kind: "work", tag, task: { size: tag } }) as const;
  const [busy, begun] = run(node, [want(node, work(1), work(2))]);
  assertEquals(begun.filter(({ kind }) => kind === "work"), [
    { kind: "work", app: "a", job: 1, task: { size: 1 } },
    { kind: "work", app: "a", job: 2, task: { size: 2 } },
  ]);
  const worked = { kind: "worked", now_ms, fault: null, done: true } as const;
  const [after, done] = run(busy, [
    want(busy, { kind: "cancel", tag: 2 }),
    { ...worked, job: 1, result: "done" },
    { ...worked, job: 2, result: "never" },
  ]);
  assertEquals(done.filter(({ kind }) => kind === "cancel"), [{ kind: "cancel", job: 2 }]);
  assertEquals(done.flatMap((one) => one.kind === "print" ? one.records : []), [
    { kind: "record", app: "a", record: "done" },
  ]);
  assertEquals(after.host.jobs.size, 0);
  assertEquals(heard(done), []);
});

Deno.test("`reduceNode()` keeps the topics of apps as their apps say, and has room for them", () => {
  const topics = [{ topic: "kept", whole: true }, { topic: "passing", whole: false }];
  const apps = [tinyApp("a", obedient, { topics })];
  let state = initialState({ ...CONFIG, keep_bytes: 0 }, 1, apps);
  const { now_ms } = state, started = { host: null, fallback_host: "me", port: 7000 };
  [state] = run(state, [{ kind: "started", now_ms, ...started }]);
  for (const topic of ["kept", "passing"]) {
    for (const text of ["one", "two"]) {
      [state] = run(state, [{ kind: "publish", now_ms, topic, items: [text], first_tag: 1 }]);
    }
  }
  const kept = (topic: string) => state.log.topics.get(topic)!.order.length;
  assertEquals([kept("kept"), kept("passing")], [2, 0]);
});
