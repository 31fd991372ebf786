import { assertEquals } from "@std/assert";
import { STUCK_MS } from "../../../../src/core/data/limits.ts";
import { insertEntries } from "../../../../src/core/log/log.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { congestionOf } from "../../../../src/core/output/congestion.ts";
import { ReplicaEdit } from "../../../../src/core/replication/slice.ts";
import { makeEntry, ORIGINS } from "../../../helpers/history.ts";
import { CONFIG, ENV, linkedNode, NOW_MS } from "../../../helpers/node_subject.ts";

const KEEP_BYTES = 10_000;

/** A node that prints nothing, has more than half of what it keeps, and is at the end of all links. */
function fullNode(): NodeState {
  const front = { ...CONFIG.front, app: "none" };
  const node = linkedNode({ keep_bytes: KEEP_BYTES, front });
  const items = JSON.stringify(["x".repeat(KEEP_BYTES)]);
  const [log] = insertEntries(node.log, [makeEntry({ origin: ORIGINS[0], seq: 1, items })], 0, ENV);
  let { links } = node.replication;
  for (const link of [...links.keys()]) {
    const edit = new ReplicaEdit(links.get(link)!);
    for (const [name, { order }] of log.topics) edit.moveCursor(name, order.end);
    links = links.set(link, edit.finish());
  }
  return { ...node, log, replication: { links } };
}

/** The node where a peer has not looked at anything, and streams or not. */
function withLaggard(node: NodeState, streaming: boolean): NodeState {
  const edit = new ReplicaEdit(node.replication.links.get(2)!);
  edit.moveCursor("chat", 0);
  edit.streaming = streaming;
  return { ...node, replication: { links: node.replication.links.set(2, edit.finish()) } };
}

function congestion(node: NodeState, now_ms = NOW_MS) {
  return congestionOf({ ...node, now_ms, records: null }, 1 / 2);
}

Deno.test("`congestionOf()` waits for a peer that is behind, while it keeps pace", () => {
  const full = fullNode(), behind = withLaggard(full, true);
  assertEquals([congestion(full), congestion(behind)], [null, "peer"]);
  assertEquals(congestion(behind, NOW_MS + STUCK_MS), null);
});

Deno.test("`congestionOf()` does not wait for a peer before it streams", () => {
  assertEquals(congestion(withLaggard(fullNode(), false)), null);
});

Deno.test("`congestionOf()` waits for nobody while little is kept", () => {
  const behind = withLaggard(fullNode(), true);
  const config = { ...behind.config, keep_bytes: 10 * KEEP_BYTES };
  assertEquals(congestion({ ...behind, config }), null);
});

Deno.test("`congestionOf()` waits for the own output, unless it is stuck", () => {
  const node = fullNode(), { config, output } = node;
  const printing = { ...node, config: { ...config, front: CONFIG.front } };
  assertEquals(congestion(printing), "output");
  const owing = { ...output, debt: { ...output.debt, unprinted_bytes: 1, progress_ms: NOW_MS } };
  assertEquals(congestion({ ...printing, output: owing }), "output");
  assertEquals(congestion({ ...printing, output: owing }, NOW_MS + STUCK_MS), null);
});
