import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  LINE_BYTES_MAX,
  PARTIAL_BYTES_ALL_MAX,
  PARTIAL_BYTES_MAX,
  PARTIAL_LINES_MAX,
  PARTIAL_MS,
} from "../../../../src/core/data/limits.ts";
import {
  COOKIE_BYTES,
  countFitting,
  cutLine,
  decodeDatagram,
  encodeDatagram,
  HEADER_BYTES,
  KIND,
  KNOCK_BYTES,
  splitLines,
} from "../../../../src/shell/net/datagram.ts";
import { type PieceBudget, Pieces } from "../../../../src/shell/net/datagram_pieces.ts";
import { Allowance, Cookies } from "../../../../src/shell/net/udp_cookie.ts";
import { check } from "../../../helpers/check.ts";

const ID = "\u0000\u00ffabcdef";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function hash(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

function makeLine(length: number, fill = 0x78): Uint8Array {
  const line = new Uint8Array(length + 1).fill(fill);
  line[length] = 0x0a;
  return line;
}

function newPieces(budget: PieceBudget = { bytes: 0 }): Pieces {
  return new Pieces(budget, hash);
}

Deno.test("decodeDatagram() reads what encodeDatagram() made", () => {
  const bytes = encodeDatagram(KIND.lines, ID, encoder.encode("a\n"), encoder.encode("b\n"));
  const datagram = decodeDatagram(bytes)!;
  assertEquals([datagram.kind, datagram.id], [KIND.lines, ID]);
  assertEquals(splitLines(datagram.body).map((line) => decoder.decode(line)), ["a", "b"]);
});

Deno.test("decodeDatagram() takes nothing that is cut off, and never throws", () => {
  const cookie = encodeDatagram(KIND.cookie, ID, new Uint8Array(COOKIE_BYTES));
  assert(decodeDatagram(cookie) !== null);
  for (let length = 0; length < cookie.length; length++) {
    assertEquals(decodeDatagram(cookie.subarray(0, length)), null, String(length));
  }
  check(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void decodeDatagram(bytes)));
});

Deno.test("decodeDatagram() takes no knock that is shorter than its answer", () => {
  const knock = encodeDatagram(KIND.knock, ID);
  assertEquals(knock.length, KNOCK_BYTES);
  assert(KNOCK_BYTES >= HEADER_BYTES + COOKIE_BYTES);
  assertEquals(decodeDatagram(knock.subarray(0, KNOCK_BYTES - 1)), null);
});

Deno.test("splitLines() leaves out what was cut off", () => {
  assertEquals(splitLines(encoder.encode("a\n\nbc")).map((line) => line.length), [1, 0]);
});

Deno.test("countFitting() takes as many lines as there is room for", () => {
  const lines = [makeLine(9), makeLine(9), makeLine(9)];
  assertEquals(countFitting(lines, 0, 29), 2);
  assertEquals(countFitting(lines, 1, 100), 2);
  assertEquals(countFitting(lines, 0, 9), 0);
});

Deno.test("Pieces puts a line together, in whatever order and however often pieces come", () => {
  const property = fc.property(
    fc.integer({ min: 2_000, max: LINE_BYTES_MAX }),
    fc.integer({ min: 566, max: 2_000 }),
    fc.infiniteStream(fc.nat()),
    (length, room, draws) => {
      const line = makeLine(length);
      const cut = cutLine(line, hash(line), room);
      for (const body of cut) assert(body.length <= room);
      const pieces = newPieces();
      const shuffled = [...cut, ...cut.slice(0, 3)]
        .map((body) => ({ body, order: draws.next().value! }))
        .sort((a, b) => a.order - b.order);
      const made = shuffled.map(({ body }) => pieces.add(body, 0)).filter((one) => one !== null);
      assertEquals(made.length >= 1, true);
      assertEquals(made[0]!.length, length);
    },
  );
  check(property, 30);
});

Deno.test("Pieces completes a line with pieces of a second copy", () => {
  const line = makeLine(3_000), cut = cutLine(line, hash(line), 1_000), pieces = newPieces();
  assertEquals(cut.length, 4);
  assertEquals([pieces.add(cut[0], 0), pieces.add(cut[2], 0)], [null, null]);
  assertEquals([pieces.add(cut[1], 100), pieces.add(cut[3], 100)?.length], [null, 3_000]);
  assertEquals(pieces.lines, 0);
});

Deno.test("Pieces makes no line of pieces that do not belong together", () => {
  const one = makeLine(2_000, 0x61), other = makeLine(2_000, 0x62), pieces = newPieces();
  const [first, ...rest] = cutLine(one, hash(one), 1_000);
  const [, ...wrong] = cutLine(other, hash(one), 1_000);
  assertEquals(wrong.length, rest.length);
  for (const body of [first, ...wrong]) assertEquals(pieces.add(body, 0), null);
  assertEquals(pieces.lines, 0);
});

Deno.test("Pieces gives up a line of which nothing comes any more", () => {
  const line = makeLine(2_000), cut = cutLine(line, hash(line), 1_100);
  const budget = { bytes: 0 }, pieces = newPieces(budget);
  pieces.add(cut[0], 0);
  assert(budget.bytes > 1_000);
  assertEquals(pieces.add(cut[1], PARTIAL_MS), null);
  pieces.clear();
  assertEquals(budget.bytes, 0);
});

Deno.test("Pieces holds a bounded number of lines and bytes, for one connection and in all", () => {
  const budget = { bytes: 0 };
  const all = Array.from({ length: 64 }, () => newPieces(budget));
  for (const [number, pieces] of all.entries()) {
    for (let count = 0; count < 40; count++) {
      const line = makeLine(200_000 + number, 0x61 + count % 26);
      for (const body of cutLine(line, hash(line), 60_000).slice(0, 3)) pieces.add(body, 0);
      assert(pieces.lines <= PARTIAL_LINES_MAX);
    }
    assert(budget.bytes <= PARTIAL_BYTES_ALL_MAX);
    assert(budget.bytes <= (number + 1) * PARTIAL_BYTES_MAX);
  }
});

Deno.test("Pieces takes no piece of more pieces, or more bytes, than a line can have", () => {
  const budget = { bytes: 0 }, pieces = newPieces(budget);
  const body = new Uint8Array(60_000), view = new DataView(body.buffer);
  for (const [number, count] of [[0, 0], [0, 1], [5, 5], [0, 65_535]]) {
    view.setUint16(8, number);
    view.setUint16(10, count);
    assertEquals(pieces.add(body, 0), null);
  }
  assertEquals(budget.bytes, 0);
  for (let number = 0; number < 100; number++) {
    view.setUint16(8, number);
    view.setUint16(10, 100);
    pieces.add(body, 0);
    assert(budget.bytes <= LINE_BYTES_MAX + 2_048);
  }
});

Deno.test("Cookies are good for one address, one connection and some seconds", () => {
  const cookies = new Cookies(), cookie = cookies.make(ID, "127.0.0.1 5", 15_000);
  assertEquals(cookie.length, COOKIE_BYTES);
  assert(cookies.check(cookie, ID, "127.0.0.1 5", 15_000));
  assert(cookies.check(cookie, ID, "127.0.0.1 5", 25_000));
  assert(!cookies.check(cookie, ID, "127.0.0.1 5", 35_000));
  assert(!cookies.check(cookie, ID, "127.0.0.1 6", 15_000));
  assert(!cookies.check(cookie, "12345678", "127.0.0.1 5", 15_000));
  assert(!cookies.check(cookie.subarray(1), ID, "127.0.0.1 5", 15_000));
  assert(!new Cookies().check(cookie, ID, "127.0.0.1 5", 15_000));
});

Deno.test("Allowance lets through so many at once, and so many a second", () => {
  const allowance = new Allowance(10, 3);
  const take = (now_ms: number) => allowance.take(now_ms);
  assertEquals([take(1_000), take(1_000), take(1_000), take(1_000)], [true, true, true, false]);
  assertEquals([take(1_100), take(1_100)], [true, false]);
});
