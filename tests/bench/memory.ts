/** Resident memory of each node while millions of lines go through. Linux only: it reads /proc. */

import { startRumorNetwork } from "./endpoints.ts";
import { LINE_BYTES, makeDirectory, verifyOutput, waitForSizes, writeFeed } from "./feed.ts";
import { feedFile } from "./throughput.ts";

const SAMPLE_EVERY_MS = 250;
const TIMEOUT_MS = 1_200_000;

/** Megabytes (10^6 bytes) of one node: the most, and the means of two quarters of the time. */
export interface Memory {
  readonly node: string;
  readonly max: number;
  readonly second_quarter: number;
  readonly last_quarter: number;
}

/** Feeds `lines` lines through `count` nodes and samples each one's resident memory. */
export async function measureMemory(count: number, lines: number): Promise<Memory[]> {
  const directory = await makeDirectory(lines * LINE_BYTES * (count + 1));
  try {
    const feed = `${directory}/feed`;
    await writeFeed(feed, lines);
    await using network = await startRumorNetwork(count, directory);
    const nodes = [network.feeder, ...network.receivers].map(({ process }) => process);
    const samples: number[][] = nodes.map(() => []);
    const sample = () => nodes.forEach(({ pid }, index) => samples[index].push(residentBytes(pid)));
    const timer = setInterval(sample, SAMPLE_EVERY_MS);
    try {
      await using _ = feedFile(feed, network.feeder.fifo!);
      const outputs = network.receivers.map(({ output }) => output);
      await waitForSizes(outputs, lines * LINE_BYTES, TIMEOUT_MS);
      sample();
      for (const output of outputs) await verifyOutput(feed, output);
    } finally {
      clearInterval(timer);
    }
    return samples.map((bytes, index) => summarise(`node${index}`, bytes));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Samples of one node, in the order of time, as megabytes. */
export function summarise(node: string, bytes: readonly number[]): Memory {
  const quarter = (index: number) => {
    const part = bytes.slice(
      Math.floor(bytes.length * index / 4),
      Math.max(1, Math.floor(bytes.length * (index + 1) / 4)),
    );
    return part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length) / 1e6;
  };
  const max = Math.max(...bytes) / 1e6;
  return { node, max, second_quarter: quarter(1), last_quarter: quarter(3) };
}
