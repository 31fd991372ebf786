/** The first law again, where more happens than that lines come. */

import fc from "fast-check";
import type { NodeState } from "../../src/core/node.ts";
import type { Effect, Event } from "../../src/core/types.ts";
import type { NodeConfig } from "../../src/core/data/config.ts";
import { makeLine, ORIGINS } from "../helpers/history.ts";
import { inputIsUnchanged, type Subject } from "../helpers/laws.ts";
import {
  controlLine,
  drive,
  greeting,
  linesEvent,
  linkedNode,
  openedEvent,
} from "../helpers/node_subject.ts";

const HELLO = makeLine({ origin: ORIGINS[0], seq: 1, items: '["hello"]' });
const link = fc.integer({ min: 1, max: 5 });
const entry = fc.record({
  origin: fc.constantFrom(...ORIGINS),
  topic: fc.constantFrom("chat", "ledger", "presence"),
  seq: fc.constant(1),
  items: fc.constantFrom('["hello"]', '["other"]', '[{"address":"x:1"}]', '[{"left":true}]'),
}).map((fields) => makeLine(fields));

/** What may happen to a node whose links come and go, of which some lose lines. */
const happening: fc.Arbitrary<(now_ms: number) => Event> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(link, fc.oneof(entry, controlLine)).map(say) },
  { weight: 3, arbitrary: fc.constant((now_ms: number): Event => ({ kind: "tick", now_ms })) },
  link.map((link) => (now_ms: number): Event => ({ kind: "closed", now_ms, link })),
  fc.tuple(link, fc.boolean()).map(([link, lossy]) => (now_ms: number): Event => {
    return { ...openedEvent(link), now_ms, lossy } as Event;
  }),
  fc.tuple(link, fc.constantFrom("eve", "fay")).map(([link, name]) => greets(link, name)),
  fc.constantFrom("mine", "more").map((text) => (now_ms: number): Event => {
    return { kind: "publish", now_ms, topic: "chat", items: [text], first_tag: 1 };
  }),
  fc.constantFrom(null, "disk full").map((fault) => (now_ms: number): Event => {
    return { kind: "stored", now_ms, fault };
  }),
);

/** A node to which all this happens; a number before each says how long after the one before. */
function eventsSubject(
  config: Partial<NodeConfig>,
): Subject<NodeState, readonly [number, (now_ms: number) => Event]> {
  const base = linkedNode(config);
  return {
    empty: () => base,
    reduce: (before, batch) => {
      let state = before;
      const effects: Effect[] = [];
      for (const [pause_ms, happen] of batch) {
        const event = happen(state.now_ms + pause_ms);
        if (!mayHappen(state, event)) continue;
        const [after, given] = drive(state, event);
        state = after;
        effects.push(...given);
      }
      return [state, { effects }];
    },
    inputs: fc.array(fc.tuple(fc.constantFrom(0, 0, 10, 200, 5_000), happening), {
      maxLength: 40,
      size: "max",
    }),
  };
}

/** A disk answers what it was asked, and the number of a link is never used again. */
function mayHappen({ session, storage }: NodeState, event: Event): boolean {
  if (event.kind === "opened") return !session.links.has(event.link);
  return event.kind !== "stored" || storage.under_way !== null;
}

function say([link, line]: readonly [number, Uint8Array]) {
  return (now_ms: number): Event => ({ ...linesEvent(link, line), now_ms } as Event);
}

function greets(link: number, name: string) {
  return (now_ms: number): Event => {
    return { ...linesEvent(link, ...greeting(link, name), HELLO), now_ms } as Event;
  };
}

for (const spread of ["flood", "tree", "gossip"] as const) {
  Deno.test(`\`reduceNode()\` leaves its input unchanged, whatever happens to links (${spread})`, () => {
    inputIsUnchanged(eventsSubject({ spread }), 60);
    inputIsUnchanged(eventsSubject({ spread, durable: true, keep_bytes: 2_000 }), 60);
  });
}
