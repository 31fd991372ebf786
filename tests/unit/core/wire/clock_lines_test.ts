import { assert, assertEquals } from "@std/assert";
import { insertEntries, skipEntries } from "../../../../src/core/log/log.ts";
import { emptyLog, type LogState } from "../../../../src/core/log/slice.ts";
import { clockLines, readClock, splitTouched } from "../../../../src/core/wire/clock_lines.ts";
import { encodeLine } from "../../../../src/core/wire/line.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { makeEntry, ORIGINS } from "../../../helpers/history.ts";
import { ENV } from "../../../helpers/node_subject.ts";

const [ann, bob, cyd, dan] = ORIGINS;
const ONE = makeEntry({ origin: dan, seq: 1, items: '["one"]' });
const OTHER = makeEntry({ origin: dan, seq: 1, items: '["other"]' });

function logOf(...entries: Parameters<typeof insertEntries>[1]): LogState {
  return insertEntries(emptyLog(ann), entries, 0, ENV)[0];
}

Deno.test("`clockLines()` and `readClock()` carry a clock of any size", () => {
  const origins = Array.from({ length: 1_001 }, (_, index) => fakeId(`n${index}`));
  const log = logOf(...origins.map((origin) => makeEntry({ origin, seq: 1 })));
  const lines = clockLines(log, log.clock.keys(), 7);
  assertEquals(lines.map((line) => line.k === "have" && [line.more, line.n]), [
    [true, undefined],
    [undefined, 7],
  ]);
  for (const line of lines) assert(encodeLine(line).length < 262_144);
  const read = lines.flatMap((line) => line.k === "have" ? [...readClock(log, line.c)] : []);
  assertEquals(read, origins.map((id, index) => ({ index, key: `${id}/chat`, seq: 1 })));
  assertEquals([...readClock(emptyLog(ann), { [bob]: { chat: 3 } })], [
    { index: -1, key: `${bob}/chat`, seq: 3 },
  ]);
});

Deno.test("`clockLines()` leaves out logs of which nothing is there", () => {
  const gap = { origin: bob, topic: "chat", from: 1, to: 4 };
  const [skipped] = skipEntries(logOf(makeEntry({ origin: ann, seq: 1 })), gap, ENV);
  const [waiting] = insertEntries(
    skipped,
    [makeEntry({ origin: cyd, seq: 3, previous: "A".repeat(43) })],
    0,
    ENV,
  );
  assertEquals(clockLines(waiting, waiting.clock.keys(), undefined), [
    { k: "have", c: { [ann]: { chat: 1 }, [bob]: { chat: 4 } } },
  ]);
});

Deno.test("`clockLines()` needs nothing more of a log that ended in a fork", () => {
  const log = logOf(ONE, OTHER), index = log.keys.find(`${dan}/chat`);
  assert(log.heads[index].fork !== null);
  const has = (log: number) => log === index ? 7 : 0;
  const [line] = clockLines(log, [index], undefined, 8, has);
  assertEquals(line.c, { [dan]: { chat: 7 } });
  assertEquals(clockLines(log, [index], undefined)[0].c, { [dan]: { chat: 1 } });
});

Deno.test("`splitTouched()` tells what is stored, and keeps what is not yet", () => {
  const settled = logOf(makeEntry({ origin: bob, seq: 1 }));
  const [log] = insertEntries(settled, [ONE], 0, ENV);
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
