import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  beginPrinting,
  type Front,
  frontLagBytes,
  frontTopic,
  isDrained,
  newFront,
  offerDelivered,
  pumpFront,
  takePrinted,
} from "../../../../src/core/output/front.ts";
import { emptyLedger, reduceLedger } from "../../../../src/apps/ledger/ledger.ts";
import { FRONT_WINDOW_BYTES } from "../../../../src/core/data/limits.ts";
import {
  emptyLog,
  insertEntries,
  type LogState,
  skipEntries,
  trimLog,
} from "../../../../src/core/log/log.ts";
import type { FrontConfig, Printed } from "../../../../src/core/types.ts";
import { check } from "../../../helpers/check.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";
import { crypto, histories, makeEntry, ORIGINS, type Written } from "../../../helpers/history.ts";

const [ann, bob] = ORIGINS;
const LEDGER = emptyLedger();
const text = fc.string({ maxLength: 12 }).map((item) => JSON.stringify(item.replaceAll("\n", "")));
const CHAT: FrontConfig = {
  app: "chat",
  topic: "chat",
  echo: true,
  history: null,
  dedup_text: false,
};

function logOf(written: readonly Written[], self = ann): LogState {
  const entries = written.map(({ entry }) => entry);
  return insertEntries(emptyLog(self), entries, 0, crypto.env)[0];
}

/** Prints all there is; the output takes it at once, or nothing at all. */
function pumpAll(front: Front, log: LogState, takes = true): [Front, Printed[]] {
  const all: Printed[] = [];
  for (;;) {
    const [after, records, bytes] = pumpFront(deepFreeze(front), log, LEDGER);
    all.push(...records);
    front = takes ? takePrinted(after, bytes, 0) : after;
    if (records.length === 0) return [front, all];
  }
}

/** Each item with its number, and gaps. */
function show(records: readonly Printed[]): string[] {
  return records.flatMap((record) => {
    if (record.kind === "gap") return [`gap ${record.gap.from}-${record.gap.to}`];
    if (record.kind === "applied") return [record.transaction.id];
    if (record.kind === "private") throw new Error("The front prints no private messages");
    const { origin, first } = record;
    return record.items.map((item, at) =>
      `${origin.slice(0, 3)} ${first + at} ${JSON.stringify(item)}`
    );
  });
}

/** All items in the order of their delivery. */
function itemsOf(log: LogState, written: readonly Written[]): string[] {
  const byKey = new Map(written.map(({ entry }) => [`${entry.origin} ${entry.seq}`, entry]));
  const records = [...log.topics.get("chat")?.order.from() ?? []].map((stored): Printed => {
    const { origin } = log.heads[stored.log];
    const { topic, time_ms, seq, deps, first, items } = byKey.get(`${origin} ${stored.seq}`)!;
    return { kind: "items", topic, origin, time_ms, entry: seq, deps, first, items };
  });
  return show(records);
}

Deno.test("`pumpFront()` prints every item once, in the order of delivery", () => {
  check(
    fc.property(histories(text), fc.nat(30), fc.boolean(), (written, cut, hot) => {
      const entries = written.map(({ entry }) => entry);
      const printed: string[] = [];
      let front = newFront(CHAT, false), log = emptyLog(ann);
      for (const part of [entries.slice(0, cut), entries.slice(cut)]) {
        const [after, output] = insertEntries(log, part, 0, crypto.env);
        log = after;
        // What was just delivered is at hand, or read again from its bytes.
        if (hot) front = offerDelivered(deepFreeze(front), output.delivered);
        const [next, records] = pumpAll(front, log);
        printed.push(...show(records));
        front = next;
      }
      assertEquals(printed, itemsOf(log, written));
      assert(isDrained(front, log, LEDGER));
      assertEquals([front.ready.length, front.ready_bytes], [0, 0]);
    }),
    200,
  );
});

Deno.test("`pumpFront()` leaves out own items where they are not to be echoed", () => {
  check(
    fc.property(histories(text), (written) => {
      const log = logOf(written);
      const [, records] = pumpAll(newFront({ ...CHAT, echo: false }, false), log);
      const others = itemsOf(log, written).filter((text) => !text.startsWith("ann"));
      assertEquals(show(records), others);
    }),
  );
});

Deno.test("`pumpFront()` stops when the output owes a window", () => {
  const items = JSON.stringify(["x".repeat(100_000)]);
  const written = ORIGINS.slice(0, 3).map((origin) => makeEntry({ origin, seq: 1, items }));
  let log = emptyLog(ann);
  for (const entry of written) [log] = insertEntries(log, [entry], 0, crypto.env);
  const front = { ...newFront(CHAT, false), unprinted_bytes: FRONT_WINDOW_BYTES - 150_000 };
  const [full, records] = pumpAll(front, log, false);
  assertEquals(records.length, 2);
  assertStrictEquals(pumpFront(full, log, LEDGER)[0], full);
  assert(frontLagBytes(full, log) > 100_000);
  assert(!isDrained(full, log, LEDGER));
  const [empty, rest] = pumpAll(takePrinted(full, full.unprinted_bytes, 9), log);
  assertEquals([rest.length, frontLagBytes(empty, log)], [1, 0]);
});

Deno.test("`beginPrinting()` leaves out all but the last items of history", () => {
  const numbers = fc.tuple(fc.nat(30), fc.nat(20));
  check(
    fc.property(histories(text), numbers, (written, [known, history]) => {
      const before = logOf(written.slice(0, known)), log = logOf(written);
      // The clock of the peer that was joined says what is history.
      const clock = new Map(before.clock.map((seq, index) => [index, seq]));
      const waiting = newFront({ ...CHAT, history }, true);
      assertEquals(show(pumpAll(waiting, log)[1]), []);
      const [, records] = pumpAll(beginPrinting(waiting, log, LEDGER, clock), log);
      const all = itemsOf(log, written), old = itemsOf(before, written);
      const skip = Math.max(0, old.length - history);
      assertEquals(show(records), all.slice(skip));
    }),
    200,
  );
});

Deno.test("`pumpFront()` tells of a gap, before what comes behind it", () => {
  const previous = "A".repeat(43);
  const behind = makeEntry({ origin: bob, seq: 5, previous, first: 9, items: '["e"]' });
  const [first] = [makeEntry({ origin: bob, seq: 1, items: '["a"]' })];
  const [log] = insertEntries(emptyLog(ann), [first, behind], 0, crypto.env);
  const gap = { origin: bob, topic: "chat", from: 2, to: 4 };
  const [skipped] = skipEntries(log, gap, crypto.env);
  const front = { ...newFront(CHAT, false), gapped: true };
  assertEquals(show(pumpAll(front, skipped)[1]), ['bob 1 "a"', "gap 2-4", 'bob 9 "e"']);
});

Deno.test("`pumpFront()` tells of what was dropped before it was printed", () => {
  check(
    fc.property(histories(text), fc.nat(9_000), (written, keep_bytes) => {
      const whole = logOf(written), log = trimLog(whole, keep_bytes);
      const [, records] = pumpAll(newFront(CHAT, false), log);
      const gaps = records.flatMap((record) => record.kind === "gap" ? [record.gap] : []);
      // Each entry was either printed or told of.
      const told = gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
      const [kept, entries] = [log, whole].map(({ topics }) =>
        topics.get("chat")?.order.length ?? 0
      );
      assertEquals(told + kept, entries);
      const items = show(records.filter(({ kind }) => kind === "items"));
      const all = itemsOf(whole, written);
      assertEquals(items, all.slice(all.length - items.length));
    }),
  );
});

Deno.test("`pumpFront()` prints each text once where that was asked for", () => {
  const texts = fc.array(
    fc.array(fc.constantFrom("ok", "no", "", { base64: "" }), {
      maxLength: 4,
    }),
    { maxLength: 3 },
  );
  check(
    fc.property(texts, (all) => {
      const entries = all.map((items, index) =>
        makeEntry({ origin: ORIGINS[index], seq: 1, items: JSON.stringify(items) })
      );
      const [log] = insertEntries(emptyLog(ann), entries, 0, crypto.env);
      const [, records] = pumpAll(newFront({ ...CHAT, dedup_text: true }, false), log);
      const printed = records.flatMap((record) => record.kind === "items" ? record.items : []);
      const unique = new Map(all.flat().map((item) => [JSON.stringify(item), item]));
      assertEquals(printed, [...unique.values()]);
    }),
  );
});

Deno.test({
  name: "`pumpFront()` counts no bytes that are not handed to the output",
  fn: () => {
    const entries = [ann, bob].map((origin) => makeEntry({ origin, seq: 1, items: '["ok"]' }));
    let front = newFront({ ...CHAT, dedup_text: true }, false), log = emptyLog(ann);
    for (const entry of entries) {
      [log] = insertEntries(log, [entry], 0, crypto.env);
      const [after, records, bytes] = pumpFront(front, log, LEDGER);
      assertEquals(bytes > 0, records.length > 0);
      front = records.length > 0 ? takePrinted(after, bytes, 0) : after;
    }
    assert(isDrained(front, log, LEDGER));
  },
});

Deno.test("`pumpFront()` prints applied transactions, the last ones of history only if asked", () => {
  const items = Array.from({ length: 5 }, (_, number) => ({
    origin: ann,
    number,
    item: { id: `t${number}`, from: "a", to: "b", amount: 1 },
  }));
  const [ledger] = reduceLedger(LEDGER, items), log = emptyLog(ann);
  const config = { ...CHAT, app: "ledger", topic: "ledger" } as const;
  const print = (front: Front) => show(pumpFront(front, log, ledger)[1]);
  assertEquals(print(newFront(config, false)), ["t0", "t1", "t2", "t3", "t4"]);
  const waiting = newFront({ ...config, history: 2 }, true);
  assertEquals(print(waiting), []);
  const begun = beginPrinting(waiting, log, ledger, new Map());
  assertEquals(print(begun), ["t3", "t4"]);
  assert(!isDrained(begun, log, ledger));
  const [full] = pumpFront({ ...begun, unprinted_bytes: FRONT_WINDOW_BYTES }, log, ledger);
  assertEquals(full.cursor, begun.cursor);
  assertEquals(frontTopic(config), "ledger");
});

Deno.test("`pumpFront()` prints nothing where the node only relays", () => {
  const [log] = insertEntries(emptyLog(ann), [makeEntry({ origin: bob, seq: 1 })], 0, crypto.env);
  const front = newFront({ ...CHAT, app: "none" }, false);
  assertStrictEquals(pumpFront(front, log, LEDGER)[0], front);
  assert(isDrained(front, log, LEDGER));
  assertEquals(frontTopic(CHAT), "chat");
});
