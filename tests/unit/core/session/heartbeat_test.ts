import { assert, assertEquals } from "@std/assert";
import { USUAL_TIMES } from "../../../../src/core/data/limits.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import type { Effect, Event } from "../../../../src/core/types.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { makeLine } from "../../../helpers/history.ts";
import {
  drive,
  driveAll,
  greeting,
  linesEvent,
  linkedNode,
  NOW_MS,
  openedEvent,
  startNode,
} from "../../../helpers/node_subject.ts";

const { ping_ms, silence_ms } = USUAL_TIMES;
const HELLO_GUEST = '{"k":"hello","v":1,"network":"rumor","guest":true}';
const decoder = new TextDecoder();

function tick(node: NodeState, now_ms: number): [NodeState, Effect[]] {
  return drive(node, { kind: "tick", now_ms });
}

/** Ticks whenever the node asks for one, until a time; `hears` gets a line at each of them. */
function pass(node: NodeState, until_ms: number, hears: readonly number[] = []) {
  const all: Effect[] = [];
  while (node.wake_ms <= until_ms) {
    const now_ms = node.wake_ms;
    for (const link of hears) [node] = drive(node, pongAt(link, now_ms));
    const [after, effects] = tick(node, now_ms);
    node = after;
    all.push(...effects);
  }
  return { node, effects: all };
}

function pongAt(link: number, now_ms: number): Event {
  return { ...linesEvent(link, '{"k":"pong","x":0}'), now_ms };
}

/** Links that were pinged, as often as they were. */
function pinged(effects: readonly Effect[]): number[] {
  return effects.flatMap((effect) =>
    effect.kind !== "send"
      ? []
      : effect.lines.filter((line) => decoder.decode(line).startsWith('{"k":"ping"'))
        .map(() => effect.link)
  );
}

/** Links that were closed, with the code. */
function closed(effects: readonly Effect[]): string[] {
  const lines = effects.flatMap((effect) =>
    effect.kind === "send" ? effect.lines.map((line) => [effect.link, decoder.decode(line)]) : []
  );
  return lines.filter(([, line]) => String(line).startsWith('{"k":"bye"'))
    .map(([link, line]) => `${link} ${JSON.parse(String(line)).code}`);
}

/** A node with three peers that was heard and spoke at `NOW_MS`. */
function quietNode(): NodeState {
  return tick(linkedNode(), NOW_MS)[0];
}

Deno.test("`keepLinksAlive()` pings whom it told nothing for a while, and again", () => {
  const before = pass(quietNode(), NOW_MS + ping_ms - 1, [1, 2, 3]);
  assertEquals(pinged(before.effects), []);
  const first = pass(before.node, NOW_MS + ping_ms, [1, 2, 3]);
  assertEquals(pinged(first.effects).sort(), [1, 2, 3]);
  const more = pass(first.node, NOW_MS + 4 * ping_ms, [1, 2, 3]);
  assertEquals(pinged(more.effects).length, 9);
});

Deno.test("`keepLinksAlive()` takes whatever it sends for a sign of life", () => {
  // An answer to a ping, on one link only.
  const [node] = driveAll(quietNode(), []);
  const asked: Event = { ...linesEvent(2, '{"k":"ping","x":1}'), now_ms: NOW_MS + ping_ms / 2 };
  const [answered] = drive(node, asked);
  const { effects } = pass(answered, NOW_MS + ping_ms, [1, 2, 3]);
  assertEquals(pinged(effects).sort(), [1, 3]);
});

Deno.test("`keepLinksAlive()` closes a link on which nothing came, and misses the peer", () => {
  const early = pass(quietNode(), NOW_MS + silence_ms - 1, [2, 3]);
  assertEquals(closed(early.effects), []);
  const late = pass(early.node, NOW_MS + silence_ms, [2, 3]);
  assertEquals([closed(late.effects), late.node.session.links.has(1)], [["1 silent"], false]);
  const far = pass(late.node, NOW_MS + 4 * silence_ms, [2, 3]);
  assertEquals([closed(far.effects), far.node.session.links.size], [[], 2]);
});

Deno.test("`keepLinksAlive()` suspects a member that has spoken, once its link is silent", () => {
  const item = { address: "ann:7000" };
  const [node] = driveAll(quietNode(), [linesEvent(1, presenceOf("ann", item))]);
  const { node: after } = pass(node, NOW_MS + silence_ms + ping_ms, [2, 3]);
  assertEquals(after.membership.members.by_id.get(fakeId("ann"))!.state, "suspect");
});

Deno.test("`keepLinksAlive()` of a node that was stopped closes nobody, and asks anew", () => {
  const { node } = pass(quietNode(), NOW_MS + ping_ms, [1, 2, 3]);
  const woken_ms = NOW_MS + 30 * silence_ms;
  const [after, effects] = tick(node, woken_ms);
  assertEquals([closed(effects), after.session.links.size, after.counts.get("slept")], [[], 3, 1]);
  // Those who answer now stay, and who does not is closed in its time.
  const later = pass(after, woken_ms + silence_ms, [2, 3]);
  assertEquals(closed(later.effects), ["1 silent"]);
  assert(pinged(later.effects).filter((link) => link === 1).length >= 2);
});

Deno.test("`keepLinksAlive()` does not take a busy moment for sleep", () => {
  const { node } = pass(quietNode(), NOW_MS + silence_ms - 1, [2, 3]);
  const [after, effects] = tick(node, node.wake_ms + ping_ms / 2);
  assertEquals([closed(effects), after.counts.has("slept")], [["1 silent"], false]);
});

Deno.test("`keepLinksAlive()` neither pings nor closes a guest", () => {
  const [node] = driveAll(startNode({}, 1), [linesEvent(1, HELLO_GUEST)]);
  const { node: after, effects } = pass(node, NOW_MS + 10 * silence_ms);
  assertEquals([pinged(effects), closed(effects), after.session.links.size], [[], [], 1]);
});

Deno.test("`keepLinksAlive()` keeps the times that it was told", () => {
  const times = { ping_ms: 10, silence_ms: 50, suspect_ms: 40 };
  const opened = driveAll(startNode({ times }, 0), [
    openedEvent(1),
    linesEvent(1, ...greeting(1, "ann")),
  ])[0];
  const { effects } = pass(tick(opened, NOW_MS)[0], NOW_MS + 50);
  assertEquals([closed(effects), pinged(effects).length], [["1 silent"], 4]);
});

function presenceOf(name: string, item: unknown): Uint8Array {
  return makeLine({
    origin: fakeId(name),
    topic: "presence",
    seq: 1,
    items: JSON.stringify([item]),
  });
}
