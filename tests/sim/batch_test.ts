/** What is sent when: lines that wait for company, and nothing that is asked for without need. */

import { assertEquals } from "@std/assert";
import type { NodeConfig } from "../../src/core/data/config.ts";
import type { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { assertAgreement, assertPrintedOnce } from "../helpers/agreement.ts";
import { makeNetwork } from "../helpers/sim_network.ts";

const LATENCY_MS = 10;
const decoder = new TextDecoder();

/** A star of five, and the lines that a node sends, each list as it is sent. */
function star(config: Partial<NodeConfig>): { sim: Network; nodes: SimNode[]; sent: string[][] } {
  const sent: string[][] = [];
  const sim = makeNetwork({
    latency_ms: [LATENCY_MS, LATENCY_MS],
    onReduced: (_node, _event, effects) => {
      for (const effect of effects) {
        if (effect.kind === "send") sent.push(effect.lines.map((line) => decoder.decode(line)));
      }
    },
  });
  for (let count = 0; count < 5; count++) {
    sim.addNode({ join: sim.nodes.slice(0, 1), config: { overlay: "given", ...config } });
    sim.pass(100);
  }
  sim.settle();
  sent.length = 0;
  return { sim, nodes: sim.nodes, sent };
}

function count(sent: readonly (readonly string[])[], start: string): number {
  return sent.flat().filter((line) => line.startsWith(start)).length;
}

Deno.test("what is relayed a moment later asks nobody for an acknowledgement", () => {
  const { sim, nodes, sent } = star({});
  for (let line = 0; line < 20; line++) {
    for (const node of nodes) sim.publish(node, "chat", [`${line} of ${node.name}`]);
    sim.pass(30);
  }
  assertEquals(count(sent, '{"k":"ping"'), 0);
  assertEquals(count(sent, '{"o"'), 20 * (4 + 4 * 4));
});

Deno.test("lines wait so long for company, and acknowledgements go with them", () => {
  const batch_ms = 100;
  const { sim, nodes, sent } = star({ batch_ms });
  const said: string[] = [];
  for (let line = 0; line < 40; line++) {
    const node = nodes[line % 5];
    said.push(`${line} of ${node.name}`);
    sim.publish(node, "chat", [said[line]]);
    sim.pass(10);
  }
  const begin_ms = sim.now_ms;
  sim.run(() => nodes.every((node) => sim.printed(node).length === 40));
  // Held back twice, at who says it and at the node between.
  assertEquals(sim.now_ms - begin_ms <= 2 * (batch_ms + LATENCY_MS), true);
  assertPrintedOnce(sim, nodes, said);
  sim.settle();
  assertAgreement(nodes);
  const entries = sent.filter((lines) => lines.some((line) => line.startsWith('{"o"')));
  // Some 600 ms, in steps of 100, on 8 directions.
  assertEquals(entries.length <= 48, true, `${entries.length}`);
  const along = entries.filter((lines) => lines.some((line) => line.startsWith('{"k":"have"')));
  assertEquals(along.length >= entries.length / 3, true, `${along.length} of ${entries.length}`);
});
