import { assert, assertEquals } from "@std/assert";
import { oweProofs, showProofs } from "../../../../src/core/replication/forks.ts";
import { PROOFS_PER_LINK_MAX, WINDOW_BYTES } from "../../../../src/core/data/limits.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { Turn } from "../../../../src/core/state.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { drive, linesEvent } from "../../../helpers/node_subject.ts";
import { crypto } from "../../../helpers/history.ts";
import { Stage } from "../../../helpers/stage.ts";

const LINE_BYTES = 100_000;

/** A node that holds so many logs which end in forks, each proved by two long lines. */
function forked(count: number): NodeState {
  const { node } = new Stage("ann");
  const line = new Uint8Array(LINE_BYTES);
  const [head] = node.settled.log.heads;
  const heads = Array.from({ length: count }, () => ({ ...head, fork: [line, line] as const }));
  return { ...node, settled: { ...node.settled, log: { ...node.settled.log, heads } } };
}

Deno.test("`showProofs()` shows no more at once than the window takes, and the rest later", () => {
  const count = 10, state = forked(count);
  let link = oweProofs(state.links.get(1)!, Array.from({ length: count }, (_, at) => at));
  for (let shown = 0; link.proofs.size > 0;) {
    const turn = new Turn(state, state.now_ms, crypto.env);
    const next = showProofs(turn, link);
    const sent = next.sent_bytes - link.sent_bytes;
    assert(sent > 0 && sent <= WINDOW_BYTES, `${sent}`);
    shown += sent / (2 * LINE_BYTES);
    assertEquals([next.shown.size, next.proofs.size], [shown, count - shown]);
    // Nothing more goes out before something was acknowledged.
    assertEquals(showProofs(new Turn(state, 0, crypto.env), next), next);
    link = { ...next, acked_bytes: next.sent_bytes };
  }
});

Deno.test("`oweProofs()` shows a log once, and not more than so many", () => {
  const link = forked(1).links.get(1)!;
  const many = Array.from({ length: 2 * PROOFS_PER_LINK_MAX }, (_, at) => at);
  assertEquals(oweProofs(link, many).proofs.size, PROOFS_PER_LINK_MAX);
  assertEquals(oweProofs({ ...link, shown: new Set([3]) }, [3]).proofs.size, 0);
});

Deno.test("`oweProofs()` shows who says that it has a log why that ends", () => {
  const { node } = new Stage("ann");
  const index = node.log.keys.find(`${fakeId("ann")}/presence`);
  const fork: Uint8Array[] = ["one\n", "two\n"].map((text) => new TextEncoder().encode(text));
  const heads = node.log.heads.with(index, { ...node.log.heads[index], fork: [fork[0], fork[1]] });
  const log = { ...node.log, heads };
  const forked = { ...node, log, settled: { ...node.settled, log } };
  const have = JSON.stringify({ k: "have", c: { [fakeId("ann")]: { presence: 1 } }, n: 0 });
  const [told] = drive(forked, linesEvent(1, have));
  const [, effects] = drive(told, { kind: "tick", now_ms: told.now_ms });
  const sent = effects.flatMap((effect) => effect.kind === "send" ? effect.lines : []);
  assertEquals(sent.filter((line) => fork.includes(line)), fork);
});
