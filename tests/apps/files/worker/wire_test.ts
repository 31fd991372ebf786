import { assertEquals, assertRejects } from "@std/assert";
import { concat } from "@std/bytes/concat";
import fc from "fast-check";
import { Wire, WireError } from "../../../../src/apps/files/worker/wire.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** A connection that gives bytes in parts of these sizes, then ends; what is written is cut as well. */
function connOf(bytes: Uint8Array, sizes: readonly number[]): Deno.TcpConn {
  let at = 0, reads = 0;
  return {
    remoteAddr: { hostname: "h" },
    setNoDelay() {},
    close() {},
    read(into: Uint8Array) {
      if (at === bytes.length) return Promise.resolve(null);
      const part = bytes.subarray(at, at + Math.min(sizes[reads++ % sizes.length], into.length));
      into.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    write: (part: Uint8Array) => Promise.resolve(Math.min(part.length, 3)),
  } as unknown as Deno.TcpConn;
}

Deno.test("`Wire` reads lines and bytes as they were sent, wherever they are cut", async () => {
  const piece = fc.uint8Array({ maxLength: 50_000 });
  const sizes = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 5 }), sizes, async (pieces, sizes) => {
      const sent = pieces.flatMap((piece) => [encoder.encode(`line ${piece.length}\n`), piece]);
      const wire = new Wire(connOf(concat(sent), sizes), 100);
      for (const piece of pieces) {
        assertEquals(decoder.decode((await wire.readLine())!), `line ${piece.length}`);
        const bytes = new Uint8Array(piece.length);
        await wire.readInto(bytes);
        assertEquals(bytes, piece);
      }
      assertEquals(await wire.readLine(), null);
      assertEquals(wire.heard_bytes, concat(sent).length);
    }),
    { numRuns: 30 },
  );
});

for (const size of [1, 64, 1_000_000]) {
  Deno.test(`\`Wire.readLine()\` takes a line of the limit and refuses more, ${size} bytes a read`, async () => {
    const read = (text: string) => new Wire(connOf(encoder.encode(text), [size]), 100).readLine();
    assertEquals((await read(`${"x".repeat(100)}\n`))?.length, 100);
    await assertRejects(() => read(`${"x".repeat(101)}\n`), WireError, "too long");
    await assertRejects(() => read("x".repeat(1_000_000)), WireError, "too long");
  });
}

Deno.test("`Wire` says when the other end stops within a line, or within chunks", async () => {
  const wire = () => new Wire(connOf(encoder.encode("abc"), [9]), 100);
  await assertRejects(() => wire().readLine(), WireError, "within a line");
  await assertRejects(() => wire().readInto(new Uint8Array(4)), WireError, "within chunks");
});

Deno.test("`Wire.write()` goes on where the system took only a part", async () => {
  const wire = new Wire(connOf(new Uint8Array(), [1]), 100);
  assertEquals(await wire.write(new Uint8Array(10)), 10);
  assertEquals(wire.written_bytes, 10);
});
