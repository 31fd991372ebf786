/** The command line of the benchmarks. */

const MEASUREMENTS = ["throughput", "latency", "memory", "store"] as const;

/** One line that says what is allowed. */
export const USAGE =
  "allowed: --nodes 3,8 --lines N --runs N --only throughput|latency|memory|store --json";

/** What to measure. */
export interface BenchOptions {
  readonly only: typeof MEASUREMENTS[number] | null;
  readonly nodes: readonly number[];
  /** Lines to feed; null leaves it to each measurement. */
  readonly lines: number | null;
  readonly runs: number;
  readonly json: boolean;
}

/** The options in `args`, or what is wrong with them. */
export function parseOptions(args: readonly string[]): BenchOptions | string {
  let options: BenchOptions = { only: null, nodes: [3, 8], lines: null, runs: 3, json: false };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--json") {
      options = { ...options, json: true };
      continue;
    }
    const change = readOption(args[i], args[++i] ?? "");
    if (change === null) return `cannot use ${args.slice(i - 1, i + 1).join(" ")}`;
    options = { ...options, ...change };
  }
  return options;
}

function readOption(name: string, value: string): Partial<BenchOptions> | null {
  const numbers = value.split(",").map(Number);
  const valid = numbers.every((number) => Number.isInteger(number) && number > 0);
  const only = MEASUREMENTS.find((measurement) => measurement === value);
  if (name === "--only" && only) return { only };
  if (name === "--nodes" && valid && numbers.every((n) => n >= 2)) return { nodes: numbers };
  if (name === "--lines" && valid && numbers.length === 1) return { lines: numbers[0] };
  if (name === "--runs" && valid && numbers.length === 1) return { runs: numbers[0] };
  return null;
}
