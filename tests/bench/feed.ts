/** What the benchmarks feed, and how they see, cheaply, that it has come out again. */

import { Buffer } from "node:buffer";
import { statfsSync } from "node:fs";

/** Bytes of a fed line, with its newline. */
export const LINE_BYTES = 100;

const READ_BYTES = 1 << 20;
const LINES_A_WRITE = 10_000;

/** A fresh directory, in memory where the machine has room for `bytes_needed` there. */
export async function makeDirectory(bytes_needed: number): Promise<string> {
  const options = { dir: memoryFolder(bytes_needed), prefix: "rumor-bench-" };
  const directory = await Deno.makeTempDir(options);
  globalThis.addEventListener("unload", () => {
    try {
      Deno.removeSync(directory, { recursive: true });
    } catch {
      // It is gone already, as it is after every run that was not interrupted.
    }
  });
  return directory;
}

function memoryFolder(bytes_needed: number): string | undefined {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    return bavail * bsize > 2 * bytes_needed ? "/dev/shm" : undefined;
  } catch {
    return undefined;
  }
}

/** Line number `index`: a sequence number and filler, 99 characters. */
export function feedLine(index: number): string {
  return `${String(index).padStart(10, "0")} `.padEnd(LINE_BYTES - 1, "abcdefghij ");
}

/** Writes a file of `count` numbered lines. */
export async function writeFeed(path: string, count: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  for (let from = 0; from < count; from += LINES_A_WRITE) {
    let text = "";
    for (let i = from; i < Math.min(count, from + LINES_A_WRITE); i++) text += feedLine(i) + "\n";
    const bytes = encoder.encode(text);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  }
}

/**
 * Resolves when each file has grown to `size_bytes`. It polls because reading the pipes would cost
 * this process, and so the measured ones, far more than a look at the sizes every 2 ms.
 */
export async function waitForSizes(
  paths: readonly string[],
  size_bytes: number,
  timeout_ms: number,
): Promise<void> {
  const deadline = performance.now() + timeout_ms;
  const files = paths.map((path) => Deno.openSync(path));
  try {
    while (!files.every((file) => file.statSync().size >= size_bytes)) {
      if (performance.now() > deadline) {
        const lines = files.map((file) => file.statSync().size / LINE_BYTES);
        throw new Error(`after ${timeout_ms} ms, lines printed: ${lines.join(", ")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } finally {
    for (const file of files) file.close();
  }
}

/** Throws unless the file at `path` is, byte for byte, what was fed: each line once, in order. */
export async function verifyOutput(feed: string, path: string): Promise<void> {
  using wanted = await Deno.open(feed);
  using printed = await Deno.open(path);
  const [left, right] = [new Uint8Array(READ_BYTES), new Uint8Array(READ_BYTES)];
  for (let offset = 0;; offset += READ_BYTES) {
    const [fed, got] = [await fill(wanted, left), await fill(printed, right)];
    if (Buffer.compare(fed, got) !== 0) {
      const at = fed.findIndex((byte, index) => byte !== got[index]);
      const line = Math.floor((offset + (at < 0 ? fed.length : at)) / LINE_BYTES) + 1;
      throw new Error(`${path}: line ${line} is not the one that was fed`);
    }
    if (fed.length < READ_BYTES) return;
  }
}

async function fill(file: Deno.FsFile, buffer: Uint8Array): Promise<Uint8Array> {
  let length = 0;
  while (length < buffer.length) {
    const n = await file.read(buffer.subarray(length));
    if (n === null) break;
    length += n;
  }
  return buffer.subarray(0, length);
}
