import { assertEquals } from "@std/assert";
import { CHUNK_BYTES, HASH_BYTES, PIECE_CHUNKS } from "../../../src/apps/files/limits.ts";
import { chunksOf, rangeBytes } from "../../../src/apps/files/range_bytes.ts";

const root = "0".repeat(64);
const bytesOf = (size: number, level: number, first: number, count: number) =>
  rangeBytes(`${root}.${size}`, { level, first, count });

Deno.test("`rangeBytes()` knows the last chunk of each level", () => {
  assertEquals(bytesOf(1, 0, 0, 1), 1);
  assertEquals(bytesOf(1, 1, 0, 1), HASH_BYTES);
  assertEquals(bytesOf(8_193, 0, 1, 1), 1);
  assertEquals(bytesOf(8_193, 1, 0, 1), 2 * HASH_BYTES);
  assertEquals(bytesOf(2_097_153, 1, 0, 2), 257 * HASH_BYTES);
  assertEquals(bytesOf(2_097_153, 2, 0, 1), 2 * HASH_BYTES);
  assertEquals(bytesOf(Number.MAX_SAFE_INTEGER, 0, 2 ** 40 - 1, 1), CHUNK_BYTES - 1);
});

Deno.test("`rangeBytes()` refuses what the file does not have, and what is too much at once", () => {
  for (
    const [size, level, first, count] of [
      [0, 0, 0, 1],
      [0, 1, 0, 1],
      [8_192, 0, 1, 1],
      [8_192, 0, 0, 0],
      [8_192, 0, -1, 1],
      [8_192, 0, 0.5, 1],
      [8_192, 2, 0, 1],
      [2_097_152, 2, 0, 1],
      [2_097_153, 3, 0, 1],
      [100 * CHUNK_BYTES, 0, 0, PIECE_CHUNKS + 1],
      [100 * CHUNK_BYTES, Number.MAX_SAFE_INTEGER, 0, 1],
      [100 * CHUNK_BYTES, 0, Number.MAX_SAFE_INTEGER, 1],
    ]
  ) assertEquals(bytesOf(size, level, first, count), null);
  assertEquals(rangeBytes("no link", { level: 0, first: 0, count: 1 }), null);
});

Deno.test("`chunksOf()` counts the last chunk, too", () => {
  const chunks = [0, 1, 8_192, 8_193].map((size) => chunksOf(`${root}.${size}`));
  assertEquals(chunks, [0, 1, 1, 2]);
  assertEquals(chunksOf("no link"), 0);
});
