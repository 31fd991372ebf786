import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { PROOFS_PER_LINK_MAX, WINDOW_BYTES } from "../../../../src/core/data/limits.ts";
import type { Flow } from "../../../../src/core/flow/slice.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { oweProof } from "../../../../src/core/replication/forks.ts";
import { reduceReplication } from "../../../../src/core/replication/reduce.ts";
import {
  newReplica,
  openLogs,
  type Replica,
  ReplicaEdit,
  type Replication,
} from "../../../../src/core/replication/slice.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { makeLine } from "../../../helpers/history.ts";
import { drive, driveAll, ENV, linesEvent, linkedNode } from "../../../helpers/node_subject.ts";

const LINE_BYTES = 100_000;
const LINK = 1;

/** A node that holds so many logs which end in forks, each proved by two long lines. */
function forked(count: number): NodeState {
  const node = linkedNode(), { storage } = node;
  const line = new Uint8Array(LINE_BYTES);
  const [head] = storage.settled.log.heads;
  const heads = Array.from({ length: count }, () => ({ ...head, fork: [line, line] as const }));
  const settled = { ...storage.settled, log: { ...storage.settled.log, heads } };
  return { ...node, storage: { ...storage, settled } };
}

/** The peer is to be shown why these logs end. */
function owing(before: Replica, logs: readonly number[]): Replica {
  const edit = new ReplicaEdit(before);
  for (const index of logs) oweProof(edit, index);
  return edit.finish();
}

function countOf(replica: Replica, proof: "owed" | "shown"): number {
  return [...replica.logs.values()].filter((log) => log.proof === proof).length;
}

function show(slice: Replication, state: NodeState, flow: Flow) {
  const event = { kind: "prove", link: LINK, window_bytes: WINDOW_BYTES } as const;
  const [after, outs] = reduceReplication(slice, event, { ...state, flow, env: ENV });
  const bytes = outs.reduce((sum, out) => sum + (out.kind === "sent" ? out.bytes : 0), 0);
  const lines = outs.flatMap((out) => out.kind === "send" ? out.lines : []);
  assertEquals(lines.length * LINE_BYTES, bytes);
  return { after, bytes };
}

/** The flow where so many bytes are under way to the peer. */
function underWay({ flow }: NodeState, bytes: number): Flow {
  const link = flow.links.get(LINK)!, { acked_bytes } = link.outward;
  const outward = { ...link.outward, sent_bytes: acked_bytes + bytes };
  return { links: flow.links.set(LINK, { ...link, outward }) };
}

Deno.test("`showProofs()` shows no more at once than the window takes, and the rest later", () => {
  const count = 10, state = forked(count);
  const logs = Array.from({ length: count }, (_, at) => at);
  let replica = owing(state.replication.links.get(LINK)!, logs);
  for (let shown = 0; countOf(replica, "owed") > 0;) {
    const before = { links: state.replication.links.set(LINK, replica) };
    const { after, bytes } = show(before, state, underWay(state, 0));
    assert(bytes > 0 && bytes <= WINDOW_BYTES, `${bytes}`);
    shown += bytes / (2 * LINE_BYTES);
    replica = after.links.get(LINK)!;
    assertEquals([countOf(replica, "shown"), countOf(replica, "owed")], [shown, count - shown]);
    // Nothing more goes out before something was acknowledged.
    const again = show(after, state, underWay(state, bytes));
    assertEquals(again.bytes, 0);
    assertStrictEquals(again.after, after);
  }
});

Deno.test("`oweProof()` shows a log once, and not more than so many", () => {
  const many = Array.from({ length: 2 * PROOFS_PER_LINK_MAX }, (_, at) => at);
  const owed = owing(newReplica(), many);
  assertEquals([countOf(owed, "owed"), owed.proofs], [PROOFS_PER_LINK_MAX, PROOFS_PER_LINK_MAX]);
  const edit = new ReplicaEdit(newReplica());
  edit.change(3, { proof: "shown" });
  assertEquals(openLogs(owing(edit.finish(), [3]), ({ proof }) => proof === "owed"), []);
});

Deno.test("`oweProof()` shows who says that it has a log why that ends", () => {
  const presence = makeLine({
    origin: fakeId("ann"),
    topic: "presence",
    seq: 1,
    items: '[{"address":"ann:7000"}]',
  });
  const [node] = driveAll(linkedNode(), [linesEvent(LINK, presence)]);
  const index = node.log.keys.find(`${fakeId("ann")}/presence`);
  const fork: Uint8Array[] = ["one\n", "two\n"].map((text) => new TextEncoder().encode(text));
  const heads = node.log.heads.with(index, { ...node.log.heads[index], fork: [fork[0], fork[1]] });
  const log = { ...node.log, heads };
  const settled = { ...node.storage.settled, log };
  const forked = { ...node, log, storage: { ...node.storage, settled } };
  const have = JSON.stringify({ k: "have", c: { [fakeId("ann")]: { presence: 1 } }, n: 0 });
  const [told] = drive(forked, linesEvent(LINK, have));
  const [, effects] = drive(told, { kind: "tick", now_ms: told.now_ms });
  const sent = effects.flatMap((effect) => effect.kind === "send" ? effect.lines : []);
  assertEquals(sent.filter((line) => fork.includes(line)), fork);
});
