import { assert, assertEquals } from "@std/assert";
import {
  HELLO_TIMEOUT_MS,
  LINKS_MAX,
  LINKS_PER_HOST_MAX,
  STRANGERS_PER_HOST_MAX,
} from "../../../../src/core/data/limits.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import type { Effect, Event, LinkId } from "../../../../src/core/types.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import {
  CONFIG,
  drive,
  driveAll,
  greeting,
  linesEvent,
  NOW_MS,
  openedEvent,
  startNode,
} from "../../../helpers/node_subject.ts";

const decoder = new TextDecoder();

/** What is sent on a link, parsed. */
// deno-lint-ignore no-explicit-any -- lines of any kind
function sentOn(link: LinkId, effects: readonly Effect[]): any[] {
  return effects.flatMap((effect) =>
    effect.kind === "send" && effect.link === link
      ? effect.lines.map((line) => JSON.parse(decoder.decode(line)))
      : []
  );
}

/** The code of the goodbye on link 1 after some events. */
function byeAfter(events: readonly Event[], base: NodeState = startNode()): string | undefined {
  const [after, effects] = driveAll(base, events);
  const bye = sentOn(1, effects).find(({ k }) => k === "bye");
  assertEquals(after.session.links.has(1), bye === undefined);
  assertEquals(effects.some(({ kind }) => kind === "close"), bye !== undefined);
  return bye?.code;
}

/** A hello as a stranger may say it. */
function hello(change: Record<string, unknown> = {}): string {
  const usual = { v: 1, network: "rumor", id: fakeId("ann"), address: "ann:7000", nonce: "n" };
  return JSON.stringify({ k: "hello", ...usual, ...change });
}

Deno.test("`takeHello()` refuses what cannot be talked to, and says why", () => {
  const refusals: [Record<string, unknown>, string][] = [
    [{ v: 2 }, "bad-version"],
    [{ network: "another" }, "bad-network"],
    [{ id: CONFIG.id }, "self"],
    [{ id: "A".repeat(43) }, "bad-key"],
  ];
  for (const [change, code] of refusals) {
    assertEquals(byeAfter([linesEvent(1, hello(change))]), code);
  }
  assertEquals(byeAfter([linesEvent(1, hello(), hello())]), "bad-order");
});

Deno.test("`takeProof()` lets in only whoever has the key of the id", () => {
  const [first, proof, have] = greeting(1, "ann");
  assertEquals(byeAfter([linesEvent(1, first, proof, have)]), undefined);
  assertEquals(byeAfter([linesEvent(1, first), linesEvent(1, proof)]), undefined);
  const forged = greeting(1, "bob")[1], reflected = greeting(2, "ann")[1];
  for (const other of [forged, reflected]) {
    assertEquals(byeAfter([linesEvent(1, first, other)]), "bad-proof");
  }
});

Deno.test("`reduceNode()` takes nothing but a hello, then nothing but a proof", () => {
  const [first, proof] = greeting(1, "ann");
  for (const line of ['{"k":"ping","x":1}', proof, '{"k":"have","c":{}}']) {
    assertEquals(byeAfter([linesEvent(1, line)]), "bad-order");
  }
  assertEquals(byeAfter([linesEvent(1, first, '{"k":"ping","x":1}')]), "bad-order");
  assertEquals(byeAfter([linesEvent(1, ...greeting(1, "ann"), proof)]), "bad-order");
});

Deno.test("`openLink()` says hello first where this node dialled", () => {
  const dialled: Event = { ...openedEvent(9), dialled: "ann:7000" } as Event;
  const [, dials] = driveAll(startNode(), [dialled]);
  const [said] = sentOn(9, dials);
  assertEquals([said.k, said.id, said.address, said.nonce], [
    "hello",
    CONFIG.id,
    "me:7000",
    "nonce-9",
  ]);
  const [, waits] = driveAll(startNode(), [openedEvent(9)]);
  assertEquals(sentOn(9, waits), []);
});

Deno.test("`reduceNode()` sends the clock as soon as both have proved themselves", () => {
  const [, effects] = driveAll(startNode(), [linesEvent(1, ...greeting(1, "ann"))]);
  assertEquals(sentOn(1, effects).map(({ k }) => k), ["hello", "proof", "have", undefined]);
});

Deno.test("`takeHello()` lets a guest in without an id", () => {
  const line = '{"k":"hello","v":1,"network":"rumor","guest":true}';
  const [after, effects] = driveAll(startNode(), [linesEvent(1, line)]);
  assertEquals(after.session.links.get(1)?.role, "guest");
  assertEquals(sentOn(1, effects).map(({ k }) => k), ["hello"]);
});

Deno.test("`closeStrangers()` closes whoever has not greeted in time", () => {
  const base = startNode();
  const tick = (now_ms: number) => drive(base, { kind: "tick", now_ms });
  const [waiting] = tick(NOW_MS + HELLO_TIMEOUT_MS - 1);
  assertEquals([waiting.session.links.size, waiting.wake_ms], [3, NOW_MS + HELLO_TIMEOUT_MS]);
  const [after, effects] = tick(NOW_MS + HELLO_TIMEOUT_MS);
  assertEquals(after.session.links.size, 0);
  assertEquals(sentOn(1, effects).map(({ code }) => code), ["timeout"]);
});

Deno.test("`openLink()` takes only so many links, of one host, and of strangers", () => {
  const from = (remote_host: (link: number) => string, count: number, greets = false) => {
    let node = startNode({}, 0);
    for (let link = 1; link <= count; link++) {
      [node] = drive(node, { ...openedEvent(link), remote_host: remote_host(link) } as Event);
      if (!greets || !node.session.links.has(link)) continue;
      const guest = '{"k":"hello","v":1,"network":"rumor","guest":true}';
      [node] = drive(node, linesEvent(link, guest));
    }
    return node;
  };
  assertEquals(from((link) => `h${link}`, LINKS_MAX + 9).session.links.size, LINKS_MAX);
  assertEquals(from(() => "h", LINKS_PER_HOST_MAX).session.links.size, STRANGERS_PER_HOST_MAX);
  const crowd = from(() => "h", LINKS_PER_HOST_MAX + 9, true);
  assertEquals(crowd.session.links.size, LINKS_PER_HOST_MAX);
  assert(crowd.counts.get("closed:full") === 9);
});

Deno.test("`reduceNode()` closes a link whose bytes are no lines", () => {
  const garbled: Event = { kind: "garbled", now_ms: NOW_MS, link: 1, code: "too-long" };
  assertEquals(byeAfter([garbled]), "too-long");
});

Deno.test("`reduceNode()` closes a link that sends too many lines", () => {
  const [node] = driveAll(startNode(), [linesEvent(1, ...greeting(1, "ann"))]);
  const pings = Array.from({ length: 10_001 }, (_, x) => `{"k":"ping","x":${x}}`);
  assertEquals(byeAfter([linesEvent(1, ...pings)], node), "flood");
});
