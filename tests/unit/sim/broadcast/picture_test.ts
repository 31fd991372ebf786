import { assert, assertEquals } from "@std/assert";
import { simulateBroadcast } from "../../../../src/sim/broadcast/broadcast.ts";
import { drawPicture } from "../../../../src/sim/broadcast/picture.ts";

const DRAWINGS = (["flood", "gossip", "tree"] as const).map((spread) => {
  const options = {
    ...{ nodes: 40, overlay: "ring", spread, latency_ms: [10, 50], loss: 0, kill: 0 } as const,
    ...{ seed: 1, rounds: 1, senders: "one" } as const,
  };
  return { options, report: simulateBroadcast(options) };
});

/** Whether every tag is closed in its turn, and no attribute is broken. */
function assertWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [tag, end, name, self] of svg.matchAll(/<(\/?)([a-z]+)((?:\s[^<>]*)?)>/g)) {
    assert(/^(\s[\w:-]+="[^"<>]*")*\/?$/.test(self), tag);
    if (end === "/") assertEquals(open.pop(), name);
    else if (!self.endsWith("/")) open.push(name);
  }
  assertEquals(open, []);
}

Deno.test("`drawPicture()` draws each node, each first arrival and each curve", () => {
  const svg = drawPicture(DRAWINGS);
  assertWellFormed(svg);
  assert(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"'));
  assert(!/NaN|undefined|Infinity/.test(svg), svg);
  const edges = [...svg.matchAll(/<path d="((?:M[\d.]+ [\d.]+L[\d.]+ [\d.]+)+)" fill/g)];
  const { hops } = DRAWINGS[2].report.wave;
  assertEquals(edges.length, new Set(hops).size - 1);
  assertEquals(edges.reduce((sum, [, path]) => sum + path.split("M").length - 1, 0), 39);
  // One for each node, and one around the sender.
  assertEquals(svg.match(/<circle/g)!.length, 41);
  for (const { options: { spread }, report } of DRAWINGS) {
    assert(svg.includes(`${spread}: last node after ${Math.max(...report.wave.arrived_ms)} ms`));
  }
  assert(svg.includes("in ms") && svg.includes("100 %"));
});

Deno.test("`drawPicture()` draws one kind alone, and two nodes", () => {
  const options = { ...DRAWINGS[0].options, nodes: 2 };
  assertWellFormed(drawPicture([{ options, report: simulateBroadcast(options) }]));
});
