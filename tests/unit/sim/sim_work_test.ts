import { assertEquals } from "@std/assert";
import { type App, type AppEvent, asApp } from "../../../src/core/host/app.ts";
import { Network } from "../../../src/sim/network.ts";
import type { Workers } from "../../../src/sim/sim_work.ts";

const SECOND_MS = 1_000;

/** An app that has everything done outside that it is asked for, and remembers what came of it. */
const busy: App = asApp<readonly string[]>({
  name: "busy",
  requests: "own",
  initial: () => [],
  reduce: (state, event: AppEvent) => {
    if (event.kind === "request") {
      if (event.request === "never mind") return [state, [{ kind: "cancel", tag: 1 }]];
      return [state, [{ kind: "work", tag: 1, task: event.request }]];
    }
    if (event.kind !== "worked") return [state, []];
    return [[...state, `${event.result ?? event.fault} ${event.done}`], []];
  },
});

function network(workers: Workers) {
  const sim = new Network({ apps: [busy], workers });
  const node = sim.addNode();
  sim.settle();
  return { sim, node, done: () => node.state.host.states.get("busy") as readonly string[] };
}

const slow: Workers = {
  busy: (task) => ({ takes_ms: SECOND_MS, result: `${task} is done` }),
};

Deno.test("a simulated node has work done after a virtual time", () => {
  const { sim, node, done } = network(slow);
  node.request("busy", "it");
  sim.pass(SECOND_MS - 1);
  assertEquals(done(), []);
  sim.pass(1);
  assertEquals(done(), ["it is done true"]);
});

Deno.test("a simulated node hears why work is not done", () => {
  const { sim, node, done } = network({
    busy: () => ({ takes_ms: 1, result: null, fault: "no time" }),
  });
  node.request("busy", "it");
  sim.settle();
  assertEquals(done(), ["no time true"]);
});

Deno.test("a simulated node without a worker is answered at once", () => {
  const { sim, node, done } = network({});
  node.request("busy", "it");
  sim.deliver();
  assertEquals(done(), ["nobody works for busy here true"]);
});

Deno.test("a simulated node answers work that is cancelled, and its app hears no more of it", () => {
  const { sim, node, done } = network(slow);
  const worked: unknown[] = [];
  const { dispatch } = node;
  node.dispatch = (event) => {
    if (event.kind === "worked") worked.push(event.fault, event.done);
    dispatch.call(node, event);
  };
  node.request("busy", "it");
  node.request("busy", "never mind");
  sim.pass(2 * SECOND_MS);
  assertEquals([worked, done(), node.state.host.jobs.size], [["cancelled", true], [], 0]);
});
