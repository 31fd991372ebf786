/** Bytes that nobody should send: noise, and good lines with something wrong in them. */

import fc from "fast-check";
import { histories, makeLine, ORIGINS } from "./history.ts";

const encoder = new TextEncoder();

/** Lines that are fit to be read. */
export const goodLine: fc.Arbitrary<Uint8Array> = fc.oneof(
  histories().filter((all) => all.length > 0).chain((all) => fc.constantFrom(...all)).map(
    ({ line }) => line,
  ),
  fc.constantFrom(
    { k: "hello", v: 1, network: "rumor", id: ORIGINS[0], address: "a:1", nonce: "n" },
    { k: "hello", v: 1, network: "rumor", guest: true },
    { k: "proof", z: `${"A".repeat(86)}` },
    { k: "have", c: { [ORIGINS[0]]: { chat: 3 } }, n: 7 },
    { k: "want", o: ORIGINS[0], t: "chat", s: 1 },
    { k: "want", t: "chat", history: 0 },
    { k: "peers", p: [[ORIGINS[0], "[::1]:80"]] },
    { k: "gap", o: ORIGINS[0], t: "chat", s: 1, e: 2 },
    { k: "publish", i: 1, t: "ledger", b: [{ from: "a", to: "b", amount: 1 }], ack: 2 },
    { k: "ask", i: 1, q: "balances", a: ["__proto__"] },
    { k: "bye", code: "left", why: "" },
  ).map((line) => encoder.encode(JSON.stringify(line))),
);

/** Entries that are signed and shaped well, and wrong in what they say. */
export const strangeEntry: fc.Arbitrary<Uint8Array> = fc.record({
  origin: fc.constantFrom(...ORIGINS, "A".repeat(43), " ".repeat(43)),
  topic: fc.constantFrom("chat", "ledger", "presence", "x/y", "__proto__"),
  seq: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom(2 ** 53 - 1, 2 ** 40)),
  first: fc.constantFrom(1, 2, 2 ** 53 - 1),
  items: fc.oneof(
    fc.json().map((text) => `[${text}]`),
    fc.constantFrom('[{"address":"x:1"}]', '[{"left":true}]', "[]", '[{"__proto__":1}]', "[1e999]"),
  ),
  deps: fc.constantFrom({}, { [ORIGINS[1]]: 2 ** 53 - 1 }, { ["B".repeat(43)]: 1 }),
}).map((fields) => makeLine({ ...fields, previous: fields.seq === 1 ? "" : "A".repeat(43) }));

/** Control lines that are shaped well; `names` is whom they speak of. */
export function strangeControl(names: readonly string[]): fc.Arbitrary<Uint8Array> {
  const count = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(2 ** 53 - 1, 2 ** 40));
  const name = fc.constantFrom(...names), topic = fc.constantFrom("chat", "presence", "x");
  return fc.oneof(
    fc.record({ k: fc.constant("gap"), o: name, t: topic, s: count, e: count }),
    fc.record({
      k: fc.constant("have"),
      c: fc.dictionary(name, fc.dictionary(topic, count)),
      n: count,
    }),
    fc.record({ k: fc.constant("want"), o: name, t: topic, s: count }),
    fc.record({ k: fc.constant("peers"), p: fc.array(fc.tuple(name, fc.constant("x:1"))) }),
    fc.record({ k: fc.constantFrom("ping", "pong"), x: count }),
  ).map((line) => encoder.encode(JSON.stringify(line)));
}

/** A line with some bytes changed, left out, put in, or the end cut off. */
export const mutatedLine: fc.Arbitrary<Uint8Array> = fc.tuple(
  goodLine,
  fc.array(fc.tuple(fc.nat(400), fc.constantFrom("set", "cut", "add", "end"), fc.nat(255)), {
    minLength: 1,
    maxLength: 4,
  }),
).map(([line, changes]) => {
  const bytes = [...line];
  for (const [place, change, value] of changes) {
    const at = place % (bytes.length + 1);
    if (change === "set") bytes[Math.max(0, at - 1)] = value;
    else if (change === "cut") bytes.splice(at, 1 + value % 8);
    else if (change === "add") bytes.splice(at, 0, value);
    else if (value < 64) bytes.length = at;
  }
  return Uint8Array.from(bytes);
});

/** Anything at all. */
export const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json().map((text) => encoder.encode(text)),
  fc.json().map((text) => encoder.encode(`{"k":${text}}`)),
  fc.constantFrom("[".repeat(50), '{"o":"', '{"k":', "{}", "null", "\\", '"', "\ufeff{}").map(
    (text) => encoder.encode(text),
  ),
  mutatedLine,
  strangeEntry,
);
