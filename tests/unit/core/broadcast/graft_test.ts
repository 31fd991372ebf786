import { assert, assertEquals } from "@std/assert";
import { AHEAD_MAX, GRAFT_MS } from "../../../../src/core/data/limits.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { reduceBroadcast } from "../../../../src/core/broadcast/reduce.ts";
import type { BroadcastEvent, BroadcastOut } from "../../../../src/core/broadcast/turn.ts";
import type { Entry } from "../../../../src/core/log/entry.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { tellRoom } from "../../../helpers/rooms.ts";
import { Stage } from "../../../helpers/stage.ts";

const [ANN, BOB] = ["ann", "bob"].map(fakeId);

/** A node that spreads along trees and is linked to some others. */
function staged(...names: string[]): Stage {
  const stage = new Stage(...names);
  stage.node = { ...stage.node, config: { ...stage.node.config, spread: "tree" } };
  return stage;
}

function tell(
  state: NodeState,
  event: BroadcastEvent,
): [NodeState, readonly BroadcastOut[]] {
  return tellRoom(state, "broadcast", reduceBroadcast, event);
}

/** A new entry of an origin came on a link. */
function first(state: NodeState, link: number, origin: string): NodeState {
  return tell(state, { kind: "first", link, entries: [{ origin } as Entry] })[0];
}

/** A peer says how far a log goes at its end. */
function ahead(state: NodeState, link: number, key: string, seq: number): NodeState {
  return tell(state, { kind: "announced", link, clock: [[key, seq]] })[0];
}

Deno.test("`graftMissing()` asks for what a peer promised, and ever more seldom where it does not come", () => {
  const stage = staged("ann", "bob");
  stage.node = ahead(stage.node, 1, `${fakeId("cyd")}/chat`, 5);
  stage.pass(GRAFT_MS / 2);
  assertEquals(stage.node.counts.get("grafts"), undefined);
  stage.pass(GRAFT_MS);
  assertEquals(stage.node.counts.get("grafts"), 1);
  stage.pass(60_000);
  const asked = stage.node.counts.get("grafts")!;
  assert(asked >= 4 && asked <= 9, `${asked}`);
});

Deno.test("`graftMissing()` forgets what was promised on links that are gone", () => {
  const stage = staged("ann", "bob");
  stage.node = ahead(stage.node, 1, `${fakeId("cyd")}/chat`, 5);
  stage.lose("ann");
  stage.pass(2 * GRAFT_MS);
  assertEquals(stage.node.broadcast.missing.size, 0);
});

Deno.test("`takeAnnounced()` remembers so many logs and no more", () => {
  const { node } = staged("ann");
  const clock = Array.from({ length: AHEAD_MAX + 5 }, (_, at): [string, number] => [
    `${fakeId("cyd")}/t${at}`,
    1,
  ]);
  const [full] = tell(node, { kind: "announced", link: 1, clock });
  assertEquals(full.broadcast.missing.size, AHEAD_MAX);
});

Deno.test("`takePrune()` heeds it only for origins of which something came", () => {
  const { node } = staged("ann", "bob");
  const known = first(node, 1, ANN);
  const [pruned] = tell(known, { kind: "prune", link: 2, origins: [fakeId("cyd"), ANN] });
  assertEquals([...pruned.broadcast.trees.keys()], [ANN]);
  assertEquals([...pruned.broadcast.trees.get(ANN)!.lazy], [2]);
});

Deno.test("`closeLink()` grafts others when the link that brought an origin breaks", () => {
  const { node } = staged("ann", "bob", "cyd");
  const [closed, outs] = tell(first(node, 1, BOB), { kind: "gone", link: 1 });
  assertEquals(closed.broadcast.trees.get(BOB)!.source, null);
  const grafted = outs.flatMap((out) =>
    out.kind === "send" && new TextDecoder().decode(out.lines[0]).startsWith('{"k":"graft"')
      ? [out.link]
      : []
  );
  assertEquals(grafted.sort(), [2, 3]);
});

Deno.test("`graftMissing()` asks another peer where one does not keep what it promised", () => {
  const stage = staged("ann", "bob");
  const key = `${fakeId("cyd")}/chat`;
  stage.node = ahead(ahead(stage.node, 1, key, 5), 2, key, 5);
  const asked: number[] = [];
  for (let step = 0; step < 100; step++) {
    stage.pass(100);
    const last = stage.node.broadcast.missing.get(key)!.asked;
    if (last !== 0 && last !== asked.at(-1)) asked.push(last);
  }
  assertEquals(asked.slice(0, 3), [1, 2, 1]);
});

Deno.test("`takeAnnounced()` wants nothing more of a log that ended in a fork", () => {
  const { node } = staged("ann");
  const index = node.log.keys.find(`${ANN}/presence`), line = new Uint8Array(9);
  const heads = node.log.heads.with(index, { ...node.log.heads[index], fork: [line, line] });
  const forked = { ...node, log: { ...node.log, heads } };
  assertEquals(ahead(node, 1, `${ANN}/presence`, 99).broadcast.missing.size, 1);
  assertEquals(ahead(forked, 1, `${ANN}/presence`, 99).broadcast.missing.size, 0);
});
