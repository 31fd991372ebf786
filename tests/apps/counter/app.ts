/**
 * A counter that all nodes share, as an app: the proof that an app is added through the list of apps
 * alone. It uses every part of the contract (src/core/host/app.ts).
 */

import { AppendLog } from "../../../src/core/data/append_log.ts";
import {
  type App,
  type AppEvent,
  type AppOut,
  type AppView,
  asApp,
  type Question,
} from "../../../src/core/host/app.ts";
import { ADD_MAX, addItems, itemOf, NOTHING, readItem, takeBack } from "./counter.ts";
import { readRequest } from "./requests.ts";
import {
  COUNTER,
  type Counter,
  nextWake,
  type Of,
  print,
  QUIET_MS,
  type Reduced,
  STEPS,
} from "./state.ts";
import { ask, endQuestion, hear } from "./talk.ts";

const total: Question<Counter> = {
  right: "read",
  names: ({ by_origin }, args) =>
    args.length > 0 ? args : ["total", ...[...by_origin.keys()].sort()],
  row: ({ total, by_origin, checkpoint, factors }, name) => {
    if (name === "total") return [name, String(total)];
    if (name === "checkpoint") return [name, JSON.stringify(checkpoint)];
    if (name === "factors") return [name, ...factors.map(String)];
    return [name, String(by_origin.get(name) ?? 0)];
  },
};

const factoring: Question<Counter> = {
  right: "own",
  names: ({ factoring }) => factoring === null ? [] : [String(factoring.number)],
  row: (_, number) => [number],
};

/** The pure part. */
export const counter: App = asApp<Counter>({
  name: COUNTER,
  topics: [{ topic: COUNTER, whole: true }],
  initial: () => ({
    ...NOTHING,
    records: AppendLog.empty(),
    counted_ms: null,
    checkpoint: null,
    factoring: null,
    factors: [],
    asked: new Map(),
    next_tag: 1,
  }),
  refuse: () => (item) => {
    const read = readItem(item);
    return typeof read === "string" ? read : null;
  },
  reduce: react,
  records: ({ records }) => records,
  questions: { counter: total, factoring },
  requests: "own",
});

function react(state: Counter, event: AppEvent, view: AppView): Reduced {
  switch (event.kind) {
    case "delivered":
      return count(state, event, view);
    case "forked":
      return uncount(state, event);
    case "request":
      return serve(state, event, view);
    case "gone":
      return leave(state, event);
    case "message":
      return hear(state, event);
    case "sent":
      return event.why === null ? [state, []] : endQuestion(state, event.tag, event.why);
    case "worked":
      return takeFactors(state, event);
    case "woken":
      return wake(state, view);
    case "restored":
      return [{ ...state, checkpoint: new Map(event.kept).get("checkpoint") ?? null }, []];
    case "started":
      // Nobody is asked for anything that an earlier run wanted: it only says what it begins with.
      if (state.steps.length === 0) return [state, []];
      return [state, [print({ resumed: state.total, kept: state.checkpoint })]];
    case "ordered":
      return [state, []];
  }
}

function count(before: Counter, { items }: Of<"delivered">, { now_ms }: AppView): Reduced {
  const [sums, added, wrong] = addItems(before, items);
  const outs: AppOut[] = wrong.map(([{ origin, topic }, why]) => {
    return { kind: "ignored", origin, topic, what: "count", why };
  });
  if (added.length === 0) return [before, outs];
  let { total } = before;
  const records = added.map(({ origin, add }) => ({ from: origin, add, total: total += add }));
  for (const { origin, entry, number, add } of added) {
    const row = [origin, entry, add];
    outs.push({ kind: "row", table: STEPS, key: `${origin}:${number}`, row });
  }
  outs.push({ kind: "order", removed: [], added: added.map(({ add }) => add) });
  outs.push({ kind: "wake", at_ms: nextWake(before.asked, now_ms) });
  const after = { ...before, ...sums, records: before.records.append(records), counted_ms: now_ms };
  return [after, outs];
}

function uncount(before: Counter, { origin, entry }: Of<"forked">): Reduced {
  const [sums, gone, { went, again }] = takeBack(before, origin, entry);
  if (gone.length === 0) return [before, []];
  const record = { from: origin, taken_back: gone.length, total: sums.total };
  const outs: AppOut[] = gone.map(({ number }) => {
    return { kind: "row", table: STEPS, key: `${origin}:${number}`, row: null };
  });
  const numbers = (steps: typeof again) => steps.map(({ add }) => add);
  outs.push({ kind: "order", removed: numbers(went), added: numbers(again) });
  outs.push({ kind: "tell", text: `${gone.length} numbers of ${origin} do not count any more` });
  return [{ ...before, ...sums, records: before.records.append([record]) }, outs];
}

function serve(state: Counter, { request, source }: Of<"request">, view: AppView): Reduced {
  const refuse = (why: string): Reduced => [state, [{ kind: "answer", source, why }]];
  const wish = readRequest(request);
  switch (wish?.do) {
    case "factor": {
      const { number = state.total } = wish, { factoring, next_tag: tag } = state;
      if (factoring !== null) return refuse(`${factoring.number} is being factored already`);
      if (number < 2) return refuse(`${number} has no factors`);
      const after = { ...state, factoring: { tag, number, source }, next_tag: tag + 1 };
      return [after, [{ kind: "work", tag, task: number }]];
    }
    case "cancel": {
      const { factoring } = state;
      if (factoring === null) return refuse("nothing is being factored");
      return [{ ...state, factoring: null }, [
        { kind: "cancel", tag: factoring.tag },
        { kind: "answer", source: factoring.source, why: "it was cancelled" },
        { kind: "answer", source, why: null },
      ]];
    }
    case "reset":
      return [state, [
        { kind: "publish", topic: COUNTER, items: partsOf(-state.total).map(itemOf) },
        { kind: "answer", source, why: null },
      ]];
    case "ask":
      return ask(state, wish, source, view);
    default:
      return refuse("a counter is asked to factor, cancel, reset or ask");
  }
}

/** Nobody waits for the factors any more. */
function leave(state: Counter, { link }: Of<"gone">): Reduced {
  const { factoring } = state;
  if (factoring?.source.kind !== "guest" || factoring.source.link !== link) return [state, []];
  return [{ ...state, factoring: null }, [{ kind: "cancel", tag: factoring.tag }]];
}

function takeFactors(state: Counter, { tag, result, fault, done }: Of<"worked">): Reduced {
  const { factoring } = state;
  if (factoring?.tag !== tag) return [state, []];
  const { number, source } = factoring;
  if (!done) return [state, [print({ factoring: number, tried: result as number })]];
  const after = { ...state, factoring: null };
  if (fault !== null) return [after, [{ kind: "answer", source, why: fault }]];
  const factors = result as readonly number[];
  return [{ ...after, factors: [number, ...factors] }, [
    print({ factored: number, factors }),
    { kind: "answer", source, why: null },
  ]];
}

function wake(before: Counter, { now_ms }: AppView): Reduced {
  let state = before;
  const outs: AppOut[] = [];
  for (const [tag, { deadline_ms }] of before.asked) {
    if (now_ms < deadline_ms) continue;
    const [after, more] = endQuestion(state, tag, "it was not answered in time");
    state = after;
    outs.push(...more);
  }
  const { counted_ms, total, steps } = state;
  if (counted_ms !== null && now_ms >= counted_ms + QUIET_MS) {
    const checkpoint = { total, steps: steps.length };
    state = { ...state, counted_ms: null, checkpoint };
    outs.push({ kind: "keep", key: "checkpoint", value: checkpoint });
    outs.push(print({ quiet_s: QUIET_MS / 1_000, total }));
  }
  outs.push({ kind: "wake", at_ms: nextWake(state.asked, state.counted_ms) });
  return [state, outs];
}

/** Numbers that may be added, and that make a sum. */
function partsOf(sum: number): number[] {
  const parts: number[] = [];
  for (let rest = sum; rest !== 0; rest -= parts.at(-1)!) {
    parts.push(Math.max(-ADD_MAX, Math.min(ADD_MAX, rest)));
  }
  return parts;
}
