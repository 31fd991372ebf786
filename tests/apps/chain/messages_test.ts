import { assertEquals } from "@std/assert";
import type { AppOut } from "../../../src/core/host/app.ts";
import type { Json } from "../../../src/core/types.ts";
import { chain } from "../../../src/apps/chain/app.ts";
import { ORIGINS } from "../../helpers/history.ts";
import { Follower } from "./follower.ts";
import { blockOn, emptyTree } from "./stage.ts";

const NOW_MS = 1_700_000_000_000;
const [ann] = ORIGINS;

function hear(node: Follower, ...items: readonly Json[]): readonly AppOut[] {
  return node.tell({ kind: "message", from: ann, name: "ann", time_ms: NOW_MS, items });
}

function drops(outs: readonly AppOut[]): readonly AppOut[] {
  return outs.filter(({ kind }) => kind === "drop");
}

Deno.test("`takeMessage()` drops a neighbour that sends as a block what is none", () => {
  const node = new Follower(NOW_MS), block = blockOn(emptyTree().best, []);
  const easy = { ...block, target: "f".repeat(64) };
  for (
    const bad of [null, 7, "block", [], {}, { ...block, index: 0 }, { ...block, more: 1 }, easy]
  ) {
    const [out, ...more] = drops(hear(node, { block: bad as unknown as Json }));
    assertEquals([(out as { peer?: string }).peer, more.length], [ann, 0], JSON.stringify(bad));
  }
  assertEquals(node.state.tree!.by_hash.size, 1);
  assertEquals(drops(hear(node, { block: block as unknown as Json })), []);
  assertEquals(node.state.tree!.by_hash.size, 2);
  // What makes no sense otherwise costs nothing, and later versions may say more.
  assertEquals(hear(node, null, 7, [], { want: 7 }, { want: "x" }, { best: 7 }, { more: 1 }), []);
});

Deno.test("a node that follows no chain says only that, and drops nobody", () => {
  const event = { kind: "message", from: ann, name: "", time_ms: NOW_MS } as const;
  const say = (items: readonly Json[]) =>
    chain.reduce!(null, { ...event, items }, null as never)[1];
  assertEquals(say([{ block: 7 }, { want: "x" }]), []);
  assertEquals(say([{ best: true }]).length, 1);
});
