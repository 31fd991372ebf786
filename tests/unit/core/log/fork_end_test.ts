import { assert, assertEquals } from "@std/assert";
import { clockLines, splitTouched } from "../../../../src/core/wire/clock_lines.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { insertEntries } from "../../../../src/core/log/log.ts";
import { crypto, makeEntry, ORIGINS } from "../../../helpers/history.ts";
import { drive, linesEvent, linkedNode, NOW_MS } from "../../../helpers/node_subject.ts";

const [, , , dan] = ORIGINS;
const decoder = new TextDecoder();
const ONE = { origin: dan, seq: 1, items: '["one"]' };
const OTHER = { origin: dan, seq: 1, items: '["other"]' };

/** A node that knows that dan signed two entries with the number 1. */
function forked(): NodeState {
  const node = linkedNode();
  const [log] = insertEntries(node.log, [makeEntry(ONE), makeEntry(OTHER)], NOW_MS, crypto.env);
  assert(log.heads[log.keys.find(`${dan}/chat`)].fork !== null);
  return { ...node, log, settled: { log, ledger: node.ledger } };
}

Deno.test("clockLines() needs nothing more of a log that ended in a fork", () => {
  const { log } = forked(), index = log.keys.find(`${dan}/chat`);
  const has: number[] = [];
  has[index] = 7;
  const [line] = clockLines(log, [index], undefined, 8, has);
  assertEquals(line.c, { [dan]: { chat: 7 } });
  assertEquals(clockLines(log, [index], undefined)[0].c, { [dan]: { chat: 1 } });
});

Deno.test("takeGap() answers at once that a log that ended in a fork needs nothing more", () => {
  const node = forked(), [link] = node.links.keys();
  const gap = JSON.stringify({ k: "gap", o: dan, t: "chat", s: 2, e: 9 });
  const [after, effects] = drive(node, linesEvent(link, gap));
  assertEquals(after.offers.size, 0);
  const said = effects.flatMap((effect) => effect.kind === "send" ? effect.lines : [])
    .map((line) => decoder.decode(line).trim());
  assertEquals(said, [JSON.stringify({ k: "have", c: { [dan]: { chat: 9 } } })]);
});

Deno.test("splitTouched() tells what is stored, and keeps what is not yet", () => {
  const node = linkedNode(), settled = node.log;
  const [log] = insertEntries(settled, [makeEntry(ONE)], NOW_MS, crypto.env);
  const index = log.keys.find(`${dan}/chat`);
  assertEquals(splitTouched(new Set([index]), settled, log), {
    told: new Set<number>(),
    kept: new Set([index]),
  });
  assertEquals(splitTouched(new Set([index]), log, log), {
    told: new Set([index]),
    kept: new Set<number>(),
  });
});

Deno.test("insertEntries() sees a fork in what waited under a number that is delivered", () => {
  const { log } = linkedNode();
  const waiting = makeEntry({ ...ONE, deps: { [ORIGINS[0]]: 9 } });
  const [after, { forks }] = insertEntries(log, [waiting, makeEntry(OTHER)], NOW_MS, crypto.env);
  assertEquals(forks, [{ origin: dan, topic: "chat", seq: 1 }]);
  assertEquals(after.pending.entries, 0);
});
