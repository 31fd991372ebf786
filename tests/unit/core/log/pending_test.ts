import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { PENDING_BYTES_MAX, PENDING_ENTRIES_MAX } from "../../../../src/core/data/limits.ts";
import {
  missingOf,
  noPending,
  type Pending,
  PendingEdit,
  waiveFirst,
} from "../../../../src/core/log/pending.ts";
import { check } from "../../../helpers/check.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";
import { makeEntry, ORIGINS } from "../../../helpers/history.ts";

const [ann, bob, cyd] = ORIGINS;

function entryOf(seq: number, deps = {}, items = "[]") {
  const previous = seq === 1 ? "" : "A".repeat(43);
  return makeEntry({ origin: ann, seq, previous, deps, items });
}

/** One edit of what waits. */
function edit(pending: Pending, change: (edit: PendingEdit) => void): Pending {
  const one = new PendingEdit(deepFreeze(pending));
  change(one);
  return one.finish();
}

function seqsOf(pending: Pending): Record<number, number[]> {
  return Object.fromEntries(
    [...pending.logs].map(([index, waiting]) => [index, waiting.map(({ entry }) => entry.seq)]),
  );
}

Deno.test("`PendingEdit` keeps each log sorted, each number once, and counts right", () => {
  const changes = fc.array(
    fc.record({
      index: fc.nat(2),
      seq: fc.integer({ min: 1, max: 9 }),
      drop: fc.boolean(),
      ends: fc.boolean(),
    }),
    { maxLength: 40, size: "max" },
  );
  check(
    fc.property(changes, (list) => {
      let pending = noPending(), one = new PendingEdit(pending);
      const model = new Map<number, Set<number>>();
      for (const { index, seq, drop, ends } of list) {
        const seqs = model.get(index) ?? new Set();
        model.set(index, seqs);
        if (drop) {
          one.dropUntil(index, seq);
          for (const other of [...seqs]) if (other <= seq) seqs.delete(other);
        } else {
          assert(one.add(index, entryOf(seq), 1));
          seqs.add(seq);
        }
        assertEquals(one.first(index)?.entry.seq, [...seqs].sort()[0]);
        if (ends) {
          pending = deepFreeze(one.finish());
          one = new PendingEdit(pending);
        }
      }
      const waiting = [...model].filter(([, seqs]) => seqs.size > 0);
      const after = one.finish();
      assertEquals(
        seqsOf(after),
        Object.fromEntries(waiting.map(([index, seqs]) => [index, [...seqs].sort()])),
      );
      const lines = [...after.logs.values()].flat().map(({ entry }) => entry.line.length);
      assertEquals([after.entries, after.bytes], [
        lines.length,
        lines.reduce((sum, length) => sum + length, 0),
      ]);
      assertEquals(one.is_empty, after.entries === 0);
    }),
    300,
  );
});

Deno.test("`PendingEdit.add()` refuses what is too much in number or bytes", () => {
  const full = edit(noPending(), (one) => {
    for (let seq = 1; seq <= PENDING_ENTRIES_MAX; seq++) assert(one.add(seq % 64, entryOf(seq), 1));
    assert(!one.add(99, entryOf(1), 1));
    // What waits already may come again.
    assert(one.add(1, entryOf(1), 1));
  });
  assertEquals(full.entries, PENDING_ENTRIES_MAX);
  const large = entryOf(1, {}, JSON.stringify(["x".repeat(250_000)]));
  const heavy = edit(noPending(), (one) => {
    for (let index = 0; one.add(index, large, 1); index++);
  });
  assertEquals(heavy.entries, Math.floor(PENDING_BYTES_MAX / large.line.length));
});

Deno.test("`PendingEdit.wake()` gives each waiter once, when its entry is reached", () => {
  const waiting = edit(noPending(), (one) => {
    one.wait(1, "a", 3);
    one.wait(2, "a", 5);
    one.wait(3, "b", 1);
  });
  const woken = edit(waiting, (one) => {
    assertEquals(one.wake("a", 2), []);
    assertEquals(one.wake("a", 4), [1]);
    assertEquals(one.wake("a", 4), []);
    assertEquals(one.wake("c", 9), []);
  });
  assertEquals(woken.waits, new Map([["a", new Map([[2, 5]])], ["b", new Map([[3, 1]])]]));
  assertEquals(edit(woken, (one) => assertEquals(one.wake("a", 5), [2])).waits.size, 1);
});

Deno.test("`PendingEdit.finish()` returns the same reference where nothing changed", () => {
  const pending = edit(noPending(), (one) => one.add(0, entryOf(2), 1));
  const same = edit(pending, (one) => {
    one.add(0, entryOf(2), 1);
    one.dropUntil(0, 1);
    one.dropUntil(7, 1);
    one.wake("a", 1);
  });
  assertStrictEquals(same, pending);
});

Deno.test("`missingOf()` names predecessors and causes, `waiveFirst()` gives the causes up", () => {
  const one = edit(noPending(), (edit) => edit.add(0, entryOf(5, { [bob]: 3, [cyd]: 1 }), 1));
  const [waiting] = one.logs.get(0)!;
  const topic = "chat";
  assertEquals(missingOf(waiting, 2, () => 1), {
    before: { origin: ann, topic, from: 3, to: 4 },
    causes: [{ origin: bob, topic, from: 2, to: 3 }],
  });
  const [waived] = waiveFirst(deepFreeze(one), 0).logs.get(0)!;
  assertEquals(missingOf(waived, 4, () => 1), { before: null, causes: [] });
});
