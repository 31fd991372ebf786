import { assert, assertEquals } from "@std/assert";
import { Stream } from "../../../../src/cli/output/stream.ts";

/** No file and no pipe that could be looked at. */
const NO_DESCRIPTOR = -1;

/** A stream whose reader takes nothing before `read()`. */
class Reader {
  /** What was written, and how. */
  readonly written: string[] = [];
  gone = 0;
  is_broken = false;
  #read = Promise.withResolvers<void>();

  readonly stream = new Stream(
    {
      write: async (bytes) => {
        await this.#read.promise;
        return this.#take("later", bytes);
      },
      writeSync: (bytes) => this.#take("at once", bytes),
      isTerminal: () => false,
    },
    NO_DESCRIPTOR,
    () => this.gone++,
  );

  read(): void {
    this.#read.resolve();
  }

  #take(how: string, bytes: Uint8Array): number {
    if (this.is_broken) throw new Error("Broken pipe (os error 32)");
    this.written.push(`${how}: ${new TextDecoder().decode(bytes)}`);
    return bytes.length;
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("`Stream.write()` does not wait for a reader, and keeps the order", async () => {
  const reader = new Reader(), { stream } = reader;
  stream.writeNext(bytesOf("a"));
  const written = stream.write(bytesOf("b"));
  assert(stream.waits);
  stream.writeNext(bytesOf("c"));
  assertEquals(reader.written, ["at once: a"]);
  reader.read();
  await written;
  await stream.flush();
  assertEquals(reader.written, ["at once: a", "later: b", "later: c"]);
  stream.writeNext(bytesOf("d"));
  assertEquals(reader.written.at(-1), "at once: d");
  assertEquals(reader.gone, 0);
});

Deno.test("`Stream` says that its reader is gone, and never throws", async () => {
  const reader = new Reader(), { stream } = reader;
  reader.is_broken = true;
  stream.writeNow(bytesOf("a"));
  assertEquals(reader.gone, 1);
  reader.read();
  await stream.write(bytesOf("b"));
  assertEquals([reader.gone, stream.waits], [2, false]);
  assertEquals(reader.written, []);
});
