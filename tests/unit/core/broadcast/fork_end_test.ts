import { assert, assertEquals } from "@std/assert";
import { insertEntries } from "../../../../src/core/log/log.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { makeEntry, ORIGINS } from "../../../helpers/history.ts";
import { drive, ENV, linesEvent, linkedNode, NOW_MS } from "../../../helpers/node_subject.ts";

const [, , , dan] = ORIGINS;
const decoder = new TextDecoder();

/** A node that knows that dan signed two entries with the number 1. */
function forked(): NodeState {
  const node = linkedNode();
  const entries = ['["one"]', '["other"]'].map((items) =>
    makeEntry({ origin: dan, seq: 1, items })
  );
  const [log] = insertEntries(node.log, entries, NOW_MS, ENV);
  assert(log.heads[log.keys.find(`${dan}/chat`)].fork !== null);
  const { storage, host: { states } } = node;
  return { ...node, log, storage: { ...storage, settled: { log, states } } };
}

Deno.test("`takeGap()` answers at once that a log that ended in a fork needs nothing more", () => {
  const node = forked(), [link] = node.session.links.keys();
  const gap = JSON.stringify({ k: "gap", o: dan, t: "chat", s: 2, e: 9 });
  const [after, effects] = drive(node, linesEvent(link, gap));
  assertEquals(after.broadcast.offers.size, 0);
  const said = effects.flatMap((effect) => effect.kind === "send" ? effect.lines : [])
    .map((line) => decoder.decode(line).trim());
  assertEquals(said, [JSON.stringify({ k: "have", c: { [dan]: { chat: 9 } } })]);
});
