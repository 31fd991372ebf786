import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { type Applied, emptyLedger, reduceLedger } from "../../../../src/apps/ledger/ledger.ts";
import { FRONT_WINDOW_BYTES } from "../../../../src/core/data/limits.ts";
import { insertEntries, skipEntries, trimLog } from "../../../../src/core/log/log.ts";
import { emptyLog, type LogState } from "../../../../src/core/log/slice.ts";
import { promised } from "../../../../src/core/output/slice.ts";
import type { Printed } from "../../../../src/core/types.ts";
import type { FrontConfig } from "../../../../src/core/data/config.ts";
import { check } from "../../../helpers/check.ts";
import { Front } from "../../../helpers/front.ts";
import { histories, makeEntry, ORIGINS, type Written } from "../../../helpers/history.ts";
import { ENV } from "../../../helpers/node_subject.ts";

const [ann, bob] = ORIGINS;
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
  return insertEntries(emptyLog(self), entries, 0, ENV)[0];
}

/** Each item with its number, and gaps. */
function show(records: readonly Printed[]): string[] {
  return records.flatMap((record) => {
    if (record.kind === "gap") return [`gap ${record.gap.from}-${record.gap.to}`];
    if (record.kind === "record") {
      return [(record.record as unknown as Applied).transaction.id];
    }
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

Deno.test("`pump()` prints every item once, in the order of delivery", () => {
  check(
    fc.property(histories(text), fc.nat(30), fc.boolean(), (written, cut, hot) => {
      const entries = written.map(({ entry }) => entry);
      const printed: string[] = [];
      const front = new Front(CHAT);
      let log = emptyLog(ann);
      for (const part of [entries.slice(0, cut), entries.slice(cut)]) {
        const [after, { delivered }] = insertEntries(log, part, 0, ENV);
        log = after;
        // What was just delivered is at hand, or read again from its bytes.
        if (hot) front.tell({ kind: "delivered", delivered });
        printed.push(...show(front.show(log).pump()));
      }
      assertEquals(printed, itemsOf(log, written));
      assert(front.drained);
      assertEquals(front.state.output.ready, { delivered: [], bytes: 0 });
    }),
    200,
  );
});

Deno.test("`pump()` leaves out own items where they are not to be echoed", () => {
  check(
    fc.property(histories(text), (written) => {
      const log = logOf(written);
      const records = new Front({ ...CHAT, echo: false }).show(log).pump();
      const others = itemsOf(log, written).filter((text) => !text.startsWith("ann"));
      assertEquals(show(records), others);
    }),
  );
});

Deno.test("`pump()` stops when the output owes a window", () => {
  const items = JSON.stringify(["x".repeat(100_000)]);
  const written = ORIGINS.slice(0, 3).map((origin) => makeEntry({ origin, seq: 1, items }));
  let log = emptyLog(ann);
  for (const entry of written) [log] = insertEntries(log, [entry], 0, ENV);
  const front = new Front(CHAT).show(log).owe(FRONT_WINDOW_BYTES - 150_000);
  assertEquals(front.pump(false).length, 2);
  const full = front.state.output;
  assertEquals(front.tell({ kind: "pump" }), []);
  assertStrictEquals(front.state.output, full);
  assert(front.lag_bytes > 100_000);
  assert(!front.drained);
  front.tell({ kind: "printed", bytes: full.debt.unprinted_bytes });
  assertEquals([front.pump().length, front.lag_bytes], [1, 0]);
});

Deno.test("`begin()` leaves out all but the last items of history", () => {
  const numbers = fc.tuple(fc.nat(30), fc.nat(20));
  check(
    fc.property(histories(text), numbers, (written, [known, history]) => {
      const before = logOf(written.slice(0, known)), log = logOf(written);
      // The clock of the peer that was joined says what is history.
      const history_clock = new Map(before.clock.map((seq, index) => [index, seq]));
      const front = new Front({ ...CHAT, history }, true).show(log);
      assertEquals(front.pump(), []);
      front.tell({ kind: "begun", history_clock });
      const records = front.pump();
      const all = itemsOf(log, written), old = itemsOf(before, written);
      const skip = Math.max(0, old.length - history);
      assertEquals(show(records), all.slice(skip));
    }),
    200,
  );
});

Deno.test("`pump()` tells of a gap, before what comes behind it", () => {
  const previous = "A".repeat(43);
  const behind = makeEntry({ origin: bob, seq: 5, previous, first: 9, items: '["e"]' });
  const [first] = [makeEntry({ origin: bob, seq: 1, items: '["a"]' })];
  const [log] = insertEntries(emptyLog(ann), [first, behind], 0, ENV);
  const gap = { origin: bob, topic: "chat", from: 2, to: 4 };
  const front = new Front(CHAT).show(skipEntries(log, gap, ENV)[0]);
  front.tell({ kind: "gapped", gap });
  assertEquals(show(front.pump()), ['bob 1 "a"', "gap 2-4", 'bob 9 "e"']);
});

Deno.test("`pump()` tells of what was dropped before it was printed", () => {
  check(
    fc.property(histories(text), fc.nat(9_000), (written, keep_bytes) => {
      const whole = logOf(written), log = trimLog(whole, keep_bytes);
      const records = new Front(CHAT).show(log).pump();
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

Deno.test("`pump()` prints each text once where that was asked for", () => {
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
      const [log] = insertEntries(emptyLog(ann), entries, 0, ENV);
      const records = new Front({ ...CHAT, dedup_text: true }).show(log).pump();
      const printed = records.flatMap((record) => record.kind === "items" ? record.items : []);
      const unique = new Map(all.flat().map((item) => [JSON.stringify(item), item]));
      assertEquals(printed, [...unique.values()]);
    }),
  );
});

Deno.test("`pump()` counts no bytes that are not handed to the output", () => {
  const entries = [ann, bob].map((origin) => makeEntry({ origin, seq: 1, items: '["ok"]' }));
  const front = new Front({ ...CHAT, dedup_text: true });
  let log = emptyLog(ann);
  for (const entry of entries) {
    [log] = insertEntries(log, [entry], 0, ENV);
    // It prints nothing that has no bytes, and no bytes for nothing.
    front.show(log).pump();
    assertEquals(front.state.output.debt.unprinted_bytes, 0);
  }
  assert(front.drained);
});

Deno.test("`pump()` prints records of an app, the last ones of history only if asked", () => {
  const items = Array.from({ length: 5 }, (_, number) => ({
    origin: ann,
    number,
    item: { id: `t${number}`, from: "a", to: "b", amount: 1 },
    time_ms: 1,
  }));
  const [ledger] = reduceLedger(emptyLedger(), items), log = emptyLog(ann);
  const config = { ...CHAT, app: "ledger", topic: "ledger" };
  const whole = new Front(config).show(log, ledger);
  assertEquals(show(whole.pump()), ["t0", "t1", "t2", "t3", "t4"]);
  const front = new Front({ ...config, history: 2 }, true).show(log, ledger);
  assertEquals(front.pump(), []);
  front.tell({ kind: "begun", history_clock: new Map() });
  const { state } = front;
  assert(!front.drained);
  assertEquals(front.owe(FRONT_WINDOW_BYTES).pump(), []);
  assertEquals(front.state.output.place, state.output.place);
  front.state = state;
  assertEquals(show(front.pump()), ["t3", "t4"]);
  assert(front.drained);
});

Deno.test("`pump()` prints beside the cursor what an app has to say at once, where it was said", () => {
  const log = logOf([]);
  for (const app of ["chat", "none"]) {
    const front = new Front({ ...CHAT, app }).show(log);
    front.tell({ kind: "record", app: "private", record: "hush", bytes: 9 });
    assertEquals(promised(front.state.output), 1);
    const [print, ...more] = front.tell({ kind: "pump" });
    const records = [{ kind: "record", app: "private", record: "hush" } as const];
    assertEquals([print, more], [{ kind: "print", records, bytes: 9 }, []]);
    assertEquals(front.state.output.debt.unprinted_bytes, 9);
    front.tell({ kind: "printed", bytes: 9 });
    assertEquals([front.state.output.debt.answered, front.drained], [1, true]);
  }
});

Deno.test("`pump()` prints nothing where the node only relays", () => {
  const [log] = insertEntries(emptyLog(ann), [makeEntry({ origin: bob, seq: 1 })], 0, ENV);
  const front = new Front({ ...CHAT, app: "none" }).show(log), { output } = front.state;
  assertEquals(front.tell({ kind: "pump" }), []);
  assertStrictEquals(front.state.output, output);
  assert(front.drained);
});
