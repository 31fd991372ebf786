import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  decodeEntry,
  decodeStored,
  decodeTrusted,
  encodeUnsigned,
  type EntryFault,
  type EntryFields,
  hashedBytes,
  isCount,
  isTopic,
  looksLikeEntry,
  peekHeader,
  sameBytes,
  sealEntry,
  sealOf,
  signedBytes,
} from "../../../../src/core/log/entry.ts";
import type { Json } from "../../../../src/core/types.ts";
import { anyText } from "../../../helpers/any_text.ts";
import { check } from "../../../helpers/check.ts";
import { crypto, entryOf, histories, makeLine, ORIGINS } from "../../../helpers/history.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const HASH = "h".repeat(43);

const count = fc.integer({ min: 1, max: 2 ** 53 - 1 });
const json = fc.jsonValue({ maxDepth: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);
const fields: fc.Arbitrary<EntryFields> = fc.record({
  origin: fc.constantFrom(...ORIGINS),
  topic: fc.constantFrom("chat", "ledger", "a/b.c_d-e", "__proto__"),
  seq: count,
  previous: fc.constant(HASH),
  time_ms: fc.nat(),
  first: count,
  deps: fc.uniqueArray(fc.tuple(fc.constant("d".repeat(42) + "0"), count), {
    selector: ([id]) => id,
  }),
  items: fc.array(json),
}).map((made) => ({ ...made, previous: made.seq === 1 ? "" : HASH }));

/** A good line with a part of its text replaced, signed anew or not; `more` items stand behind. */
function lineWith(part: string, other: string, seq = 2, more = ""): Uint8Array {
  const line = decoder.decode(makeLine({
    origin: ORIGINS[0],
    seq,
    previous: seq === 1 ? "" : HASH,
    items: `["x"${more}]`,
  }));
  assert(line.includes(part), part);
  return encoder.encode(line.replace(part, other));
}

Deno.test("`decodeEntry()` reads what `encodeUnsigned()` and `sealEntry()` make", () => {
  check(
    fc.property(fields, (made) => {
      const signature = crypto.signer("ann").sign(encodeUnsigned(made));
      const entry = sealEntry(made, encodeUnsigned(made), signature);
      assertEquals(decodeEntry(hashedBytes(entry.line)), entry);
      assertEquals(decodeStored(entry.line), entry);
      assertEquals(signedBytes(entry), encodeUnsigned(made));
      assertEquals(decoder.decode(sealOf(entry.line)), `,"z":"${signature}"}`);
      assertEquals(sealOf(hashedBytes(entry.line)), sealOf(entry.line));
    }),
    300,
  );
});

Deno.test("`decodeEntry()` reads long entries as it reads short ones", () => {
  const items = fc.array(fc.oneof(json, anyText()));
  const space = fc.constantFrom("", " ", "\n\t");
  check(
    fc.property(items, space, fc.boolean(), (made, gap, escaped) => {
      const texts = made.map((item) => {
        const text = JSON.stringify(item);
        return escaped ? text.replaceAll("a", "\\u0061") : text;
      });
      const read = (more: string[]) => {
        const text = `[${gap}${[...texts, ...more].join(`${gap},`)}${gap}]`;
        return decodeEntry(makeLine({ origin: ORIGINS[0], seq: 1, items: text }));
      };
      const short = read([]), long = read([`"${"x".repeat(4_000)}"`]);
      if (typeof short === "string" || typeof long === "string") assertEquals(long, short);
      else assertEquals(long.items.slice(0, -1), short.items);
    }),
  );
});

Deno.test("`decodeEntry()` finds a repeated key that a shorter number makes room for", () => {
  const long = `,"${"long ".repeat(600)}"`;
  // 200000000000000 takes eleven characters more than 2e14: seven for the key, four to spare.
  const line = decoder.decode(lineWith('"b":[', '"b":[],    "b":[', 2, long)).replace(
    '"w":1,',
    '"w":2e14,',
  );
  assertEquals(decodeEntry(encoder.encode(line)), "repeated-key");
});

Deno.test("`decodeEntry()` copies the bytes that it keeps", () => {
  const line = lineWith("x", "x");
  const entry = decodeEntry(line);
  assert(typeof entry !== "string");
  line.fill(0);
  assertEquals(entry.line.at(-1), 0x0a);
  assertNotEquals(entry.line[0], 0);
});

Deno.test("`peekHeader()` agrees with `decodeEntry()`", () => {
  check(
    fc.property(fields, (made) => {
      const line = makeLine({ ...made, deps: {}, items: JSON.stringify(made.items) });
      const { origin, topic, seq } = made;
      assert(looksLikeEntry(line));
      assertEquals(peekHeader(line), { key: `${origin}/${topic}`, origin, topic, seq });
    }),
  );
});

Deno.test("`peekHeader()` takes only a number that an integer is written as", () => {
  for (const number of ["0", "01", "-1", "1.0", "1e1", "", "9007199254740992", "9".repeat(400)]) {
    assertEquals(peekHeader(lineWith('"s":2,', `"s":${number},`)), null, number);
  }
  assertEquals(peekHeader(lineWith('"s":2,', '"s":9007199254740991,'))?.seq, 2 ** 53 - 1);
});

Deno.test("`decodeEntry()` says what is wrong", () => {
  const long = `,"${"long ".repeat(600)}"`;
  const wrong: [string, string, EntryFault][] = [
    ['"x"', '"x', "bad-json"],
    ['"x"', "[".repeat(32) + "]".repeat(32), "too-deep"],
    ['"x"', '{"a":1,"a":1}', "repeated-key"],
    ['"p":', '"p":"","p":', "repeated-key"],
    ['"x"', '"\\ud800"', "bad-entry"],
    ['"x"', '{"\\ud800":1}', "bad-entry"],
    ['"b":["x"', '"b":["x"],"b":["x"', "repeated-key"],
    ['"x"', `${"[".repeat(32)}"x`, "too-deep"],
    ['"w":1', '"w":-1', "bad-entry"],
    ['"w":1', '"w":1.5', "bad-entry"],
    ['"w":1', '"w":-0', "bad-entry"],
    ['"w":1', '"w":1e400', "bad-entry"],
    ['"i":1', '"i":0', "bad-entry"],
    ['"i":1', '"i":9007199254740992', "bad-entry"],
    ['"d":{}', '"d":[]', "bad-entry"],
    ['"d":{}', '"d":null', "bad-entry"],
    ['"d":{}', `"d":{"${ORIGINS[0]}":1}`, "bad-entry"],
    ['"d":{}', `"d":{"${ORIGINS[1]}":0}`, "bad-entry"],
    ['"d":{}', '"d":{"__proto__":1}', "bad-entry"],
    [HASH, HASH.slice(1), "bad-entry"],
    [HASH, "", "bad-entry"],
    ['"t":"chat"', '"t":"a b"', "bad-entry"],
    ['"t":"chat"', '"t":""', "bad-entry"],
    ['"t":"chat"', `"t":"${"t".repeat(65)}"`, "bad-entry"],
    ['"t":"chat"', '"T":"chat"', "bad-entry"],
    ['"o":"a', '"o":"\\u0061', "bad-entry"],
    ['"p":', '"q":', "bad-entry"],
    ['"w":1,"i":1', '"i":1,"w":1', "bad-entry"],
    ['"b":[', '"n":1,"b":[', "bad-entry"],
  ];
  for (const more of ["", long]) {
    for (const [part, other, fault] of wrong) {
      assertEquals(decodeEntry(lineWith(part, other, 2, more)), fault, other);
    }
  }
  for (const body of ["{}", '"x"', "7", "null"]) {
    assertEquals(decodeEntry(lineWith('"b":["x"]', `"b":${body}`)), "bad-entry");
  }
  assertEquals(decodeEntry(lineWith('"b":["x"]', '"b":["x"],"n":1')), "bad-entry");
  assertEquals(decodeEntry(lineWith('"p":""', `"p":"${HASH}"`, 1)), "bad-entry");
  assertEquals(decodeEntry(encoder.encode("{}")), "bad-entry");
  assertEquals(decodeEntry(new Uint8Array(262_145)), "too-long");
});

Deno.test("`decodeEntry()` refuses what is not UTF-8, and a signature that is not at the end", () => {
  const bytes = lineWith("x", "x");
  bytes[bytes.indexOf(0x78)] = 0xff;
  assertEquals(decodeEntry(bytes), "bad-utf8");
  const line = decoder.decode(lineWith("x", "x"));
  for (const text of [`${line} `, line.replace('"}', '" }'), line.replace(/.{5}"}$/, '"}')]) {
    assertEquals(decodeEntry(encoder.encode(text)), "bad-entry", text);
  }
});

Deno.test("`decodeEntry()` takes at most 16,384 items and 1,000 dependencies", () => {
  const id = (number: number) => String(number).padStart(42, "x") + "A";
  const deps = (most: number) =>
    Object.fromEntries(Array.from({ length: most }, (_, index) => [id(index), 1]));
  const origin = ORIGINS[0];
  assert(typeof decodeEntry(makeLine({ origin, seq: 1, deps: deps(1_000) })) !== "string");
  assertEquals(decodeEntry(makeLine({ origin, seq: 1, deps: deps(1_001) })), "bad-entry");
  const items = (most: number) => `[${"1,".repeat(most - 1)}1]`;
  assert(typeof decodeEntry(makeLine({ origin, seq: 1, items: items(16_384) })) !== "string");
  assertEquals(decodeEntry(makeLine({ origin, seq: 1, items: items(16_385) })), "bad-entry");
});

Deno.test("`decodeStored()` throws where what was stored is no entry", () => {
  assertThrows(() => decodeStored(encoder.encode("{}\n")), Error, "does not decode: bad-entry");
});

Deno.test("`decodeTrusted()` reads what `decodeEntry()` reads, wherever the lines stand", () => {
  check(
    fc.property(histories(), fc.nat(3), (written, before) => {
      const lines = written.map(({ entry }) => entry.line);
      const expected = written.map(({ line }) => entryOf(line));
      assertEquals(decodeTrusted(lines), expected);
      const joined = Uint8Array.from([
        ...new Uint8Array(before),
        ...lines.flatMap((one) => [...one]),
      ]);
      let at = before;
      const parts = lines.map(({ length }) => joined.subarray(at, at += length));
      assertEquals(decodeTrusted(parts), expected);
    }),
  );
});

Deno.test("`isTopic()` takes letters, digits and ._/-", () => {
  for (const text of ["chat", "a/b", "A-1_2.3", "t".repeat(64)]) assert(isTopic(text), text);
  for (const text of ["", "a b", "a\n", "\u00e9", "t".repeat(65), 5, undefined]) {
    assert(!isTopic(text), String(text));
  }
});

Deno.test("`isCount()` takes safe integers from the least on", () => {
  for (const value of [0, 1, 2 ** 53 - 1]) assert(isCount(value, 0));
  for (const value of [-1, -0, 0.5, 2 ** 53, NaN, Infinity, "1", null, 1n]) {
    assert(!isCount(value, 0));
  }
  assert(!isCount(0, 1));
});

Deno.test("`sameBytes()` compares length and content", () => {
  check(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      assert(sameBytes(a, a.slice()));
      assertEquals(sameBytes(a, b), a.toHex() === b.toHex());
    }),
  );
});
