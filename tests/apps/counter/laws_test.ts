import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { AppEvent, AppOut, AppView } from "../../../src/core/host/app.ts";
import { newHost, topicRules } from "../../../src/core/host/slice.ts";
import { insertEntries } from "../../../src/core/log/log.ts";
import type { Entry } from "../../../src/core/log/entry.ts";
import { emptyLog, type LogState } from "../../../src/core/log/slice.ts";
import { check } from "../../helpers/check.ts";
import { hashOf, histories, makeLine, ORIGINS, type Written } from "../../helpers/history.ts";
import {
  anyOrderConverges,
  batchSizes,
  cut,
  duplicatesAreNothing,
  inputIsUnchanged,
  type Output,
  splittingChangesNothing,
  type Subject,
} from "../../helpers/laws.ts";
import {
  CONFIG,
  driveAll,
  ENV,
  linesEvent,
  linkedNode,
  NOW_MS,
} from "../../helpers/node_subject.ts";
import { itemsOf } from "../../helpers/delivered.ts";
import { counter } from "./app.ts";
import { COUNTER, type Counter } from "./state.ts";
import { tally } from "./tally.ts";

const VIEW: AppView = {
  env: ENV,
  self: ORIGINS[0],
  name: "",
  now_ms: NOW_MS,
  network: "rumor",
  front: CONFIG.front,
  members: new Map(),
  neighbours: [],
  below: () => undefined,
};

/** Numbers as items, some of which no counter takes. */
const addItem = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -20, max: 20 }).map((add) => ({ add })) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({ add: 5_000 }, { add: 0.5 }, {}, 7, null) },
).map((item) => JSON.stringify(item));
const written = histories(addItem, COUNTER);

/** The log with the counter behind it, and the app that builds on that. */
interface Folded {
  readonly log: LogState;
  readonly state: Counter;
  readonly heights: readonly number[];
}

const EMPTY: Folded = {
  log: emptyLog(ORIGINS[0], topicRules([counter])),
  state: counter.initial(CONFIG, []) as Counter,
  heights: tally.initial(CONFIG, []) as readonly number[],
};

function reduce(before: Folded, events: readonly AppEvent[]): readonly [Folded, Output] {
  let { state, heights } = before;
  const outs: AppOut[] = [];
  for (const event of events) {
    const [after, given] = counter.reduce!(state, event, VIEW);
    state = after as Counter;
    for (const out of given) {
      if (out.kind === "order") {
        const ordered = { ...out, kind: "ordered", by: COUNTER } as const;
        heights = tally.reduce!(heights, ordered, VIEW)[0] as readonly number[];
      } else outs.push(out);
    }
  }
  const same = state === before.state && heights === before.heights;
  return [same ? before : { ...before, state, heights }, channelsOf(outs)];
}

/** A timer that is set again to the same time is one timer. */
function channelsOf(outs: readonly AppOut[]): Output {
  const ignored = outs.filter(({ kind }) => kind === "ignored");
  const rows = outs.filter(({ kind }) => kind === "row");
  return { ignored, rows, told: outs.filter(({ kind }) => kind === "tell") };
}

/** What the host makes of delivered entries. */
function eventsOf(entries: readonly Entry[]): AppEvent[] {
  const items = itemsOf(entries);
  return items.length > 0 ? [{ kind: "delivered", items }] : [];
}

/** What comes in is what a log delivers, whatever came to that. */
function subject(inputs: fc.Arbitrary<readonly Written[]> = written): Subject<Folded, Written> {
  return {
    empty: () => EMPTY,
    reduce: (before, batch) => {
      const entries = batch.map(({ entry }) => entry);
      const [log, { delivered }] = insertEntries(before.log, entries, NOW_MS, ENV);
      const items = itemsOf(delivered.map(({ entry }) => entry));
      const [after, output] = reduce(
        before,
        items.length > 0 ? [{ kind: "delivered", items }] : [],
      );
      return [log === before.log ? after : { ...after, log }, output];
    },
    inputs,
    meaning: ({ state: { total, by_origin }, heights }) => ({
      total,
      by_origin: [...by_origin].sort(),
      last: heights.at(-1) ?? 0,
      added: heights.length,
    }),
    news: ["ignored", "rows"],
  };
}

Deno.test("the counter leaves its input unchanged", () => inputIsUnchanged(subject()));

Deno.test("the counter does the same however a batch is split", () => {
  splittingChangesNothing(subject());
});

Deno.test("the counter does nothing about what it has counted", () => {
  duplicatesAreNothing(subject());
});

Deno.test("the counter ends with the same sums in any order", () => anyOrderConverges(subject()));

Deno.test("a fork takes back the same, whenever it is proved", () => {
  check(
    fc.property(
      written.filter((all) => all.length > 0),
      fc.nat(),
      fc.nat(),
      batchSizes,
      (all, one, at, sizes) => {
        const { origin, seq } = all[one % all.length].entry;
        const forked = { kind: "forked", origin, topic: COUNTER, entry: seq } as const;
        const end = all.findIndex(({ entry }) => entry.origin === origin && entry.seq === seq);
        const through = (written: readonly Written[], from: Folded) =>
          cut(written, sizes).reduce(
            (state, batch) => reduce(state, eventsOf(batch.map(({ entry }) => entry)))[0],
            from,
          );
        // A log that ended delivers nothing more; the others do.
        const isLost = ({ entry }: Written) => entry.origin === origin && entry.seq >= seq;
        const [last] = reduce(through(all, EMPTY), [forked]);
        const early = end + at % (all.length - end);
        const [soon] = reduce(through(all.slice(0, early), EMPTY), [forked]);
        const rest = through(all.slice(early).filter((one) => !isLost(one)), soon);
        assertEquals(sumsOf(rest), sumsOf(last));
        const [again] = reduce(last, [forked]);
        assertStrictEquals(again, last);
        assertEquals(last.heights.at(-1) ?? 0, last.state.total);
        assertEquals(last.heights.length, last.state.steps.length);
      },
    ),
  );
});

Deno.test("a number and another version of it that come at once do not count", () => {
  const node = linkedNode(), [origin] = ORIGINS;
  const state = { ...node, host: newHost([counter], CONFIG) };
  const line = (seq: number, previous: string, add: number) =>
    makeLine({ origin, topic: COUNTER, seq, first: seq, previous, items: `[{"add":${add}}]` });
  const one = line(1, "", 3), two = line(2, hashOf(one), 4), other = line(2, hashOf(one), 5);
  const totalAfter = (...batches: Uint8Array[][]) => {
    const events = batches.map((lines) => linesEvent(1, ...lines));
    return (driveAll(state, events)[0].host.states.get(COUNTER) as Counter).total;
  };
  assertEquals(totalAfter([one, two]), 7);
  assertEquals(totalAfter([one], [two], [other]), 3);
  assertEquals(totalAfter([one, two, other]), 3);
  // The version of the second that is here is not the one that the third comes after.
  assertEquals(totalAfter([one, two, line(3, hashOf(other), 6)]), 3);
});

/** Sums that are not 0: somebody who added nothing, and somebody unknown, add the same. */
function sumsOf({ state }: Folded): unknown {
  return [state.total, [...state.by_origin].filter(([, sum]) => sum !== 0).sort()];
}
