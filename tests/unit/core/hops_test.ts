/**
 * How often something goes through the reducer until it is shown: each way through costs whoever
 * drives the node a turn. So these tests name every event, and all that comes of it.
 */

import { assertEquals } from "@std/assert";
import { asksForTick, initialState, type NodeState, reduceNode } from "../../../src/core/node.ts";
import type { Effect, Env, Event, LinkId } from "../../../src/core/types.ts";
import type { NodeConfig } from "../../../src/core/data/config.ts";
import { envOf, fakeId } from "../../../src/sim/crypto.ts";
import { crypto, makeLine } from "../../helpers/history.ts";
import {
  APPS,
  CONFIG,
  drive,
  driveAll,
  greeting,
  linesEvent,
  NOW_MS,
  startNode,
} from "../../helpers/node_subject.ts";

const TICK = { kind: "tick", now_ms: NOW_MS } as const;
const STORED = { kind: "stored", now_ms: NOW_MS, fault: null } as const;
const PUBLISH = {
  kind: "publish",
  now_ms: NOW_MS,
  topic: "chat",
  items: ["typed"],
  first_tag: 1,
} as const;
const ANN = fakeId("ann");
const ANNS_LINE = makeLine({ origin: ANN, seq: 1, items: '["received"]' });
const NEIGHBOURS = ["ann", "bob", "cyd"];
const encoder = new TextEncoder(), decoder = new TextDecoder();

/** A node with so many peers, which has nothing to say, print or store any more. */
function quiet(config: Partial<NodeConfig>, peers: number): NodeState {
  const names = NEIGHBOURS.slice(0, peers);
  const greetings = names.map((name, at) => linesEvent(at + 1, ...greeting(at + 1, name)));
  const [node] = driveAll(startNode(config, peers), greetings);
  const events = config.durable ? [STORED, TICK] : [TICK];
  return play(node, events)[0];
}

/** Reduces events; gives what each of them brought, a line an effect. */
function play(node: NodeState, events: readonly Event[]): [NodeState, string[][]] {
  const brought: string[][] = [];
  for (const event of events) {
    const [after, effects] = drive(node, event);
    node = after;
    brought.push(effects.map(describe));
  }
  return [node, brought];
}

/** An effect in short: everything that is shown or sent, word for word. */
function describe(effect: Effect): string {
  if (effect.kind === "send") {
    const lines = effect.lines.map((line) => decoder.decode(line));
    return `send ${effect.link}: ${lines.join("")}`;
  }
  if (effect.kind === "persist") return `persist ${effect.batch.entries.length}`;
  if (effect.kind !== "print") return JSON.stringify(effect);
  const items = effect.records.flatMap((record) => record.kind === "items" ? record.items : []);
  return `print ${items.join(", ")}`;
}

/** An entry goes to these links. */
function relayedTo(line: Uint8Array, ...links: LinkId[]): string[] {
  return links.map((link) => `send ${link}: ${decoder.decode(line)}\n`);
}

/** The newest own line of chat. */
function ownLine({ log }: NodeState): Uint8Array {
  const line = [...log.topics.get("chat")!.order.from()].at(-1)!.line;
  return line.subarray(0, -1);
}

Deno.test("`reduceNode()` prints and relays a received line with the tick behind it", () => {
  const cases = [[{ spread: "tree" }, 3], [{ spread: "flood" }, 2]] as const;
  for (const [config, peers] of cases) {
    const events = [linesEvent(1, ANNS_LINE), TICK, TICK];
    const others = Array.from({ length: peers - 1 }, (_, at) => at + 2);
    const [, brought] = play(quiet(config, peers), events);
    const shown = ["print received", ...relayedTo(ANNS_LINE, ...others)];
    assertEquals(brought, [[], shown, []], config.spread);
  }
});

Deno.test("`reduceNode()` has a received line in its log before the tick", () => {
  const node = quiet({}, 3);
  const [after] = drive(node, linesEvent(1, ANNS_LINE));
  assertEquals(ownLine(after), ANNS_LINE);
  assertEquals(after.log.topics.get("chat")!.order.length, 1);
});

Deno.test("`reduceNode()` that floods to three relays when it asked to be woken, at the latest", () => {
  const [node, brought] = play(quiet({ spread: "flood" }, 3), [linesEvent(1, ANNS_LINE), TICK]);
  assertEquals(brought, [[], ["print received"]]);
  const [, later] = play(node, [{ kind: "tick", now_ms: node.wake_ms }]);
  assertEquals(later, [relayedTo(ANNS_LINE, 2, 3)]);
});

Deno.test("`reduceNode()` signs, prints and sends a typed line with the tick behind it", () => {
  for (const spread of ["flood", "tree"] as const) {
    const [node, brought] = play(quiet({ spread }, 3), [PUBLISH, TICK, TICK]);
    const shown = ["print typed", ...relayedTo(ownLine(node), 1, 2, 3)];
    assertEquals(brought, [[], shown, []], spread);
  }
});

Deno.test("`reduceNode()` with a store shows a line with the answer that it is stored", () => {
  const config = { durable: true, spread: "tree" } as const;
  const [, received] = play(quiet(config, 3), [linesEvent(1, ANNS_LINE), TICK, STORED, TICK]);
  const shown = ["print received", ...relayedTo(ANNS_LINE, 2, 3)];
  assertEquals(received, [[], ["persist 1"], shown, []]);
  const [node, typed] = play(quiet(config, 3), [PUBLISH, TICK, STORED, TICK]);
  const sent = ["print typed", ...relayedTo(ownLine(node), 1, 2, 3)];
  assertEquals(typed, [[], ["persist 1"], sent, []]);
});

Deno.test("`reduceNode()` takes a peer in within the events that bring its hello and proof", () => {
  const [hello, proof] = greeting(1, "ann");
  const [node, brought] = play(startNode({}, 1), [linesEvent(1, hello), linesEvent(1, proof)]);
  const kinds = brought.map(([sent]) => [...sent.matchAll(/"k":"(\w+)"/g)].map(([, kind]) => kind));
  assertEquals(kinds, [["hello", "proof"], ["have"]]);
  assertEquals(brought.map((effects) => effects.length), [1, 1]);
  assertEquals(node.session.links.get(1)!.stage, "up");
});

/** A node whose messages another one gets: both are real, and the only ones there. */
class End {
  state: NodeState;
  readonly #env: Env;

  constructor(name: string, join: readonly string[]) {
    const signer = crypto.signer(name), sealer = crypto.sealer(name);
    this.#env = envOf(crypto, signer, sealer);
    const own = { id: signer.id, box: sealer.box, name };
    this.state = initialState({ ...CONFIG, ...own, join }, 1, APPS);
    this.give({ kind: "started", now_ms: NOW_MS, host: null, fallback_host: name, port: 7000 });
  }

  give(event: Event): Effect[] {
    const [after, effects] = reduceNode(this.state, event, this.#env);
    this.state = after;
    return effects;
  }
}

/** The link of the two ends, and that of a guest with the first. */
const BETWEEN = 1, GUEST = 2;

function opened(link: LinkId, more: { dialled?: string; own?: true } = {}): Event {
  const hosts = { local_host: "me", remote_host: "there" };
  const nonce = `nonce-${link}`;
  return { kind: "opened", now_ms: NOW_MS, link, dialled: null, nonce, ...hosts, ...more };
}

/** The lines that effects send on a link, without their newlines. */
function sentOn(effects: readonly Effect[], link: LinkId): Uint8Array[] {
  return effects.flatMap((effect) =>
    effect.kind === "send" && effect.link === link ? effect.lines : []
  ).map((line) => line.subarray(0, -1));
}

/** Two ends that are linked, know each other, and are quiet; the first has a guest of its own. */
function twoEnds(): [End, End] {
  const [ann, bob] = [new End("ann", []), new End("bob", ["ann:7000"])];
  ann.give(opened(GUEST, { own: true }));
  ann.give(linesEvent(GUEST, '{"k":"hello","v":1,"network":"rumor","guest":true}'));
  const waiting: [End, Effect[]][] = [[ann, ann.give(opened(BETWEEN))]];
  waiting.push([bob, bob.give(opened(BETWEEN, { dialled: "ann:7000" }))]);
  for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
    const [from, effects] = one, to = from === ann ? bob : ann;
    const lines = sentOn(effects, BETWEEN);
    if (lines.length > 0) waiting.push([to, to.give(linesEvent(BETWEEN, ...lines))]);
    else if (effects.length === 0) continue;
    waiting.push([to, to.give(TICK)], [from, from.give(TICK)]);
  }
  return [ann, bob];
}

/** What the first end is asked to send. */
const WISH = { to: "bob", items: ["secret"], within_ms: 5_000 };

/** One event, and all that it brings: the lines sent on a link, and the kinds of what else is done. */
function step(end: End, event: Event): { readonly lines: Uint8Array[]; readonly kinds: string[] } {
  const effects = end.give(event);
  return { lines: sentOn(effects, BETWEEN), kinds: effects.map(({ kind }) => kind) };
}

/** The roles of packets. */
function rolesOf(lines: readonly Uint8Array[]): string[] {
  return lines.map((line) => JSON.parse(decoder.decode(line)).m);
}

/** A packet's way to the second end, onto its output, and of the acknowledgement back. */
function deliver(bob: End, packets: readonly Uint8Array[]): Uint8Array[] {
  assertEquals(step(bob, linesEvent(BETWEEN, ...packets)).kinds, []);
  const shown = bob.give(TICK);
  const record = { from: ANN, name: "ann", time_ms: NOW_MS, items: ["secret"] };
  const bytes = shown[0].kind === "print" ? shown[0].bytes : 0;
  const records = [{ kind: "record", app: "private", record }] as const;
  assertEquals(shown, [{ kind: "print", records, bytes }]);
  assertEquals(step(bob, { kind: "printed", now_ms: NOW_MS, bytes }).kinds, []);
  const { lines, kinds } = step(bob, TICK);
  assertEquals([rolesOf(lines), kinds], [["ack"], ["send"]]);
  assertEquals(step(bob, TICK).kinds, []);
  return lines;
}

Deno.test("`reduceNode()` seals and sends a private message with the tick behind its request", () => {
  const [ann, bob] = twoEnds();
  const request = { kind: "request", now_ms: NOW_MS, app: "private", request: WISH } as const;
  assertEquals(step(ann, { ...request, tag: 7 }).kinds, []);
  const { lines, kinds } = step(ann, TICK);
  assertEquals([rolesOf(lines), kinds], [["data"], ["send"]]);
  const acks = deliver(bob, lines);
  assertEquals(ann.state.unicast.outgoing_bytes > 0, true);
  const done = { kind: "notice", notice: { kind: "done", tag: 7 } } as const;
  assertEquals(ann.give(linesEvent(BETWEEN, ...acks)), [done]);
  assertEquals(ann.state.unicast.outgoing_bytes, 0, "acknowledged with the lines that say so");
});

Deno.test("`reduceNode()` tells a guest that its message was delivered with the lines that say so", () => {
  const [ann, bob] = twoEnds();
  const line = JSON.stringify({ k: "request", i: 3, app: "private", r: WISH });
  assertEquals(step(ann, linesEvent(GUEST, line)).kinds, []);
  const { lines, kinds } = step(ann, TICK);
  assertEquals([rolesOf(lines), kinds], [["data"], ["send"]]);
  const answer = encoder.encode('{"k":"delivered","i":3}\n');
  const effects = ann.give(linesEvent(BETWEEN, ...deliver(bob, lines)));
  assertEquals(effects, [{ kind: "send", link: GUEST, lines: [answer] }]);
});

Deno.test("`asksForTick()` wants none where a tick would find nothing to do", () => {
  const node = quiet({}, 1), lines = (...texts: string[]) => linesEvent(1, ...texts);
  const printed = { kind: "printed", bytes: 1, now_ms: NOW_MS } as const;
  const asks = (event: Event, of = node) => asksForTick(of, event);
  assertEquals([asks(PUBLISH), asks(lines(decoder.decode(ANNS_LINE)))], [true, true]);
  assertEquals([asks(TICK), asks(lines()), asks(printed)], [false, false, false]);
  const [waiting] = drive(node, PUBLISH);
  const [sealed] = drive(waiting, { ...TICK });
  assertEquals(asks(printed, sealed), false);
  // What was printed is stored, may be what a sender waits for, lets a node leave, or makes room.
  const { membership, unicast, output, config } = node;
  const life = { ...membership.life, phase: "leaving" } as const;
  const gapped = { ...output, gapped: true };
  const waits: Partial<NodeState>[] = [
    { config: { ...config, durable: true } },
    { unicast: { ...unicast, owes_acks: true } },
    { membership: { ...membership, life } },
    { output: gapped },
    { config: { ...config, keep_bytes: 0 } },
  ];
  for (const part of waits) assertEquals(asks(printed, { ...node, ...part }), true);
});
