/** Typed to printed: lines typed one at a time, until all other processes have printed each. */

import type { Network } from "./endpoints.ts";
import { feedLine, LINE_BYTES } from "./feed.ts";
import type { Process } from "../helpers/process.ts";

const LINES_A_SECOND = 100;
/** The first second warms the compilers up and is not counted. */
const WARM_UP_LINES = 100;

/** Milliseconds from the write of a line to its sight. */
export interface Latency {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** One sample for each line and printer, and one for each line and its last printer. */
export interface Latencies {
  readonly each: Latency;
  readonly last: Latency;
}

/** Types `lines` lines into a fresh network of `count` processes, at 100 a second. */
export async function measureLatency(
  start: (count: number, directory: null) => Promise<Network>,
  count: number,
  lines: number,
): Promise<Latencies> {
  await using network = await start(count, null);
  const total = WARM_UP_LINES + lines;
  const typed: number[] = [];
  const printed = network.receivers.map(({ process }) => recordArrivals(process));
  const began = performance.now();
  for (let i = 0; i < total; i++) {
    const due = began + i * 1000 / LINES_A_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    typed.push(performance.now());
    await network.feeder.process.send(feedLine(i));
  }
  await Promise.all(network.receivers.map(({ process }) => process.waitForStdout(total)));
  for (const { process } of network.receivers) checkOrder(process.stdout, total);
  const delays = typed.map((time, index) => printed.map((times) => times[index] - time))
    .slice(WARM_UP_LINES);
  return {
    each: summarise(delays.flat()),
    last: summarise(delays.map((of_line) => Math.max(...of_line))),
  };
}

/** The time at which each line was read, filled in as they come. */
function recordArrivals(process: Process): readonly number[] {
  const times: number[] = [];
  let bytes_read = 0;
  process.onStdout = (bytes) => {
    const now = performance.now();
    bytes_read += bytes.length;
    while ((times.length + 1) * LINE_BYTES <= bytes_read) times.push(now);
  };
  return times;
}

function summarise(samples: number[]): Latency {
  const sorted = samples.sort((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { median: at(0.5), p99: at(0.99), max: at(1) };
}

function checkOrder(printed: readonly string[], count: number): void {
  const wrong = printed.findIndex((line, index) => line !== feedLine(index));
  if (wrong >= 0) throw new Error(`line ${wrong + 1} is not the one that was typed`);
  if (printed.length !== count) throw new Error(`${printed.length} lines instead of ${count}`);
}
