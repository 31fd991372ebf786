import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { logKey } from "../../../../src/core/log/entry.ts";
import {
  forgetLogs,
  type ForgottenLog,
  recall,
  rememberForgotten,
} from "../../../../src/core/log/forgotten.ts";
import {
  ENTRY_OVERHEAD_BYTES,
  FORGOTTEN_MAX,
  WINDOW_BYTES,
} from "../../../../src/core/data/limits.ts";
import { newLinkFlow } from "../../../../src/core/flow/slice.ts";
import { insertEntries } from "../../../../src/core/log/log.ts";
import { emptyLog, type LogState } from "../../../../src/core/log/slice.ts";
import { pumpTopic } from "../../../helpers/pump_topic.ts";
import { newReplica, ReplicaEdit } from "../../../../src/core/replication/slice.ts";
import { check } from "../../../helpers/check.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";
import {
  crypto,
  hashOf,
  histories,
  makeEntry,
  ORIGINS,
  textItem,
} from "../../../helpers/history.ts";
import { ENV as env } from "../../../helpers/node_subject.ts";

const TOPICS = ["chat", "presence"];
const ME = crypto.signer("me").id;

/** Logs of two topics, of which presence has no causes. */
const written = fc.tuple(histories(textItem, "chat", 16), histories(textItem, "presence", 16));
const departing = fc.subarray(ORIGINS, { minLength: 1 });

function logOf(entries: Parameters<typeof insertEntries>[1]): LogState {
  return insertEntries(emptyLog(ME), entries, 0, env)[0];
}

function indicesOf(log: LogState, origins: readonly string[], topics = TOPICS): Set<number> {
  const all = [...log.heads.entries()];
  return new Set(
    all.filter(([, head]) => origins.includes(head.origin) && topics.includes(head.topic))
      .map(([index]) => index),
  );
}

/** Everything of the log that says where an entry stands agrees. */
function assertSound(log: LogState): void {
  let kept_bytes = 0;
  for (const [name, topic] of log.topics) {
    let offset: number | null = null;
    for (const stored of topic.order.from()) {
      assertEquals(topic.order.get(stored.at), stored);
      const { origin, entries, topic: of } = log.heads[stored.log];
      assertEquals(of, name);
      assertEquals(log.keys.find(logKey(origin, name)), stored.log);
      assert(entries.get(stored.seq) === stored);
      if (offset !== null) assertEquals(stored.offset, offset);
      offset = stored.offset + stored.line.length;
      kept_bytes += stored.line.length + ENTRY_OVERHEAD_BYTES;
    }
    if (offset !== null) assertEquals(offset, topic.bytes);
    for (const index of topic.logs.from()) assertEquals(log.heads[index].topic, name);
  }
  for (const [index, { origin, entries }] of log.heads.entries()) {
    if (origin === "") assertEquals([log.clock[index], entries.length], [0, 0]);
  }
  assertEquals(log.totals.kept_bytes, kept_bytes);
}

Deno.test("`forgetLogs()` takes logs out of the clock, and leaves the others as they were", () => {
  check(
    fc.property(written, departing, (histories, gone) => {
      const entries = histories.flat().map(({ entry }) => entry);
      const before = deepFreeze(logOf(entries));
      const { log, logs, moved } = forgetLogs(before, indicesOf(before, gone));
      assertSound(log);
      const left = entries.filter(({ origin }) => !gone.includes(origin));
      for (const topic of TOPICS) {
        const order = [...log.topics.get(topic)?.order.from() ?? []].map(({ line }) => line);
        const kept = [...before.topics.get(topic)?.order.from() ?? []];
        const expected = kept.filter((one) => !gone.includes(before.heads[one.log].origin));
        assertEquals(order, expected.map(({ line }) => line));
        assertEquals(moved.includes(topic), expected.length < kept.length);
        // Whoever stands at the end goes on from there.
        assertEquals(log.topics.get(topic)?.order.end, before.topics.get(topic)?.order.end);
      }
      for (const { origin, topic } of left) {
        const index = before.keys.find(logKey(origin, topic));
        assertEquals(log.keys.find(logKey(origin, topic)), index);
        assertEquals(log.clock[index], before.clock[index]);
      }
      for (const [origin, topic, seq] of logs) {
        assertEquals(log.keys.find(logKey(origin, topic)), -1);
        assertEquals(before.clock[before.keys.find(logKey(origin, topic))], seq);
        assertEquals(log.origins.get(origin), undefined);
      }
      assertEquals(log.keys.length, before.keys.length - logs.length);
    }),
    300,
  );
});

Deno.test("`forgetLogs()` leaves nothing that could be brought back, but lets the log go on", () => {
  check(
    fc.property(written, departing, (histories, gone) => {
      const entries = histories.flat().map(({ entry }) => entry);
      const before = logOf(entries);
      const { log, logs } = forgetLogs(before, indicesOf(before, gone));
      const [same, { delivered, rejected }] = insertEntries(log, entries, 0, env);
      const back = entries.filter(({ origin }) => gone.includes(origin));
      assertEquals([delivered, rejected.length], [[], back.length]);
      assertEquals(same.keys.length, log.keys.length);
      for (const [origin, topic, seq] of logs) {
        const last = entries.findLast((one) => one.origin === origin && one.topic === topic)!;
        const previous = hashOf(last.line.subarray(0, -1)), first = 100;
        const next = makeEntry({ origin, topic, seq: seq + 1, previous, first, items: '["on"]' });
        const [after, output] = insertEntries(log, [next], 0, env);
        assertEquals(output.delivered.map(({ entry }) => entry), [next]);
        assertEquals(after.clock[after.keys.find(logKey(origin, topic))], seq + 1);
        // Its number is one that was free.
        assertEquals(after.heads.length, log.heads.length);
        assertEquals(after.forgotten.seqs.has(logKey(origin, topic)), false);
        assertSound(after);
      }
    }),
    200,
  );
});

Deno.test("`Pump.topic()` finds its place again after logs were forgotten", () => {
  const clocks = fc.array(fc.nat(6), { minLength: 8, maxLength: 8 });
  check(
    fc.property(written, departing, clocks, (histories, gone, clock) => {
      const before = logOf(histories.flat().map(({ entry }) => entry));
      const { log } = forgetLogs(before, indicesOf(before, gone, ["presence"]));
      const has = log.clock.map((seq, index) => Math.min(seq, clock[index] ?? 0));
      const edit = new ReplicaEdit(newReplica());
      for (const [index, seq] of has.entries()) edit.learn(index, seq);
      const replica = edit.finish(), { outward } = newLinkFlow(0);
      const options = { is_guest: false, outward, window_bytes: WINDOW_BYTES };
      for (const topic of TOPICS) {
        const missing = [...log.topics.get(topic)?.order.from() ?? []]
          .filter(({ log: index, seq }) => seq > has[index]);
        const { entries, gaps } = pumpTopic(replica, log, topic, options).pump;
        const lines = entries.map(({ line }) => line);
        assertEquals([lines, gaps], [missing.map(({ line }) => line), []]);
      }
    }),
    300,
  );
});

Deno.test("`insertEntries()` takes what was forgotten for a cause that is there", () => {
  const [ann, bob] = ORIGINS;
  const question = makeEntry({ origin: ann, seq: 1, items: '["?"]' });
  const asked = logOf([question]);
  const { log } = forgetLogs(asked, indicesOf(asked, [ann]));
  const answer = makeEntry({ origin: bob, seq: 1, deps: { [ann]: 1 }, items: '["!"]' });
  assertEquals(insertEntries(log, [answer], 0, env)[1].delivered.length, 1);
  const later = makeEntry({ origin: bob, seq: 1, deps: { [ann]: 2 }, items: '["!!"]' });
  assertEquals(insertEntries(log, [later], 0, env)[1].delivered.length, 0);
});

Deno.test("`rememberForgotten()` keeps so many, and lets the oldest go", () => {
  const log = (at: number): ForgottenLog => [`origin${at}`, "chat", at + 1];
  const some = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => log(from + at));
  const full = rememberForgotten(emptyLog(ME).forgotten, some(0, FORGOTTEN_MAX));
  assertEquals([full.seqs.size, full.order.length], [FORGOTTEN_MAX, FORGOTTEN_MAX]);
  const more = rememberForgotten(full, some(FORGOTTEN_MAX, FORGOTTEN_MAX + 10));
  assertEquals([more.seqs.size, more.order.length], [FORGOTTEN_MAX, FORGOTTEN_MAX]);
  assertEquals([more.seqs.has("origin9/chat"), more.seqs.get("origin10/chat")], [false, 11]);
});

Deno.test("`recall()` takes a log off the list, which may come to stand there again", () => {
  const one: ForgottenLog = ["ann", "chat", 3];
  const [empty, seq] = recall(rememberForgotten(emptyLog(ME).forgotten, [one]), "ann/chat");
  assertEquals([empty.seqs.size, seq, recall(empty, "ann/chat")], [0, 3, [empty, 0]]);
  // Where it stood first no longer counts.
  const others = Array.from(
    { length: FORGOTTEN_MAX - 1 },
    (_, at): ForgottenLog => [`o${at}`, "chat", 1],
  );
  const again = rememberForgotten(empty, [["ann", "chat", 9], ...others]);
  assertEquals([again.seqs.get("ann/chat"), again.seqs.size], [9, FORGOTTEN_MAX]);
});
