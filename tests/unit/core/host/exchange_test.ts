/** Apps of two nodes that send each other messages, over a link that carries every line. */

import { assertEquals } from "@std/assert";
import type { App, AppOut } from "../../../../src/core/host/app.ts";
import { initialState, type NodeState, reduceNode } from "../../../../src/core/node.ts";
import type { Effect, Env, Event, LinkId } from "../../../../src/core/types.ts";
import { envOf } from "../../../../src/sim/crypto.ts";
import { crypto } from "../../../helpers/history.ts";
import { CONFIG, NOW_MS, openedEvent } from "../../../helpers/node_subject.ts";
import { eventsOf, obedient, order, tinyApp } from "../../../helpers/tiny_app.ts";

const LINK: LinkId = 1;

/** One of two nodes. */
class End {
  node: NodeState;
  readonly env: Env;
  /** What is on its way to the other. */
  lines: Uint8Array[] = [];
  readonly effects: Effect[] = [];

  constructor(readonly name: string, apps: readonly App[]) {
    const signer = crypto.signer(name), sealer = crypto.sealer(name);
    this.env = envOf(crypto, signer, sealer);
    this.node = initialState({ ...CONFIG, id: signer.id, box: sealer.box, name }, 1, apps);
    const started = { host: null, fallback_host: name, port: 7000 };
    this.do({ kind: "started", now_ms: NOW_MS, ...started });
    // The one who dials speaks first.
    const dialled = name === "ann" ? "bob:7000" : null;
    this.do({ ...openedEvent(LINK), nonce: `nonce of ${name}`, dialled } as Event);
  }

  get id(): string {
    return this.node.log.self;
  }

  do(...events: readonly Event[]): void {
    const tick = { kind: "tick", now_ms: this.node.now_ms } as const;
    for (const event of [...events, tick]) {
      const [after, effects] = reduceNode(this.node, event, this.env);
      this.node = after;
      this.effects.push(...effects);
      for (const one of effects) if (one.kind === "send") this.lines.push(...one.lines);
    }
    // The output takes what it is handed.
    for (const one of this.effects.splice(0)) {
      if (one.kind === "print") this.do({ kind: "printed", now_ms: NOW_MS, bytes: one.bytes });
    }
  }

  /** Takes what the other has said. */
  hear(other: End): void {
    const lines = other.lines.splice(0).map((line) => line.subarray(0, -1));
    if (lines.length > 0) this.do({ kind: "lines", now_ms: NOW_MS, link: LINK, lines });
  }

  /** The obedient app `a` does something. */
  want(...outs: readonly AppOut[]): void {
    this.do({ kind: "request", now_ms: NOW_MS, app: "a", request: order(...outs), tag: 1 });
  }

  /** What happened to an app since it began, of one kind. */
  events<K extends string>(app: string, kind: K) {
    return eventsOf(this.node, app).filter((event) => event.kind === kind);
  }
}

/** Two nodes that know each other, and run the apps `a` and `b`. */
function pair(): [End, End] {
  const ends = ["ann", "bob"].map((name) =>
    new End(name, [tinyApp("a", obedient), tinyApp("b", obedient)])
  );
  const [ann, bob] = ends;
  talk(ann, bob);
  assertEquals(ends.map(({ node }) => node.membership.members.sorted.length), [1, 1]);
  return [ann, bob];
}

/** Carries all lines until nobody says anything more. */
function talk(one: End, other: End): void {
  while (one.lines.length + other.lines.length > 0) {
    other.hear(one);
    one.hear(other);
  }
}

Deno.test("`reduceNode()` carries messages to the app of the same name, and says that they arrived", () => {
  const [ann, bob] = pair();
  const source = (tag: number) => ({ kind: "app", app: "a", tag }) as const;
  const send = { kind: "send", to: bob.id, within_ms: 1_000 } as const;
  ann.want(
    { ...send, items: [{ part: 1 }], source: source(1), bulk: true },
    { ...send, items: ["small"], source: source(2) },
    { ...send, items: [{ part: 2 }], source: source(3), bulk: true },
  );
  talk(ann, bob);
  const message = { kind: "message", from: ann.id, name: "ann", time_ms: NOW_MS } as const;
  // Large ones travel beside the others, and each kind in its order.
  const came = bob.events("a", "message");
  assertEquals(came.length, 2);
  assertEquals(
    new Set(came),
    new Set([
      { ...message, items: [{ part: 1 }, { part: 2 }] },
      { ...message, items: ["small"] },
    ]),
  );
  assertEquals(bob.events("b", "message"), []);
  assertEquals(
    new Set(ann.events("a", "sent")),
    new Set([1, 2, 3].map((tag) => {
      return { kind: "sent", tag, why: null };
    })),
  );
  const { outgoing, outgoing_bytes } = ann.node.unicast;
  assertEquals([outgoing.size, outgoing_bytes], [0, 0]);
  assertEquals([ann, bob].map(({ node }) => node.counts.get("private:forged")), [
    undefined,
    undefined,
  ]);
});

Deno.test("`reduceNode()` carries what apps answer each other", () => {
  const answer: App = tinyApp(
    "a",
    (event) =>
      event.kind !== "message" || event.items[0] === "pong" ? [] : [{
        kind: "send",
        to: event.from,
        items: ["pong"],
        source: { kind: "app", app: "a", tag: 9 },
        within_ms: 1_000,
        bulk: true,
      }],
  );
  const ann = new End("ann", [tinyApp("a", obedient)]), bob = new End("bob", [answer]);
  talk(ann, bob);
  const source = { kind: "app", app: "a", tag: 1 } as const;
  ann.want({ kind: "send", to: bob.id, items: ["ping"], source, within_ms: 1_000 });
  talk(ann, bob);
  assertEquals(ann.events("a", "message").map((event) => event.kind === "message" && event.items), [
    ["pong"],
  ]);
  assertEquals(bob.events("a", "sent"), [{ kind: "sent", tag: 9, why: null }]);
});

Deno.test("`reduceNode()` refuses what nobody here understands, and counts it", () => {
  const ann = new End("ann", [tinyApp("a", obedient)]), bob = new End("bob", [tinyApp("b")]);
  talk(ann, bob);
  const source = { kind: "app", app: "a", tag: 1 } as const;
  ann.want({ kind: "send", to: bob.id, items: ["?"], source, within_ms: 1_000 });
  talk(ann, bob);
  assertEquals(bob.node.counts.get("message:no-such-app"), 1);
  const why = "that node has no app a";
  assertEquals(ann.events("a", "sent"), [{ kind: "sent", tag: 1, why }]);
  assertEquals(ann.node.unicast.outgoing.size, 0);
});
