import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CHUNK_BYTES, FILE_BYTES_MAX, HASH_BYTES } from "../../../src/apps/files/limits.ts";
import {
  chunksAbove,
  hashChunks,
  hashesAt,
  isRange,
  levelsOf,
  rootOf,
  spanOf,
} from "../../../src/apps/files/tree.ts";
import { check } from "../../helpers/check.ts";
import { noise, sha256 } from "./noise.ts";

/**
 * Computed with Python:
 *
 *     H = lambda b: hashlib.sha256(b).digest()
 *     def hashes(d, c): return b"".join(H(d[i:i+c]) for i in range(0, len(d), c))
 *     def root(d, c=8192):
 *         d = hashes(d, c)
 *         while len(d) > c: d = hashes(d, c)
 *         return H(d).hex()
 *     def noise(n):
 *         x, out = 0, bytearray()
 *         for _ in range(n):
 *             x = (x * 1664525 + 1013904223) % 2**32
 *             out.append(x >> 24)
 *         return bytes(out)
 */
const ROOTS: readonly (readonly [bytes: number, chunk_bytes: number, root: string])[] = [
  [0, CHUNK_BYTES, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  [1, CHUNK_BYTES, "b8be3a12c93bf76e884b1838290688445b935b5921791c3be17ba52b80e3854f"],
  [8_191, CHUNK_BYTES, "f0f03465d0d17bbaeab7fe9b172c7b7aee860d55823046fea078a41bcfdcf99f"],
  [8_192, CHUNK_BYTES, "d6ada8b5c2c1d5cac51f321f8dfaaaddef27df6e92218bd2be026643f4c3a2f9"],
  [8_193, CHUNK_BYTES, "29c210b5c8650266e5ca40f7670789b7b9aa4e4dc14ba10bf03896113716fd61"],
  [2_097_152, CHUNK_BYTES, "8665ec4fdb613b73d8089f1f5f5f13f4ba9b6f0c18b564ad37e6c019c4802714"],
  [2_097_153, CHUNK_BYTES, "a3c1558b38e516fe841d45d5344d5c799c204c5e40f634de9da97568bf8bd287"],
  [4_194_304, CHUNK_BYTES, "b23521c23186a801da0feee507f201d99f3b0bad6e9c10ec5ec17c42ef0baea8"],
  [1, 64, "b8be3a12c93bf76e884b1838290688445b935b5921791c3be17ba52b80e3854f"],
  [64, 64, "ab42f4e8a01d30042400b6897e62073dc61476f7c4a4f1fd8f510218535b0f2c"],
  [65, 64, "651d2e1d8c90de1ca6aa834ea82e68b23c9f2af45f6b1a3e2f4c96c41980360c"],
  [128, 64, "957ad7a3e15786ea82c7514380ee85e88aace3112c68a72fd09901f2ec1da61f"],
  [129, 64, "696dd49de608f958713e5112133bdaff362c41e666697c4c0cad297d52f13eac"],
  [1_000, 64, "4746de3936be016c5a8f985ff3723fbf0c6f65d68360aded2f4462d4acb8a89e"],
  [1_000, 100, "c611fca620c2bd276350ea428b8206de00cfbb72de24e01852af9f6f0e57809e"],
];

const hex = (bytes: Uint8Array) => bytes.toHex();

Deno.test("rootOf() gives what another program computed, for sizes around the ends of chunks", () => {
  for (const [bytes, chunk_bytes, root] of ROOTS) {
    assertEquals(
      hex(rootOf(noise(bytes), sha256, chunk_bytes)),
      root,
      `${bytes} by ${chunk_bytes}`,
    );
  }
});

Deno.test("rootOf() gives known roots of files of zeros", () => {
  const roots = [1, 8_192, 2_097_152, 2_097_153].map((bytes) =>
    hex(rootOf(new Uint8Array(bytes), sha256))
  );
  assertEquals(roots, [
    "1406e05881e299367766d313e26c05564ec91bf721d31726bd6e46e60689539a",
    "49c4818b147974a0cbf2333da06c0023911f55553727b91bd837d4049f884e19",
    "44a96d1f6187618f5704553bf495c26d1f98bf1e290b559ffdb9f0f43f36135e",
    "74523706d15b55c18d8da97e23951e903fb7451d5ea19b0aa55fc68b7d6c9734",
  ]);
});

Deno.test("rootOf() gives the root of the file of the CS438 homework, of chunks of 194 bytes", () => {
  // HW2's Test_HW2_Upload_Simple: three chunks of zeros that begin with 10, 11 and 12.
  const file = new Uint8Array(194 + 194 + 64);
  file.set([10]), file.set([11], 194), file.set([12], 388);
  assertEquals(hex(hashChunks(file, sha256, 194)).match(/.{64}/g), [
    "d592091b73715b2bdb2c847154d58e95953684da6e48a64e21cc98c9aed547fd",
    "13bf05f6c72dcf9f509e5b4cf2705d45e5fb9fb4210f54028e15af680b94b6fc",
    "f66cb566864e46e968c4c34b1a1ceb2b3cf1d7f4ba6b74a990553dfc06d89a17",
  ]);
  assertEquals(
    hex(rootOf(file, sha256, 194)),
    "6793fa03016bfdffddc2d5a2263d41a293a23b8b17b2192469a66b4edb35fd11",
  );
});

Deno.test("rootOf() gives a file of more than 2 MiB and the file of its hashes one root", () => {
  const file = noise(2_097_153), hashes = hashChunks(file, sha256);
  assertEquals(hashes.length, 8_224);
  assertEquals(rootOf(hashes, sha256), rootOf(file, sha256));
});

Deno.test("levelsOf() ends with one chunk, and with none of an empty file", () => {
  assertEquals(levelsOf(0), [{ chunks: 0, bytes: 0 }, { chunks: 0, bytes: 0 }]);
  assertEquals(levelsOf(1), [{ chunks: 1, bytes: 1 }, { chunks: 1, bytes: 32 }]);
  assertEquals(levelsOf(2_097_152).map(({ chunks }) => chunks), [256, 1]);
  assertEquals(levelsOf(2_097_153).map(({ chunks }) => chunks), [257, 2, 1]);
  assertEquals(levelsOf(10_000_000_000).map(({ chunks }) => chunks), [1_220_704, 4_769, 19, 1]);
  assertEquals(levelsOf(FILE_BYTES_MAX).map(({ chunks }) => chunks), [
    2 ** 40,
    2 ** 32,
    2 ** 24,
    2 ** 16,
    2 ** 8,
    1,
  ]);
});

Deno.test("levelsOf() refuses chunks that would never end", () => {
  assertThrows(() => levelsOf(1, 63), RangeError);
  assertEquals(levelsOf(1_000, 64).at(-1), { chunks: 1, bytes: 64 });
});

Deno.test("isRange() takes only chunks that there are", () => {
  const levels = levelsOf(8_193);
  const is = (level: number, first: number, count: number) =>
    isRange({ level, first, count }, levels);
  assert(is(0, 0, 2) && is(0, 1, 1) && is(1, 0, 1));
  assert(!is(0, 0, 3) && !is(0, 2, 1) && !is(1, 1, 1) && !is(2, 0, 1));
  assert(!is(0, 0, 0) && !is(0, -1, 1) && !is(-1, 0, 1) && !is(0, 0.5, 1) && !is(0, 0, NaN));
  assert(!is(0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) && !is(0, 0, 2 ** 53));
});

/** A small file of any size in chunks of any size, all levels of it, and one of its chunks. */
const CHUNKS = fc.record({
  chunk_bytes: fc.integer({ min: 64, max: 200 }),
  size: fc.integer({ min: 1, max: 20_000 }),
  level: fc.nat(),
  chunk: fc.nat(),
}).map(({ chunk_bytes, size, level, chunk }) => {
  const shapes = levelsOf(size, chunk_bytes), levels: Uint8Array[] = [noise(size)];
  while (levels.length < shapes.length) {
    levels.push(hashChunks(levels[levels.length - 1], sha256, chunk_bytes));
  }
  const at = level % shapes.length;
  return { chunk_bytes, shapes, levels, level: at, chunk: chunk % shapes[at].chunks };
});

Deno.test("each chunk has its hash where hashesAt() and chunksAbove() say, and no other chunk has it", () => {
  check(fc.property(CHUNKS, fc.nat(), ({ chunk_bytes, shapes, levels, level, chunk }, flip) => {
    assertEquals(levels.map(({ length }) => length), shapes.map(({ bytes }) => bytes));
    const { at, bytes } = spanOf(shapes[level], chunk, 1, chunk_bytes);
    const content = levels[level].slice(at, at + bytes);
    assert(bytes > 0 && bytes <= chunk_bytes && content.length === bytes);
    let due = rootOf(levels[0], sha256, chunk_bytes);
    if (level + 1 < levels.length) {
      const place = hashesAt(chunk, 1);
      due = levels[level + 1].slice(place.at, place.at + HASH_BYTES);
      const above = chunksAbove({ level, first: chunk, count: 1 }, chunk_bytes);
      const covered = spanOf(shapes[level + 1], above.first, above.count, chunk_bytes);
      assert(covered.at <= place.at && place.at + HASH_BYTES <= covered.at + covered.bytes);
      assert(covered.bytes <= 2 * chunk_bytes);
    }
    assertEquals(sha256(content), due);
    content[flip % bytes] ^= 1;
    assert(hex(sha256(content)) !== hex(due));
  }));
});

Deno.test("spanOf() cuts a level without gaps", () => {
  check(fc.property(CHUNKS, ({ chunk_bytes, shapes, level, chunk }) => {
    const { chunks, bytes } = shapes[level];
    const before = spanOf(shapes[level], 0, chunk, chunk_bytes);
    const rest = spanOf(shapes[level], chunk, chunks - chunk, chunk_bytes);
    assertEquals([before.at, before.bytes, rest.at + rest.bytes], [0, rest.at, bytes]);
  }));
});
