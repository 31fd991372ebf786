import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type InputBatch, readLines } from "../../../../src/cli/input/lines.ts";
import { ITEM_BYTES_MAX } from "../../../../src/core/data/limits.ts";
import { anyText } from "../../../helpers/any_text.ts";

const encoder = new TextEncoder();

/** Reads bytes in chunks of some sizes, used in turn; gives the batches and the complaints. */
async function read(
  bytes: Uint8Array,
  sizes: readonly number[],
  encoding: "utf-8" | "base64" = "utf-8",
): Promise<{ batches: InputBatch[]; complaints: [number, string][] }> {
  let at = 0, turn = 0;
  const source = (buffer: Uint8Array) => {
    if (at === bytes.length) return Promise.resolve(null);
    const chunk = bytes.subarray(at, at + Math.min(sizes[turn++ % sizes.length], buffer.length));
    buffer.set(chunk);
    at += chunk.length;
    return Promise.resolve(chunk.length);
  };
  const batches: InputBatch[] = [], complaints: [number, string][] = [];
  const complain = (number: number, why: string) => void complaints.push([number, why]);
  for await (const batch of readLines(source, encoding, complain)) batches.push(batch);
  return { batches, complaints };
}

/** Each item with the number of its line. */
function numbered(batches: readonly InputBatch[]): [number, unknown][] {
  return batches.flatMap(({ items, first }) =>
    items.map((item, at): [number, unknown] => [first + at, item])
  );
}

Deno.test("`readLines()` gives every line with its number, however the input is cut", async () => {
  const line = anyText().map((text) => text.replaceAll("\n", ""));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      async (lines, ends, sizes) => {
        const text = lines.join("\n") + (ends && lines.length > 0 ? "\n" : "");
        const { batches, complaints } = await read(encoder.encode(text), sizes);
        const whole = text === "" ? [] : lines;
        // A last line that is empty, and does not end, is none.
        const expected = !ends && whole.at(-1) === "" ? whole.slice(0, -1) : whole;
        const decoded = expected.map((one) => new TextDecoder().decode(encoder.encode(one)));
        assertEquals(numbered(batches), decoded.map((one, at) => [at + 1, one]));
        assertEquals(complaints, []);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("`readLines()` complains of bad lines, and numbers those behind them right", async () => {
  const long = new Uint8Array(ITEM_BYTES_MAX + 1).fill(0x78);
  const parts = [
    encoder.encode("one\n"),
    new Uint8Array([0xff, 0x0a]),
    encoder.encode("three\n"),
    long,
    encoder.encode("\nfive\n"),
    new Uint8Array([0xfe]),
  ];
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  for (const sizes of [[7], [4_096], [1_000_000]]) {
    const { batches, complaints } = await read(bytes, sizes);
    assertEquals(numbered(batches), [[1, "one"], [3, "three"], [5, "five"]]);
    assertEquals(complaints.map(([number]) => number), [2, 4, 6]);
  }
});

Deno.test("`readLines()` complains of a line behind those that stand before it", async () => {
  const bytes = new Uint8Array([0x61, 0x0a, 0x62, 0x0a, 0xff, 0x0a, 0x63]);
  const told: unknown[] = [];
  let left: Uint8Array | null = bytes;
  const source = (buffer: Uint8Array) => {
    const chunk = left;
    left = null;
    if (chunk !== null) buffer.set(chunk);
    return Promise.resolve(chunk?.length ?? null);
  };
  const complain = (number: number) => void told.push(number);
  for await (const { items } of readLines(source, "utf-8", complain)) told.push(items);
  assertEquals(told, [["a", "b"], 3, ["c"]]);
});

Deno.test("`readLines()` takes any bytes as base64", async () => {
  const { batches } = await read(new Uint8Array([0xff, 0x0a, 0x0a, 0xfe]), [3], "base64");
  const items = [{ base64: "/w==" }, { base64: "" }, { base64: "/g==" }];
  assertEquals(numbered(batches), items.map((item, at) => [at + 1, item]));
});
