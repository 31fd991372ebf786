import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { HOPS_MAX } from "../../../../src/core/data/limits.ts";
import { decodeLine, encodeLine, type Line, proofText } from "../../../../src/core/wire/line.ts";
import { check } from "../../../helpers/check.ts";
import { ORIGINS } from "../../../helpers/history.ts";

const encoder = new TextEncoder();
const id = fc.constantFrom(...ORIGINS), topic = fc.constantFrom("chat", "__proto__");
const count = fc.integer({ min: 1, max: 2 ** 53 - 1 }), text = fc.string({ maxLength: 64 });
const address = fc.constantFrom("a:1", "[::1]:65535"), signature = "A".repeat(86);
const clock = fc.dictionary(id, fc.dictionary(topic, count, { noNullPrototype: true }), {
  noNullPrototype: true,
});
const more = { requiredKeys: [] as [] };

/** One arbitrary for each kind of line. */
const lines: fc.Arbitrary<Line> = fc.oneof<fc.Arbitrary<unknown>[]>(
  fc.record({
    k: fc.constant("hello"),
    v: fc.nat(),
    network: text,
    id,
    address,
    nonce: text,
  }),
  fc.record({ k: fc.constant("hello"), v: fc.nat(), network: text, guest: fc.constant(true) }),
  fc.constant({ k: "proof", z: signature }),
  fc.tuple(clock, fc.record({ n: fc.nat(), more: fc.constant(true) }, more)).map(([c, rest]) => ({
    k: "have",
    c,
    ...rest,
  })),
  fc.constant({ k: "want", peers: true }),
  fc.record({ k: fc.constant("want"), o: id, t: topic, s: count }),
  fc.record({ k: fc.constant("want"), t: topic, history: fc.nat() }),
  fc.record({ k: fc.constant("peers"), p: fc.array(fc.tuple(id, address)) }),
  fc.record({ k: fc.constant("from"), t: topic, skip: fc.nat() }),
  fc.record({
    k: fc.constant("gap"),
    o: id,
    t: topic,
    s: fc.constant(3),
    e: fc.constantFrom(3, 9),
  }),
  fc.record({ k: fc.constantFrom("ping", "pong"), x: fc.nat() }),
  fc.record({ k: fc.constant("publish"), i: fc.nat(), t: topic, b: fc.array(text), ack: count }),
  fc.record({ k: fc.constant("published"), i: fc.nat(), held: count }),
  fc.record({ k: fc.constant("refused"), i: fc.nat(), why: text }),
  fc.record({ k: fc.constant("ask"), i: fc.nat(), q: fc.constant("balances"), a: fc.array(text) }),
  fc.record({ k: fc.constant("ask"), i: fc.nat(), q: text }),
  fc.record({
    k: fc.constant("request"),
    i: fc.nat(),
    app: text,
    r: fc.constantFrom(null, "x", { to: "ann", items: ["hello"], within_ms: 1 }),
  }),
  fc.record({ k: fc.constant("delivered"), i: fc.nat() }),
  fc.record({
    k: fc.constant("route"),
    h: fc.nat(HOPS_MAX),
    to: id,
    o: id,
    m: fc.constantFrom("data", "ack", "bulk", "bulk-ack"),
    n: count,
    x: fc.constantFrom("", "aGk"),
  }),
  fc.record({ k: fc.constant("answer"), i: fc.nat(), r: fc.array(fc.tuple(text, text)) }),
  fc.record({ k: fc.constant("bye"), code: text, why: text }),
) as fc.Arbitrary<Line>;

function decode(text: string): unknown {
  return decodeLine(encoder.encode(text));
}

Deno.test("`decodeLine()` reads what `encodeLine()` writes", () => {
  check(
    fc.property(lines, (line) => {
      const bytes = encodeLine(line);
      assertEquals(bytes.at(-1), 0x0a);
      assertEquals(decodeLine(bytes.subarray(0, -1)), JSON.parse(JSON.stringify(line)));
    }),
    500,
  );
});

Deno.test("`decodeLine()` takes keys that it does not know, and kinds that it does not", () => {
  assertEquals(decode('{"k":"ping","x":1,"new":[]}'), { k: "ping", x: 1, new: [] });
  assertEquals(decode('{"k":"later"}'), "unknown-kind");
  for (const kind of ["__proto__", "constructor", "toString", ""]) {
    assertEquals(decode(JSON.stringify({ k: kind })), "unknown-kind", kind);
  }
});

Deno.test("`decodeLine()` says what is wrong", () => {
  const wrong: [string, string][] = [
    ["", "bad-json"],
    ["{", "bad-json"],
    ["\ufeff{}", "bad-json"],
    ["[1]", "bad-line"],
    ["1", "bad-line"],
    ['"k"', "bad-line"],
    ["null", "bad-line"],
    ["{}", "bad-line"],
    ['{"k":1}', "bad-line"],
    ['{"x":1,"k":"ping"}', "bad-line"],
    ['{"k":"ping","x":1,"x":1}', "repeated-key"],
    ['{"k":"ping","k":"ping","x":1}', "repeated-key"],
    ['{"k":"ping","x":1,"y":"\\ud800"}', "bad-line"],
    [`{"k":"ping","x":${"[".repeat(33)}${"]".repeat(33)}}`, "too-deep"],
  ];
  for (const [text, fault] of wrong) assertEquals(decode(text), fault, text);
  assertEquals(decodeLine(Uint8Array.of(0x22, 0xff, 0x22)), "bad-utf8");
  assertEquals(decodeLine(new Uint8Array(262_145)), "too-long");
});

Deno.test("`decodeLine()` refuses what has the wrong shape", () => {
  const [one] = ORIGINS;
  const wrong: unknown[] = [
    { k: "hello", v: 1, network: "r" },
    { k: "hello", v: 1, network: "r", guest: false },
    { k: "hello", v: 1.5, network: "r", guest: true },
    { k: "hello", v: 1, network: "r".repeat(257), guest: true },
    { k: "hello", v: 1, network: "r", id: "short", address: "a:1", nonce: "n" },
    { k: "hello", v: 1, network: "r", id: one, address: "a:0", nonce: "n" },
    { k: "proof", z: `${"A".repeat(85)}B` },
    { k: "proof", z: 1 },
    { k: "have" },
    { k: "have", c: [] },
    { k: "have", c: { short: { chat: 1 } } },
    { k: "have", c: { [one]: [1] } },
    { k: "have", c: { [one]: { "a b": 1 } } },
    { k: "have", c: { [one]: { chat: 0 } } },
    { k: "have", c: {}, n: -1 },
    { k: "have", c: {}, more: false },
    { k: "want" },
    { k: "want", peers: 1 },
    { k: "want", t: "a b" },
    { k: "want", t: "chat", o: one },
    { k: "want", t: "chat", history: -1 },
    { k: "peers", p: [[one]] },
    { k: "peers", p: [[one, "nowhere"]] },
    { k: "peers", p: [["short", "a:1"]] },
    { k: "peers", p: Array(1_001).fill([one, "a:1"]) },
    { k: "from", t: "chat" },
    { k: "gap", o: one, t: "chat", s: 3, e: 2 },
    { k: "gap", o: one, t: "chat", s: 0, e: 2 },
    { k: "ping" },
    { k: "pong", x: "1" },
    { k: "publish", i: 1, t: "chat", b: "x" },
    { k: "publish", i: 1, t: "chat", b: [], ack: 0 },
    { k: "published", i: 1, held: 0 },
    { k: "refused", i: 1 },
    { k: "ask", i: 1, q: 5, a: [] },
    { k: "ask", i: 1, q: "q".repeat(257) },
    { k: "ask", i: 1, q: "balances", a: "x" },
    { k: "request", i: 1, app: "private" },
    { k: "request", i: -1, app: "private", r: null },
    { k: "request", i: 1, app: 1, r: {} },
    { k: "delivered" },
    { k: "route", h: 1, to: one, o: one, m: "later", n: 1, x: "" },
    { k: "route", h: HOPS_MAX + 1, to: one, o: one, m: "data", n: 1, x: "" },
    { k: "route", h: 1, to: one, o: one, m: "data", n: 0, x: "" },
    { k: "route", h: 1, to: one, o: one, m: "data", n: 1, x: "+" },
    { k: "ask", i: 1, q: "balances", a: [1] },
    { k: "answer", i: 1, r: [["a", 1]] },
    { k: "bye", code: "c".repeat(257), why: "" },
    { k: "bye", code: "c" },
  ];
  for (const line of wrong) {
    const text = JSON.stringify(line);
    assertEquals(decode(text), "bad-line", text.slice(0, 200));
  }
});

Deno.test("`proofText()` is another for every network, nonce, prover and verifier", () => {
  const all = [
    proofText("n", "x", "a", "b"),
    proofText("m", "x", "a", "b"),
    proofText("n", "y", "a", "b"),
    proofText("n", "x", "b", "a"),
    proofText("n", "x", "a", "c"),
  ].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(new Set(all).size, all.length);
  assert(all.every((text) => text.startsWith("rumor proof 1\n")));
  assertNotEquals(all[0], all[1]);
});
