/**
 * The laws are not vacuous: each is shown reducers that are broken in the way it forbids, and the very
 * checker that the real reducers pass must fail, for the right reason.
 */

import { assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { type Dedup, reduceDedup } from "../../src/core/output/dedup.ts";
import { emptyLedger, reduceLedger } from "../../src/apps/ledger/ledger.ts";
import { insertEntries } from "../../src/core/log/log.ts";
import { reduceNode } from "../../src/core/node.ts";
import { anyBytes } from "../helpers/bytes.ts";
import { histories, type Written } from "../helpers/history.ts";
import * as laws from "../helpers/laws.ts";
import { nodeSubject, type ReduceNode, relayed } from "../helpers/node_subject.ts";
import {
  causesOf,
  dedupSubject,
  deliverAll,
  ledgerSubject,
  logSubject,
  misdirected,
} from "../helpers/subjects.ts";

/** The law must fail, and say this. */
function failsWith(why: string, law: () => void): void {
  try {
    law();
  } catch (error) {
    const cause = (error as Error).cause as Error | undefined;
    return assertStringIncludes(`${(error as Error).message}\n${cause?.message}`, why);
  }
  throw new Error(`A broken reducer kept the law; it should have failed with: ${why}`);
}

/** The log with another way to take entries. */
function breakLog(change: (...given: Parameters<typeof insertEntries>) => typeof given) {
  return (...given: Parameters<typeof insertEntries>) => insertEntries(...change(...given));
}

Deno.test("`inputIsUnchanged()` catches a reducer that changes its input", () => {
  failsWith(
    "not extensible",
    () =>
      laws.inputIsUnchanged(logSubject((log, entries, now_ms, env) => {
        for (const _ of entries) (log.clock as number[]).push(0);
        return insertEntries(log, entries, now_ms, env);
      })),
  );
  failsWith("on a frozen Map", () => {
    const reduce: ReduceNode = (state, event, env) => {
      (state.counts as Map<string, number>).set("events", 1);
      return reduceNode(state, event, env);
    };
    laws.inputIsUnchanged(nodeSubject(reduce));
  });
  failsWith("the batch was changed", () =>
    laws.inputIsUnchanged({
      empty: () => 0,
      reduce: (count, lines) => {
        lines[0][0] ^= 1;
        return [count + 1, {}];
      },
      inputs: fc.array(fc.uint8Array({ minLength: 1 }), { minLength: 1 }),
    }));
});

Deno.test("`inputIsUnchanged()` catches versions that share what they should not", () => {
  /** A set whose versions are all the newest one, hidden where nothing can freeze it. */
  class Leaky {
    readonly #texts: Set<string> = new Set();
    add(texts: readonly string[]) {
      for (const text of texts) this.#texts.add(text);
      return this;
    }
    toJSON() {
      return [...this.#texts];
    }
  }
  failsWith("was changed", () =>
    laws.inputIsUnchanged({
      empty: () => new Leaky(),
      reduce: (set, texts) => [set.add(texts), {}],
      inputs: fc.array(fc.string()),
    }));
});

Deno.test("`inputIsUnchanged()` catches a reducer with a memory of its own", () => {
  let calls = 0;
  const reduce = (dedup: Dedup, texts: readonly string[]): [Dedup, string[]] => {
    const [after, fresh] = reduceDedup(dedup, texts);
    return [after, [...fresh, `call ${++calls}`]];
  };
  failsWith("another output", () => laws.inputIsUnchanged(dedupSubject(reduce)));
});

Deno.test("`splittingChangesNothing()` catches reducers that look at the whole batch first", () => {
  const sorted = breakLog((log, entries, ...rest) => [
    log,
    [...entries].sort((a, b) => a.seq - b.seq),
    ...rest,
  ]);
  failsWith("the pieces", () => laws.splittingChangesNothing(misdirected(sorted)));
  const hasty = (dedup: Dedup, texts: readonly string[]): [Dedup, string[]] => {
    const [after] = reduceDedup(dedup, texts);
    return [after, texts.filter((text) => !dedup.seen.has(text))];
  };
  failsWith("other effects", () => laws.splittingChangesNothing(dedupSubject(hasty)));
  const backwards: ReduceNode = (state, event, env) =>
    event.kind !== "lines"
      ? reduceNode(state, event, env)
      : reduceNode(state, { ...event, lines: event.lines.toReversed() }, env);
  failsWith("the pieces", () => laws.splittingChangesNothing(nodeSubject(backwards)));
});

Deno.test("`duplicatesAreNothing()` catches a reducer that applies a duplicate", () => {
  let number = 0;
  const twice: typeof reduceLedger = (ledger, items) =>
    reduceLedger(ledger, items.map((one) => ({ ...one, number: ++number })));
  failsWith("a duplicate made a new state", () => laws.duplicatesAreNothing(ledgerSubject(twice)));
  const forgetful = (dedup: Dedup, texts: readonly string[]): [Dedup, string[]] => [
    reduceDedup(dedup, texts)[0],
    [...texts],
  ];
  failsWith("a duplicate counted", () => laws.duplicatesAreNothing(dedupSubject(forgetful)));
});

Deno.test("`duplicatesAreNothing()` catches a reducer that copies for nothing", () => {
  failsWith(
    "a duplicate made a new state",
    () =>
      laws.duplicatesAreNothing(logSubject((...given) => {
        const [log, output] = insertEntries(...given);
        return [{ ...log }, output];
      })),
  );
});

Deno.test("`deliveryIsCausal()` catches a log that ignores dependencies", () => {
  const careless = breakLog((log, entries, ...rest) => [
    log,
    entries.map((entry) => ({ ...entry, deps: [] })),
    ...rest,
  ]);
  failsWith(
    "was delivered before",
    () => laws.deliveryIsCausal(histories(), (all) => deliverAll(all, careless), causesOf),
  );
});

Deno.test("`deliveryIsCausal()` catches a log that loses or repeats an entry", () => {
  const deliver = (all: readonly (readonly Written[])[]) => deliverAll(all);
  failsWith(
    "something was not delivered",
    () => laws.deliveryIsCausal(histories(), (all) => deliver(all).slice(1), causesOf),
  );
  failsWith(
    "something was delivered twice",
    () => laws.deliveryIsCausal(histories(), (all) => [...deliver(all), ...deliver(all)], causesOf),
  );
});

Deno.test("`anyOrderConverges()` catches a ledger that keeps what came first", () => {
  const first: typeof reduceLedger = (ledger, items) =>
    items.reduce<ReturnType<typeof reduceLedger>>(([state, ignored, booked], one) => {
      const { id } = one.item as { id?: string };
      if (id !== undefined && state.by_id.has(id)) return [state, ignored, booked];
      const [after, more, new_booked] = reduceLedger(state, [one]);
      return [after, [...ignored, ...more], [...booked, ...new_booked]];
    }, [ledger ?? emptyLedger(), [], []]);
  failsWith("another order ended elsewhere", () => laws.anyOrderConverges(ledgerSubject(first)));
});

Deno.test("`neverThrows()` catches a decoder that throws", () => {
  failsWith(
    "JSON",
    () => laws.neverThrows(anyBytes, (bytes) => JSON.parse(new TextDecoder().decode(bytes))),
  );
});

Deno.test("`relaysVerbatim()` catches a node that writes lines anew", () => {
  const anew = (line: Uint8Array) => {
    const text = new TextDecoder().decode(line);
    return new TextEncoder().encode(`${JSON.stringify(JSON.parse(text))}\n`);
  };
  const rewriting: ReduceNode = (state, event, env) => {
    const [after, effects] = reduceNode(state, event, env);
    return [
      after,
      effects.map((effect) =>
        effect.kind === "send" ? { ...effect, lines: effect.lines.map(anew) } : effect
      ),
    ];
  };
  failsWith("what left is not what came in", () =>
    laws.relaysVerbatim(
      histories(),
      ({ line }) => line,
      (all) => relayed(all.map(({ line }) => line), rewriting),
    ));
});
