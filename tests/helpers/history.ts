/**
 * Histories: entries that several origins wrote while they heard of each other now and then. The
 * lines are made here by hand, apart from the core, and spelled as a stranger's program might.
 */

import fc from "fast-check";
import { decodeEntry, type Entry } from "../../src/core/log/entry.ts";
import { fakeCrypto, fakeSignature, type SimCrypto } from "../../src/sim/crypto.ts";

export const crypto: SimCrypto = fakeCrypto();
export const ORIGINS = ["ann", "bob", "cyd", "dan"].map((name) => crypto.signer(name).id);
const encoder = new TextEncoder();

/** An entry's line (without newline), with its items as they are spelled. */
export interface LineFields {
  readonly origin: string;
  readonly topic?: string;
  readonly seq: number;
  readonly previous?: string;
  readonly first?: number;
  readonly deps?: Readonly<Record<string, number>>;
  readonly items?: string;
}

/** A signed line without its newline. */
export function makeLine(fields: LineFields): Uint8Array {
  const { origin, topic = "chat", seq, previous = "", first = 1, deps = {}, items = "[]" } = fields;
  const unsigned = `{"o":"${origin}","t":"${topic}","s":${seq},"p":"${previous}","w":1,` +
    `"i":${first},"d":${JSON.stringify(deps)},"b":${items}`;
  const signature = fakeSignature(origin, encoder.encode(unsigned));
  return encoder.encode(`${unsigned},"z":"${signature}"}`);
}

/** The entry of a line that is one. */
export function entryOf(line: Uint8Array): Entry {
  const entry = decodeEntry(line);
  if (typeof entry === "string") throw new Error(`${entry}: ${new TextDecoder().decode(line)}`);
  return entry;
}

/** The entry of the fields. */
export function makeEntry(fields: LineFields): Entry {
  return entryOf(makeLine(fields));
}

/** The value of `p` in the entry after this one. */
export function hashOf(line: Uint8Array): string {
  return crypto.sha256(line);
}

/** One entry of a history, and all that happened before it. */
export interface Written {
  readonly line: Uint8Array;
  readonly entry: Entry;
  /** For each origin, the newest entry that its author had when writing. */
  readonly past: ReadonlyMap<string, number>;
}

/** An origin writes items, or hears everything that another one knows. */
export type Step =
  | { readonly kind: "write"; readonly who: number; readonly items: readonly string[] }
  | { readonly kind: "hear"; readonly who: number; readonly from: number };

/** Carries out the steps; gives the entries in the order in which they were written. */
export function writeHistory(steps: readonly Step[], topic: string): Written[] {
  const authors = ORIGINS.map((origin) => ({
    origin,
    seq: 0,
    first: 1,
    previous: "",
    knows: new Map<string, number>(),
    named: new Map<string, number>(),
  }));
  const written: Written[] = [];
  for (const step of steps) {
    const author = authors[step.who];
    if (step.kind === "hear") {
      for (const [origin, seq] of authors[step.from].knows) {
        author.knows.set(origin, Math.max(seq, author.knows.get(origin) ?? 0));
      }
      continue;
    }
    const past = new Map(author.knows);
    const news = [...past].filter(([origin, seq]) =>
      origin !== author.origin && seq > (author.named.get(origin) ?? 0)
    );
    author.seq++;
    const { origin, seq, previous, first } = author;
    const line = makeLine({
      origin,
      topic,
      seq,
      previous,
      first,
      deps: Object.fromEntries(news),
      items: `[${step.items.join(", ")}]`,
    });
    written.push({ line, entry: entryOf(line), past });
    author.knows.set(origin, seq);
    author.named = new Map(past);
    author.previous = hashOf(line);
    author.first += step.items.length;
  }
  return written;
}

/** Items of text as JSON, in more spellings than `JSON.stringify()` knows. */
export const textItem: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 12 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"hi"',
    '"\\u0068i"',
    '"\\/"',
    '"/"',
    '""',
    '"\u00e9"',
    '"\\u00e9"',
    '"\u{1f600}"',
  ),
  fc.constantFrom('{"base64" : "aGk="}', "1.50", "1e2", "-0", "[ ]", "null"),
);

/** Transactions as JSON: few accounts and ids, so that they meet. */
export const transactionItem: fc.Arbitrary<string> = fc.record({
  id: fc.option(fc.constantFrom("x", "y", "z"), { nil: undefined }),
  from: fc.constantFrom("alice", "bob", "carol", "__proto__"),
  to: fc.constantFrom("alice", "bob", "carol", "constructor"),
  amount: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) },
    { weight: 1, arbitrary: fc.constantFrom(2 ** 53 - 1, 1.5, 0, -1) },
  ),
}).map((transaction) => JSON.stringify(transaction));

/** Steps of a history whose items are drawn from `item`. */
export function steps(item: fc.Arbitrary<string>, most = 24): fc.Arbitrary<Step[]> {
  const who = fc.integer({ min: 0, max: ORIGINS.length - 1 });
  const items = fc.array(item, { maxLength: 3 });
  const write = fc.record({ kind: fc.constant("write" as const), who, items });
  const hear = fc.record({ kind: fc.constant("hear" as const), who, from: who });
  return fc.array(fc.oneof({ weight: 3, arbitrary: write }, { weight: 2, arbitrary: hear }), {
    maxLength: most,
    size: "max",
  });
}

/** Histories of one topic. */
export function histories(item = textItem, topic = "chat", most = 24): fc.Arbitrary<Written[]> {
  return steps(item, most).map((made) => writeHistory(made, topic));
}
