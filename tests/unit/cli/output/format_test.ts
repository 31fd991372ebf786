import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes/concat";
import type { PrivateRecord } from "../../../../src/apps/private/app.ts";
import { APPS } from "../../../../src/apps/registry.ts";
import { formatRecords, type RecordFormat } from "../../../../src/cli/output/format.ts";
import type { Json, Printed } from "../../../../src/core/types.ts";

const ANNA = "aaaaaaaabbbb".padEnd(43, "_");
const TIME_MS = Date.UTC(2026, 10, 20, 7, 6, 3, 492);
const NO_TEXT = { base64: btoa("caf\xe9") };
const PLAIN: RecordFormat = { json: false, shown: false, apps: APPS };
const SHOWN: RecordFormat = { ...PLAIN, shown: true };

function alone(...items: Json[]): Printed {
  return aloneOf("anna", ...items);
}

function aloneOf(name: string, ...items: Json[]): Printed {
  const record = { from: ANNA, name, time_ms: TIME_MS, items } satisfies PrivateRecord;
  return { kind: "record", app: "private", record };
}

function toAll(...items: Json[]): Printed {
  return {
    kind: "items",
    topic: "chat",
    origin: ANNA,
    time_ms: TIME_MS,
    entry: 1,
    deps: [],
    first: 1,
    items,
  };
}

/** The lines, each character a byte where they are no UTF-8. */
function lines(records: readonly Printed[], format = PLAIN, encoding = "utf-8"): string[] {
  const pieces = formatRecords(records, format);
  assert(pieces.every(({ to }) => to === "out"));
  const bytes = concat(pieces.map(({ bytes }) => bytes));
  const text = new TextDecoder(encoding).decode(bytes);
  assert(text === "" || text.endsWith("\n"));
  return text.split("\n").slice(0, -1);
}

Deno.test("`formatRecords()` says of a private message from whom it is", () => {
  assertEquals(lines([alone("hello", ""), toAll("hi")]), [
    "[pm from anna] hello",
    "[pm from anna] ",
    "hi",
  ]);
  assertEquals(lines([aloneOf("", "hello")]), ["[pm from aaaaaaaa] hello"]);
});

Deno.test("`formatRecords()` shows a terminal no byte that it would obey, also of no text", () => {
  const bytes = { base64: new Uint8Array([0x80, 0x9b, 0x41, 0xe9, 0xff, 0x1b]).toBase64() };
  assertEquals(lines([toAll(bytes)], SHOWN), ["\\x80\\x9bA\u00e9\u00ff\\x1b"]);
});

Deno.test("`formatRecords()` shows private messages of any bytes as other lines", () => {
  assertEquals(lines([alone(NO_TEXT, "x")], PLAIN, "latin1"), [
    "[pm from anna] caf\xe9",
    "[pm from anna] x",
  ]);
  assertEquals(lines([alone("a\nb\x1b[2J", NO_TEXT)], SHOWN), [
    "[pm from anna] a\\x0ab\\x1b[2J",
    "[pm from anna] caf\xe9",
  ]);
});

Deno.test("`formatRecords()` makes an object of each private message", () => {
  const objects = lines([alone("hello", NO_TEXT, [1])], { ...PLAIN, json: true })
    .map((line) => JSON.parse(line));
  const from = { private: true, from: ANNA, name: "anna", time: "2026-11-20T07:06:03.492Z" };
  assertEquals(objects, [
    { ...from, text: "hello" },
    { ...from, ...NO_TEXT },
    { ...from, item: [1] },
  ]);
});

Deno.test("`formatRecords()` lets no public line look like a private one on a terminal", () => {
  const lookalikes = [
    "[pm from anna] hello",
    "[pm to anna] hello",
    "[pm\u00a0from anna] hello",
    "\u200d[pm from anna] hello",
    "[p\u200cm\ufe0f from anna] hello",
    { base64: btoa("[pm from anna] caf\xe9") },
  ];
  for (const item of lookalikes) {
    const [line] = lines([toAll(item)], SHOWN);
    assert(/^\p{DI}*\\x5bp/u.test(line), line);
  }
  for (const item of ["a [pm from anna] b", "[pmx] a", "pm from anna", "[a] [pm from anna] b"]) {
    assertEquals(lines([toAll(item)], SHOWN), [item]);
  }
  // What a private message holds is not escaped, and neither is what goes to a program.
  assertEquals(lines([alone("[pm from ben] x")], SHOWN), ["[pm from anna] [pm from ben] x"]);
  assertEquals(lines([toAll("[pm from anna] x")]), ["[pm from anna] x"]);
});

Deno.test("`formatRecords()` says on which stream each piece belongs, in the order of the records", () => {
  const gap: Printed = {
    kind: "gap",
    gap: { topic: "chat\x1b", origin: ANNA, from: 2, to: 3 },
  };
  const text = (format: RecordFormat) =>
    formatRecords([toAll("a"), gap, gap, alone("\x1b[2J"), toAll("b")], format)
      .map(({ to, bytes }) => `${to}: ${new TextDecoder().decode(bytes)}`);
  const told = "rumor: gap: entries 2 to 3 of " + `${ANNA} in chat\\x1b are no longer kept by ` +
    "anybody here\n";
  const shown = "[pm from anna] \\x1b[2J\n", raw = "[pm from anna] \x1b[2J\n";
  assertEquals(text(PLAIN), ["out: a\n", `err: ${told}${told}`, `out: ${raw}b\n`]);
  // Beside the output stands nothing that a terminal obeys.
  const apart = { ...PLAIN, only: "chat" };
  assertEquals(text(apart), ["out: a\n", `err: ${told}${told}${shown}`, "out: b\n"]);
  // For a program a gap is a record like others.
  assertEquals(text({ ...PLAIN, json: true }).map((piece) => piece.slice(0, 4)), ["out:"]);
  assertEquals(formatRecords([], PLAIN), []);
});
