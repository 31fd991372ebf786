/**
 * Measures real `rumor` processes on this machine, beside bare Deno in the same run.
 *
 *     deno task bench                                  everything, some minutes
 *     deno task bench --only throughput --nodes 3      one measurement of one size
 *     deno task bench --lines 100000 --runs 1 --json   quicker, for a script
 *
 * Store: the same with data directories at the receivers, and how soon a node with much stored is
 * ready.
 *
 * Throughput: 100-byte lines from one stdin until every other process has printed them all. The
 * feeder is `cat`, each stdout goes to a file in memory, and this process only looks at the sizes of
 * the files every 2 ms: reading the pipes and counting newlines here slowed the bare programs by
 * 8 %. Afterwards each file is compared with what was fed, byte for byte. RUMOR_BIN names a compiled
 * binary to measure instead of the source.
 */

import { startBareNetwork, startRumorNetwork } from "./endpoints.ts";
import { type Latencies, type Latency, measureLatency } from "./latency.ts";
import { measureMemory, type Memory } from "./memory.ts";
import { parseOptions, USAGE } from "./options.ts";
import { measureStartUp, measureStored, type StartUp } from "./store.ts";
import { measureThroughput } from "./throughput.ts";

const LATENCY_NODES = 8;
/** Ten seconds of typing; `--lines` can only shorten it. */
const LATENCY_LINES = 1_000;
const MEMORY_NODES = 3;
const STORED_ENTRIES = [100_000, 1_000_000];

interface Throughput {
  readonly nodes: number;
  readonly lines: number;
  /** Lines a second, the median of the runs. */
  readonly rumor: number;
  readonly bare: number;
}

/** Runs `rumor` and the bare programs by turns, so that both meet the same weather. */
async function compareThroughput(nodes: number, lines: number, runs: number): Promise<Throughput> {
  const rumor: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run < runs; run++) {
    rumor.push(await measureThroughput(startRumorNetwork, nodes, lines));
    bare.push(await measureThroughput(startBareNetwork, nodes, lines));
  }
  return { nodes, lines, rumor: median(rumor), bare: median(bare) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function print(cells: readonly string[]): void {
  const [first, ...rest] = cells;
  write(first.padEnd(34) + rest.map((cell) => cell.padStart(14)).join(""));
}

function write(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function printThroughput({ nodes, lines, rumor, bare }: Throughput): void {
  const label = `${nodes} nodes, ${whole(lines)} lines`;
  print([label, whole(rumor), whole(bare), `${(100 * rumor / bare).toFixed(0)} %`]);
}

function printLatencies(name: string, { each, last }: Latencies): void {
  const cells = ({ median, p99, max }: Latency) => [median, p99, max].map((ms) => ms.toFixed(2));
  print([name, ...cells(each)]);
  print([`${name}, the last to print`, ...cells(last)]);
}

function printMemory({ node, max, second_quarter, last_quarter }: Memory): void {
  print([node, ...[max, second_quarter, last_quarter].map((value) => value.toFixed(0))]);
}

async function runStore(lines: number, runs: number, show: boolean): Promise<unknown> {
  const rates: number[] = [];
  for (let run = 0; run < runs; run++) rates.push(await measureStored(lines));
  const lines_per_second = median(rates);
  if (show) {
    print(["stored on 2 of 3 nodes", "lines/s"]);
    print([`${whole(lines)} lines`, whole(lines_per_second)]);
    print(["start with stored entries", "listening, ms", "answering, ms", "file, MB"]);
  }
  const start_up: StartUp[] = [];
  for (const entries of STORED_ENTRIES) {
    const row = await measureStartUp(entries);
    start_up.push(row);
    const cells = [row.listening_ms, row.answered_ms, row.file_mb].map(whole);
    if (show) print([`${whole(entries)} entries`, ...cells]);
  }
  return { lines, lines_per_second, start_up };
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (typeof options === "string") {
    Deno.stderr.writeSync(new TextEncoder().encode(`bench: ${options}; ${USAGE}\n`));
    return 2;
  }
  const { only, json, runs, lines } = options;
  const report: Record<string, unknown> = {};
  const show = json ? () => {} : print;
  if (only === null || only === "throughput") {
    show(["throughput, lines a second", "rumor", "bare Deno", "ratio"]);
    const rows: Throughput[] = report.throughput = [];
    for (const nodes of options.nodes) {
      rows.push(await compareThroughput(nodes, lines ?? (nodes > 4 ? 200_000 : 500_000), runs));
      if (!json) printThroughput(rows.at(-1)!);
    }
  }
  if (only === null || only === "latency") {
    show([`latency, ms, ${LATENCY_NODES} nodes, 100 lines/s`, "median", "p99", "max"]);
    const typed = Math.min(lines ?? LATENCY_LINES, LATENCY_LINES);
    const rumor = await measureLatency(startRumorNetwork, LATENCY_NODES, typed);
    if (!json) printLatencies("rumor", rumor);
    const bare = await measureLatency(startBareNetwork, LATENCY_NODES, typed);
    if (!json) printLatencies("bare Deno", bare);
    report.latency = { nodes: LATENCY_NODES, lines: typed, rumor, bare };
  }
  if (only === null || only === "memory") {
    const fed = lines ?? 5_000_000;
    show([`memory, MB, ${whole(fed)} lines`, "most", "2nd quarter", "last quarter"]);
    const rows = report.memory = await measureMemory(MEMORY_NODES, fed);
    if (!json) rows.forEach(printMemory);
  }
  if (only === null || only === "store") {
    report.store = await runStore(lines ?? 500_000, runs, !json);
  }
  if (json) write(JSON.stringify(report));
  return 0;
}

if (import.meta.main) {
  // An interrupt takes the way of an exit, so that no gigabytes stay behind in memory.
  Deno.addSignalListener("SIGINT", () => Deno.exit(130));
  Deno.exit(
    await main(Deno.args).catch((error: Error) => {
      Deno.stderr.writeSync(new TextEncoder().encode(`bench: ${error.message}\n`));
      return 1;
    }),
  );
}
