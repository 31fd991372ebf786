import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  insertEntries,
  renameSelf,
  skipEntries,
  trimLog,
  waiveCauses,
} from "../../../../src/core/log/log.ts";
import { emptyLog, isKeptWhole, type LogState, seenLog } from "../../../../src/core/log/slice.ts";
import { type Entry, peekHeader } from "../../../../src/core/log/entry.ts";
import { TOPICS_MAX } from "../../../../src/core/data/limits.ts";
import { check } from "../../../helpers/check.ts";
import {
  entryOf,
  hashOf,
  histories,
  makeEntry,
  makeLine,
  ORIGINS,
} from "../../../helpers/history.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { ENV } from "../../../helpers/node_subject.ts";
import { keyOf } from "../../../helpers/subjects.ts";

const [ann, bob, cyd] = ORIGINS;
/** A topic that is kept whole, and one for which there is always room. */
const RULES = new Map([["chat", { whole: false }], ["ledger", { whole: true }]]);

function insert(log: LogState, ...entries: readonly Entry[]) {
  const [after, output] = insertEntries(log, entries, 5, ENV);
  return { log: after, ...output, keys: output.delivered.map(({ entry }) => keyOf(entry)) };
}

/** The entries 1 to `count` of an origin, each with one item. */
function chain(origin: string, count: number, topic = "chat"): Entry[] {
  const entries: Entry[] = [];
  for (let seq = 1, previous = ""; seq <= count; seq++) {
    const line = makeLine({ origin, topic, seq, previous, first: seq, items: `["${seq}"]` });
    entries.push(entryOf(line));
    previous = hashOf(line);
  }
  return entries;
}

Deno.test("`insertEntries()` gives each delivered entry its place", () => {
  check(
    fc.property(histories(), (written) => {
      const { log, delivered } = insert(emptyLog(ann), ...written.map(({ entry }) => entry));
      let offset = 0;
      for (const [at, { stored, entry }] of delivered.entries()) {
        assertEquals([stored.at, stored.offset, stored.arrival], [at, offset, at]);
        assertEquals([stored.seq, stored.first, stored.count], [
          entry.seq,
          entry.first,
          entry.items.length,
        ]);
        assertStrictEquals(stored.line, entry.line);
        offset += entry.line.length;
        assert(log.clock[stored.log] >= entry.seq);
      }
      assertEquals(log.topics.get("chat")?.bytes ?? 0, offset);
      assertEquals(log.totals.arrivals, delivered.length);
    }),
  );
});

Deno.test("`insertEntries()` names as fresh what others did since the own last entry", () => {
  const self = ann, [first] = chain(ann, 1), others = chain(bob, 3);
  let { log } = insert(emptyLog(self), ...others);
  assertEquals([...log.topics.get("chat")!.fresh], [[bob, 3]]);
  const own = makeEntry({ origin: self, seq: 1, deps: { [bob]: 2 }, items: "[]" });
  ({ log } = insert(log, own));
  assertEquals([...log.topics.get("chat")!.fresh], [[bob, 3]]);
  assertEquals([...insert(log, first).log.topics.get("chat")!.fresh], [[bob, 3]]);
  // Presence waits for nobody.
  const presence = chain(bob, 1, "presence");
  assertEquals(insert(log, ...presence).log.topics.get("presence")!.fresh.size, 0);
});

Deno.test("`insertEntries()` freezes a log of which it sees two versions, and no other", () => {
  const [one, two, three] = chain(ann, 3);
  const other = makeEntry({
    origin: ann,
    seq: 2,
    previous: two.previous,
    first: 2,
    items: '["x"]',
  });
  const before = insert(emptyLog(bob), one, two);
  const forked = insert(before.log, other, three, ...chain(bob, 1));
  assertEquals(forked.forks, [{ origin: ann, topic: "chat", seq: 2 }]);
  assertEquals(forked.rejected, ["fork", "frozen"]);
  assertEquals(forked.keys, [`${bob}#1`]);
  assertEquals(forked.log.heads[0].fork, [two.line, other.line]);
  // Another log of the same origin goes on.
  assertEquals(insert(forked.log, ...chain(ann, 1, "news")).keys, [`${ann}#1`]);
});

Deno.test("`insertEntries()` sees a fork in one batch, and in a hash that does not fit", () => {
  const [one, two] = chain(ann, 2);
  const other = makeEntry({ origin: ann, seq: 1, items: '["x"]' });
  assertEquals(insert(emptyLog(bob), one, other).forks.length, 1);
  const stranger = makeEntry({ origin: ann, seq: 2, previous: "A".repeat(43), first: 2 });
  const forked = insert(emptyLog(bob), one, stranger, two);
  assertEquals(forked.forks, [{ origin: ann, topic: "chat", seq: 2 }]);
  assertEquals(forked.keys, [`${ann}#1`]);
});

Deno.test("`insertEntries()` sees a fork in what waited under a number that is delivered", () => {
  const waiting = makeEntry({ origin: ann, seq: 1, deps: { [bob]: 9 }, items: '["one"]' });
  const other = makeEntry({ origin: ann, seq: 1, items: '["other"]' });
  const { log, forks } = insert(emptyLog(cyd), waiting, other);
  assertEquals(forks, [{ origin: ann, topic: "chat", seq: 1 }]);
  assertEquals(log.pending.entries, 0);
});

Deno.test("`insertEntries()` rejects what cannot be", () => {
  const [one] = chain(ann, 1);
  const miscounted = makeEntry({ origin: ann, seq: 2, previous: hashOf(lineOf(one)), first: 7 });
  assertEquals(insert(emptyLog(bob), one, miscounted).rejected, ["bad-count"]);
  const weak = makeEntry({ origin: "A".repeat(43), seq: 1 });
  const refused = insert(emptyLog(bob), weak);
  assertEquals(refused.rejected, ["bad-key"]);
  assertStrictEquals(insert(refused.log, weak).log, refused.log);
});

Deno.test("`insertEntries()` lets nobody wait for a log that ended in a fork", () => {
  const [one] = chain(ann, 1);
  const other = makeEntry({ origin: ann, seq: 1, items: '["x"]' });
  const answer = makeEntry({ origin: bob, seq: 1, deps: { [ann]: 9 }, items: '["why?"]' });
  const before = insert(emptyLog(cyd), one, answer);
  assertEquals(before.keys, [`${ann}#1`]);
  assertEquals(insert(before.log, other).keys, [`${bob}#1`]);
  assertEquals(insert(emptyLog(cyd), one, other, answer).keys, [`${ann}#1`, `${bob}#1`]);
});

Deno.test("`waiveCauses()` delivers what waited for a cause, and what waited for that", () => {
  const cause = { [ann]: 1 };
  const [first, , third] = chain(bob, 3);
  const stuck = makeEntry({ origin: bob, seq: 1, deps: cause, items: "[]" });
  const after = makeEntry({ origin: cyd, seq: 1, deps: { [bob]: 1 }, items: "[]" });
  const waiting = insert(emptyLog(ann), third, stuck, after);
  assertEquals(waiting.keys, []);
  const [log, output] = waiveCauses(waiting.log, 0, ENV);
  assertEquals(output.delivered.map(({ entry }) => keyOf(entry)), [`${bob}#1`, `${cyd}#1`]);
  assertEquals(log.pending.entries, 1);
  assertEquals(insert(log, first).forks.length, 1);
});

Deno.test("`insertEntries()` follows no more topics than it may", () => {
  const made = (origin: string, topic: string) => makeEntry({ origin, topic, seq: 1 });
  const many = ["eve", "fay", "gus", "hal", "ian"].flatMap((name) =>
    Array.from({ length: 300 }, (_, index) => made(fakeId(name), `${name}${index}`))
  );
  const { log, rejected } = insert(emptyLog(bob, RULES), ...many);
  assertEquals(log.topics.size, TOPICS_MAX);
  assertEquals(rejected.length, many.length - TOPICS_MAX);
  assertEquals(new Set(rejected), new Set(["too-many-topics"]));
  // There is room in topics that are there, for the usual ones, and for what this node says itself.
  const more = [made(ann, "eve0"), made(ann, "ledger"), made(ann, "chat"), made(bob, "mine")];
  assertEquals(insert(log, ...more).keys.length, 4);
});

Deno.test("`seenLog()` knows a duplicate by its first bytes, and lets other versions through", () => {
  const [one, two] = chain(ann, 2);
  const { log } = insert(emptyLog(bob), one);
  const look = (line: Uint8Array) => seenLog(log, peekHeader(line)!, line);
  assertEquals(look(lineOf(one)), 0);
  assertEquals(look(lineOf(two)), -1);
  assertEquals(look(makeLine({ origin: bob, seq: 1 })), -1);
  assertEquals(look(makeLine({ origin: ann, seq: 1, items: '["x"]' })), -1);
});

Deno.test("`skipEntries()` goes on behind a gap with whatever comes there", () => {
  const entries = chain(ann, 6);
  const waiting = insert(emptyLog(bob), entries[0], entries[4], entries[5]);
  assertEquals(waiting.keys, [`${ann}#1`]);
  const gap = { origin: ann, topic: "chat", from: 2, to: 4 };
  const [log, output] = skipEntries(waiting.log, gap, ENV);
  assertEquals(output.delivered.map(({ entry }) => entry.seq), [5, 6]);
  assertEquals([log.clock[0], log.pending.entries], [6, 0]);
  assertStrictEquals(skipEntries(log, gap, ENV)[0], log);
  // The one who was skipped is not looked at any more.
  assertStrictEquals(insert(log, entries[2]).log, log);
});

Deno.test("`trimLog()` drops the oldest of all topics until the rest fits, and no payment", () => {
  const order = fc.array(fc.constantFrom("chat", "news", "ledger"), { maxLength: 30, size: "max" });
  check(
    fc.property(order, fc.nat(20_000), (topics, keep_bytes) => {
      const made = {
        chat: chain(ann, 30),
        news: chain(ann, 30, "news"),
        ledger: chain(ann, 30, "ledger"),
      };
      const entries = topics.map((topic) => made[topic as keyof typeof made].shift()!);
      const { log } = insert(emptyLog(bob, RULES), ...entries);
      const trimmed = trimLog(log, keep_bytes);
      assert(trimmed.totals.kept_bytes <= keep_bytes);
      if (log.totals.kept_bytes <= keep_bytes) assertStrictEquals(trimmed, log);
      assertEquals(trimmed.clock, log.clock);
      const kept = [...trimmed.topics].flatMap(([name, { order }]) =>
        isKeptWhole(log, name) ? [] : [...order.from()]
      ).sort((a, b) => a.arrival - b.arrival);
      const all = [...log.topics].flatMap(([name, { order }]) =>
        isKeptWhole(log, name) ? [] : [...order.from()]
      ).sort((a, b) => a.arrival - b.arrival);
      assertEquals(kept, all.slice(all.length - kept.length));
      assertEquals(trimmed.topics.get("ledger"), log.topics.get("ledger"));
    }),
  );
});

function lineOf({ line }: Entry): Uint8Array {
  return line.subarray(0, -1);
}

Deno.test({
  name: "`insertEntries()` lists nobody as waiting once nothing waits",
  fn: () => {
    const stuck = makeEntry({ origin: ann, seq: 1, deps: { [cyd]: 9 } });
    const { log } = insert(emptyLog(bob), stuck);
    const [after] = waiveCauses(log, 0, ENV);
    assertEquals([after.pending.entries, after.pending.waits.size], [0, 0]);
  },
});

Deno.test("`renameSelf()` makes all that is there a cause of what the new id says", () => {
  const waiting = makeEntry({ origin: cyd, seq: 2, previous: "A".repeat(43) });
  const { log } = insert(
    emptyLog(ann),
    ...chain(bob, 1),
    ...chain(ann, 2),
    ...chain(bob, 1, "ledger"),
    ...chain(bob, 1, "presence"),
    waiting,
  );
  const dan = ORIGINS[3], renamed = renameSelf(log, dan);
  const causes = [...renamed.topics].map(([name, { fresh }]) => [name, new Map(fresh)]);
  assertEquals(renamed.self, dan);
  assertEquals(Object.fromEntries(causes), {
    chat: new Map([[bob, 1], [ann, 2]]),
    ledger: new Map([[bob, 1]]),
    presence: new Map(),
  });
});
