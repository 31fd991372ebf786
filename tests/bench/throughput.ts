/** Lines a second from one stdin until every other process has printed them all. */

import type { Network } from "./endpoints.ts";
import { LINE_BYTES, makeDirectory, verifyOutput, waitForSizes, writeFeed } from "./feed.ts";

const TIMEOUT_MS = 300_000;

/** Feeds `lines` lines into a fresh network of `count` processes; lines a second. */
export async function measureThroughput(
  start: (count: number, directory: string) => Promise<Network>,
  count: number,
  lines: number,
): Promise<number> {
  const directory = await makeDirectory(lines * LINE_BYTES * (count + 1));
  try {
    const feed = `${directory}/feed`;
    await writeFeed(feed, lines);
    await using network = await start(count, directory);
    const outputs = network.receivers.map(({ output }) => output);
    const began = performance.now();
    await using _ = feedFile(feed, network.feeder.fifo!);
    await waitForSizes(outputs, lines * LINE_BYTES, TIMEOUT_MS);
    const seconds = (performance.now() - began) / 1000;
    for (const output of outputs) await verifyOutput(feed, output);
    return lines / seconds;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Lets `cat` feed the file, which costs next to nothing; disposing of it ends it. */
export function feedFile(feed: string, fifo: string): AsyncDisposable {
  const script = 'exec cat "$1" > "$2"';
  const cat = new Deno.Command("sh", { args: ["-c", script, "sh", feed, fifo] }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      try {
        cat.kill("SIGKILL");
      } catch {
        // It had fed everything.
      }
      await cat.status;
    },
  };
}
