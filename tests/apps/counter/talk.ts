/** What counters of two nodes say to each other. */

import { explainNobody, findNearest } from "../../../src/core/membership/people.ts";
import type { AppOut, AppView } from "../../../src/core/host/app.ts";
import type { Id, Json, Source } from "../../../src/core/types.ts";
import {
  type Adds,
  type Ask,
  type Asked,
  type CounterRequest,
  readSaid,
  type Said,
  type Total,
} from "./requests.ts";
import { COUNTER, type Counter, nextWake, type Of, print, type Reduced } from "./state.ts";

/** So many numbers go into one message. */
const ADDS_PER_MESSAGE = 100;
const REPLY_MS = 60_000;

/** Asks another node's counter. */
export function ask(
  state: Counter,
  { of: who, within_ms, all = false }: Extract<CounterRequest, { do: "ask" }>,
  source: Source,
  view: AppView,
): Reduced {
  const found = findNearest(view.members.values(), who);
  if (found.length !== 1) {
    return [state, [{ kind: "answer", source, why: explainNobody(who, found) }]];
  }
  const [{ id: of }] = found, tag = state.next_tag, deadline_ms = view.now_ms + within_ms;
  const asked = new Map(state.asked).set(tag, { of, source, deadline_ms, steps: 0, sum: 0 });
  return [{ ...state, asked, next_tag: tag + 1 }, [
    say(of, [{ ask: tag, all }], tag, within_ms),
    { kind: "wake", at_ms: nextWake(asked, state.counted_ms) },
  ]];
}

/** Somebody's counter asks, or answers. */
export function hear(before: Counter, { from, items }: Of<"message">): Reduced {
  let state = before;
  const outs: AppOut[] = [];
  for (const said of items.map(readSaid)) {
    if (said === null) continue;
    if ("ask" in said) outs.push(...reply(state, from, said));
    else {
      const one = state.asked.get(said.re);
      if (one?.of !== from) continue;
      const [after, more] = "total" in said ? end(state, said, one) : [note(state, said, one), []];
      state = after;
      outs.push(...more);
    }
  }
  return [state, outs];
}

/** Numbers go in many small messages that delay nothing; the total, behind them, in one. */
function reply(
  { steps, total }: Counter,
  to: Id,
  { ask: re, all }: Ask,
): AppOut[] {
  const adds = all ? [...steps.from()].map(({ add }) => add) : [], outs: AppOut[] = [];
  for (let at = 0; at < adds.length; at += ADDS_PER_MESSAGE) {
    outs.push(say(to, [{ re, adds: adds.slice(at, at + ADDS_PER_MESSAGE) }], 0, REPLY_MS, all));
  }
  return [...outs, say(to, [{ re, total }], 0, REPLY_MS, all)];
}

function note(
  state: Counter,
  { re, adds }: Adds,
  one: Asked,
): Counter {
  const sum = adds.reduce((all, add) => all + add, one.sum), steps = one.steps + adds.length;
  const source = state.asked.get(re)!.source;
  return { ...state, asked: new Map(state.asked).set(re, { ...one, source, steps, sum }) };
}

function end(state: Counter, { re, total }: Total, one: Asked): Reduced {
  const { of, steps, sum } = one;
  const record = { of, total, ...(steps === 0 ? {} : { steps, sum }) };
  const [after, outs] = endQuestion(state, re, null);
  return [after, [print(record), ...outs]];
}

/** A question was answered, or never will be. */
export function endQuestion(state: Counter, tag: number, why: string | null): Reduced {
  const one = state.asked.get(tag);
  if (one === undefined) return [state, []];
  const asked = new Map(state.asked);
  asked.delete(tag);
  return [{ ...state, asked }, [{ kind: "answer", source: one.source, why, late: why !== null }]];
}

function say(to: Id, items: readonly Said[], tag: number, within_ms: number, bulk = false): AppOut {
  const source: Source = { kind: "app", app: COUNTER, tag };
  return { kind: "send", to, items: items as unknown as readonly Json[], source, within_ms, bulk };
}
