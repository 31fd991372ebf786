import { assertEquals } from "@std/assert";
import type { NodeState } from "../../../../src/core/node.ts";
import { initialState } from "../../../../src/core/node.ts";
import type { Effect } from "../../../../src/core/types.ts";
import { makeLine, ORIGINS } from "../../../helpers/history.ts";
import {
  APPS,
  CONFIG,
  drive,
  driveAll,
  linesEvent,
  linkedNode,
  NOW_MS,
  startNode,
} from "../../../helpers/node_subject.ts";

const DEADLINE_MS = NOW_MS + 9_000;
const leave = { kind: "leave", now_ms: NOW_MS, deadline_ms: DEADLINE_MS } as const;

function doneOf(effects: readonly Effect[]): (boolean | undefined)[] {
  return effects.flatMap((effect) => effect.kind === "done" ? [effect.acknowledged] : []);
}

function tick(node: NodeState, now_ms: number, times = 1): [NodeState, Effect[]] {
  const all: Effect[] = [];
  for (let count = 0; count < times; count++) {
    const [after, effects] = drive(node, { kind: "tick", now_ms });
    node = after;
    all.push(...effects);
  }
  return [node, all];
}

function have(chat: number, presence: number): string {
  const topics = { ...(chat > 0 && { chat }), ...(presence > 0 && { presence }) };
  return JSON.stringify({ k: "have", c: { [CONFIG.id]: topics } });
}

const said = {
  kind: "publish",
  now_ms: NOW_MS,
  topic: "chat",
  items: ["x"],
  first_tag: 1,
} as const;

/** A node with three peers that said something and wants to leave. */
function leaving(): NodeState {
  return driveAll(linkedNode({ front: { ...CONFIG.front, app: "none" } }), [said, leave])[0];
}

Deno.test("`advanceLeave()` waits until a peer has all own entries, says goodbye, and is done", () => {
  const waiting = leaving();
  assertEquals(waiting.membership.life.phase, "leaving");
  const [partly] = driveAll(waiting, [linesEvent(1, have(0, 1))]);
  assertEquals(partly.membership.life.phase, "leaving");
  // Different peers may hold different logs.
  const [goodbye] = driveAll(partly, [linesEvent(2, have(1, 0))]);
  assertEquals(goodbye.membership.life.phase, "goodbye");
  const [sealed] = tick(goodbye, NOW_MS, 2);
  const [done, effects] = driveAll(sealed, [linesEvent(3, have(1, 2))]);
  assertEquals([done.membership.life.phase, doneOf(effects), done.session.links.size], ["done", [
    true,
  ], 0]);
});

Deno.test("`advanceLeave()` ends by the deadline, and says whether all was acknowledged", () => {
  const [done, effects] = tick(leaving(), DEADLINE_MS);
  assertEquals([done.membership.life.phase, doneOf(effects)], ["done", [false]]);
  const [goodbye] = driveAll(leaving(), [linesEvent(1, have(1, 1))]);
  assertEquals(doneOf(tick(goodbye, DEADLINE_MS)[1]), [true]);
});

Deno.test("`advanceLeave()` waits for the output", () => {
  const [sealed] = driveAll(linkedNode(), [said, leave]);
  const [printing] = driveAll(sealed, [linesEvent(1, have(1, 1))]);
  assertEquals([printing.membership.life.phase, printing.output.debt.unprinted_bytes > 0], [
    "leaving",
    true,
  ]);
  const bytes = printing.output.debt.unprinted_bytes;
  const [after] = driveAll(printing, [{ kind: "printed", now_ms: NOW_MS, bytes }]);
  assertEquals(after.membership.life.phase, "goodbye");
});

Deno.test("`beginLeave()` is done at once where nobody else is there", () => {
  const front = { ...CONFIG.front, app: "none" } as const;
  assertEquals(doneOf(driveAll(startNode({ front }, 0), [said, leave])[1]), [true]);
  const fresh = initialState(CONFIG, 1, APPS);
  assertEquals(doneOf(driveAll(fresh, [leave])[1]), [true]);
});

Deno.test("`beginLeave()` only ever brings the deadline nearer", () => {
  const later = { ...leave, deadline_ms: DEADLINE_MS + 5_000 };
  const sooner = { ...leave, deadline_ms: NOW_MS + 100 };
  const [node] = driveAll(leaving(), [later]);
  assertEquals(node.membership.life.leave_deadline_ms, DEADLINE_MS);
  assertEquals(driveAll(node, [sooner])[0].membership.life.leave_deadline_ms, NOW_MS + 100);
  const [done] = tick(node, DEADLINE_MS);
  assertEquals(driveAll(done, [leave])[1], []);
});

Deno.test("`reduceNode()` takes what comes while it leaves", () => {
  const line = makeLine({ origin: ORIGINS[3], seq: 1, items: '["late"]' });
  const [after] = driveAll(leaving(), [linesEvent(2, line)]);
  assertEquals(after.log.keys.find(`${ORIGINS[3]}/chat`) >= 0, true);
});

Deno.test("`advanceLeave()` acknowledges what came before it is done", () => {
  const [goodbye] = driveAll(leaving(), [linesEvent(1, have(1, 1))]);
  const [sealed] = tick(goodbye, NOW_MS, 2);
  const line = makeLine({ origin: ORIGINS[3], seq: 1, items: '["late"]' });
  const [, effects] = driveAll(sealed, [linesEvent(2, line), linesEvent(3, have(1, 2))]);
  const sent = effects.flatMap((effect) =>
    effect.kind === "send" && effect.link === 2 ? effect.lines : []
  ).map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
  assertEquals(doneOf(effects), [true]);
  assertEquals(sent[0], { k: "have", c: { [ORIGINS[3]]: { chat: 1 } }, n: line.length + 1 });
  assertEquals(sent.map(({ k }) => k), ["have", "bye"]);
});
