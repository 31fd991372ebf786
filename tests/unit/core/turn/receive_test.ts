import { assert, assertEquals } from "@std/assert";
import type { NodeState } from "../../../../src/core/node.ts";
import type { Effect } from "../../../../src/core/types.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { makeLine, ORIGINS } from "../../../helpers/history.ts";
import { drive, driveAll, linesEvent, linkedNode, NOW_MS } from "../../../helpers/node_subject.ts";

const [, , , dan] = ORIGINS;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const line = makeLine({ origin: dan, seq: 1, items: '["hello"]' });

/** The line with another item under the same signature. */
function tampered(): Uint8Array {
  return encoder.encode(decoder.decode(line).replace("hello", "jello"));
}

// deno-lint-ignore no-explicit-any -- lines of any kind
function sentOn(link: number, effects: readonly Effect[]): any[] {
  return effects.flatMap((effect) =>
    effect.kind === "send" && effect.link === link
      ? effect.lines.map((bytes) => JSON.parse(decoder.decode(bytes)))
      : []
  );
}

function count(node: NodeState, what: string): number {
  return node.counts.get(what) ?? 0;
}

Deno.test("`receive()` closes a link that brings a bad signature, and takes what came before", () => {
  const forged = makeLine({ origin: fakeId("eve"), seq: 1 });
  forged[forged.length - 40] ^= 1;
  const behind = makeLine({ origin: fakeId("fay"), seq: 1 });
  const [after, effects] = driveAll(linkedNode(), [linesEvent(1, line, forged, behind)]);
  assert(!after.session.links.has(1));
  assertEquals(count(after, "rejected:bad-signature"), 1);
  assertEquals(sentOn(1, effects).at(-1).code, "bad-signature");
  assertEquals(after.log.heads.filter(({ topic }) => topic === "chat").map((h) => h.origin), [dan]);
});

Deno.test("`receive()` drops a duplicate, and acknowledges it all the same", () => {
  const [once] = driveAll(linkedNode(), [linesEvent(1, line)]);
  const [twice] = driveAll(once, [linesEvent(2, line)]);
  assertEquals([count(once, "duplicates"), count(twice, "duplicates")], [0, 1]);
  assertEquals(twice.log, once.log);
  const [, effects] = drive(twice, { kind: "tick", now_ms: NOW_MS + 1_000 });
  for (const link of [1, 2]) {
    const have = sentOn(link, effects).find(({ k }) => k === "have");
    assertEquals([have.c[dan], have.n], [{ chat: 1 }, line.length + 1]);
  }
  // Whoever sent it has it, and is not sent it.
  assertEquals(sentOn(2, effects).filter(({ o }) => o === dan), []);
});

Deno.test({
  name: "`receive()` treats a tampered duplicate alike in the same read and in the next",
  fn: () => {
    const [together] = driveAll(linkedNode(), [linesEvent(1, line, tampered())]);
    const [apart] = driveAll(linkedNode(), [linesEvent(1, line), linesEvent(1, tampered())]);
    assertEquals(together.session.links.has(1), apart.session.links.has(1));
  },
});

Deno.test("`receive()` ignores what it does not know, and counts it", () => {
  const unknown = [
    '{"k":"later","x":[]}',
    '{"k":"pong","x":1}',
    '{"k":"from","t":"chat","skip":1}',
  ];
  const [after] = driveAll(linkedNode(), [linesEvent(1, ...unknown)]);
  assert(after.session.links.has(1));
  const counts = ["rejected:unknown-kind", "ignored:pong", "ignored:from"];
  assertEquals(counts.map((what) => count(after, what)), [1, 1, 1]);
});

Deno.test("`receive()` closes a link that says what is no line, and acts on nothing behind it", () => {
  for (const bad of ["hello", '{"k":"ping"}', "[1]", '{"o":"x"}', '{"k":1}', ""]) {
    const [after, effects] = driveAll(linkedNode(), [linesEvent(1, bad, '{"k":"ping","x":7}')]);
    assert(!after.session.links.has(1), bad);
    assertEquals(sentOn(1, effects).filter(({ k }) => k === "pong"), []);
  }
});

Deno.test("`receive()` answers a ping with a pong, and with what it owes", () => {
  const [, effects] = driveAll(linkedNode(), [linesEvent(1, line, '{"k":"ping","x":7}')]);
  const kinds = sentOn(1, effects).map(({ k }) => k);
  assertEquals(kinds.filter((k) => k !== undefined), ["pong", "have"]);
});

Deno.test("`receive()` counts no more as taken than was sent", () => {
  const [node] = driveAll(linkedNode(), [
    linesEvent(2, '{"k":"have","c":{},"n":9007199254740991}'),
  ]);
  const { outward } = node.flow.links.get(2)!;
  assertEquals(outward.acked_bytes, outward.sent_bytes);
  const [after] = driveAll(node, [linesEvent(2, '{"k":"have","c":{},"n":0}')]);
  assertEquals(after.flow.links.get(2)!.outward.acked_bytes, outward.sent_bytes);
});

Deno.test("`receive()` ends a link after a goodbye, and remembers why", () => {
  const [after, effects] = driveAll(linkedNode(), [
    linesEvent(1, '{"k":"bye","code":"left","why":"leaving"}', '{"k":"ping","x":1}'),
  ]);
  assert(!after.session.links.has(1) && effects.some(({ kind }) => kind === "close"));
  assertEquals([count(after, "bye:left"), sentOn(1, effects)], [1, []]);
  assert(!after.membership.members.by_id.has(fakeId("ann")));
});

Deno.test("`receive()` ignores a link that is gone", () => {
  const [gone] = driveAll(linkedNode(), [{ kind: "closed", now_ms: NOW_MS, link: 1 }]);
  assertEquals(drive(gone, linesEvent(1, line))[1], []);
});
