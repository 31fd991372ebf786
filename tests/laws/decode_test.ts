import { assert } from "@std/assert";
import fc from "fast-check";
import { decodeEntry, peekHeader } from "../../src/core/log/entry.ts";
import { decodeLine } from "../../src/core/wire/line.ts";
import { scanJson } from "../../src/core/data/json_scan.ts";
import type { LinkLine } from "../helpers/node_subject.ts";
import { drive, linesEvent, linkedNode, NOW_MS, startNode } from "../helpers/node_subject.ts";
import { anyBytes, goodLine, mutatedLine, strangeControl, strangeEntry } from "../helpers/bytes.ts";
import { ORIGINS } from "../helpers/history.ts";
import { neverThrows } from "../helpers/laws.ts";
import { check } from "../helpers/check.ts";
import type { NodeState } from "../../src/core/node.ts";

Deno.test("`decodeEntry()` never throws", () => {
  neverThrows(anyBytes, decodeEntry, 3_000);
});

Deno.test("`decodeEntry()` knows most mutated lines for what they are", () => {
  let refused = 0, all = 0;
  neverThrows(mutatedLine, (bytes) => {
    all++;
    if (typeof decodeEntry(bytes) === "string") refused++;
  });
  // Else the mutations would test nothing, or too little.
  assert(refused > all / 4 && refused < all);
});

Deno.test("`decodeLine()` never throws", () => {
  neverThrows(anyBytes, decodeLine, 3_000);
});

Deno.test("`peekHeader()` never throws", () => {
  neverThrows(anyBytes, peekHeader, 3_000);
});

Deno.test("`scanJson()` never throws", () => {
  neverThrows(anyBytes, scanJson);
});

Deno.test("`reduceNode()` never throws, whatever the lines", () => {
  survives(linkedNode(), 600);
  survives(linkedNode({ front: { ...linkedNode().config.front, dedup_text: true } }), 100);
});

Deno.test("`reduceNode()` never throws, whatever shapely peers make up", () => {
  survives(linkedNode(), 1_000, fc.oneof(strangeEntry, strangeControl(ORIGINS), goodLine));
});

Deno.test("`reduceNode()` never throws, whatever a peer makes up about this node's own log", () => {
  survives(linkedNode(), 500, strangeControl([...ORIGINS, linkedNode().config.id]));
});

Deno.test("`reduceNode()` never throws, whatever strangers say", () => {
  survives(startNode(), 300);
});

Deno.test("`reduceNode()` never throws, whatever a guest says", () => {
  const hello = '{"k":"hello","v":1,"network":"rumor","guest":true}';
  let node = startNode();
  for (const link of [1, 2, 3]) [node] = drive(node, linesEvent(link, hello));
  survives(node, 300);
});

/** Feeds lines to a node, publishes between them, and lets much time pass. */
function survives(base: NodeState, runs: number, line = fc.oneof(anyBytes, goodLine)): void {
  const lines: fc.Arbitrary<LinkLine[]> = fc.array(
    fc.record({ link: fc.integer({ min: 1, max: 3 }), bytes: line }),
    { maxLength: 12, size: "max" },
  );
  check(
    fc.property(lines, fc.boolean(), (all, publishes) => {
      let node = base;
      for (const { link, bytes } of all) [node] = drive(node, linesEvent(link, bytes));
      for (const now_ms of [NOW_MS, NOW_MS + 1_000, NOW_MS + 2_000, NOW_MS + 60_000]) {
        if (publishes) {
          const items = ["mine"];
          [node] = drive(node, { kind: "publish", now_ms, topic: "chat", items, first_tag: 1 });
        }
        for (let ticks = 0; ticks < 3; ticks++) [node] = drive(node, { kind: "tick", now_ms });
      }
    }),
    runs,
  );
}
