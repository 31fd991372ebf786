import { assert, assertEquals } from "@std/assert";
import { oweProofs, showProofs } from "../../../src/core/forks.ts";
import { PROOFS_PER_LINK_MAX, WINDOW_BYTES } from "../../../src/core/limits.ts";
import type { NodeState } from "../../../src/core/node.ts";
import { Turn } from "../../../src/core/state.ts";
import { crypto } from "../../helpers/history.ts";
import { Stage } from "../../helpers/stage.ts";

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
