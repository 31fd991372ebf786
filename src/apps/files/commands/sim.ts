/** `rumor sim files`: how long a file takes to get to many who fetch it from each other. */

import type { Command } from "../../app.ts";
import { flagLines, type Given, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, jsonFlag } from "../../../cli/args/flags.ts";
import { readBytes, readChoice, readCount, readSwitch } from "../../../cli/args/values.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { objectsText, tableText } from "../../../cli/output/table.ts";
import { Progress } from "../../../cli/sim/progress.ts";
import { LIES } from "../sim/lies.ts";
import { type Measured, measureFetchers, type MeasureOptions } from "../sim/measures.ts";

const MIB = 1_048_576;
const DEFAULTS = {
  fetchers: [1, 3, 10, 30, 100],
  size: 8 * MIB,
  seeds: 1,
  up: MIB,
  down: 4 * MIB,
  delay: 20,
  seed: 1,
} as const;

const FETCHERS_MAX = 200, SEEDS_MAX = 20, LIARS_MAX = 20, DELAY_MS_MAX = 10_000;
/** Fetchers times bytes that are done with in a minute or so. */
const WORK_MAX = 4_000 * MIB;
/** What takes longer than this is nothing to try out. */
const BOUND_S_MAX = 3_600;

const flags = {
  fetchers: {
    value: "N",
    many: true,
    help: `1 to ${FETCHERS_MAX} nodes that fetch; may be repeated (default: ${
      DEFAULTS.fetchers.join(", ")
    })`,
    no_env: true,
    read: readCount(1, FETCHERS_MAX),
  },
  size: {
    value: "BYTES",
    help: "bytes of the file, also as 64M (default: 8M)",
    no_env: true,
    read: readBytes(1),
  },
  seeds: {
    value: "N",
    help: `1 to ${SEEDS_MAX} nodes that have it (default: ${DEFAULTS.seeds})`,
    no_env: true,
    read: readCount(1, SEEDS_MAX),
  },
  "seed-up": {
    value: "BYTES",
    help: "bytes a second that each of those sends (default: as --up)",
    no_env: true,
    read: readBytes(1_024),
  },
  up: {
    value: "BYTES",
    help: "bytes a second that each fetcher sends (default: 1M)",
    no_env: true,
    read: readBytes(1_024),
  },
  down: {
    value: "BYTES",
    help: "bytes a second that each fetcher takes (default: 4M)",
    no_env: true,
    read: readBytes(1_024),
  },
  delay: {
    value: "MS",
    help: `milliseconds to another node (default: ${DEFAULTS.delay})`,
    no_env: true,
    read: readCount(0, DELAY_MS_MAX),
  },
  liar: {
    value: "KIND",
    many: true,
    help: `one more who claims to have it, but lies: ${LIES.slice(0, -1).join(", ")} or ${
      LIES.at(-1)
    }`,
    no_env: true,
    read: readChoice(...LIES),
  },
  rare: {
    help: "let only the first of the seeds have the last tenth of the file",
    no_env: true,
    read: readSwitch,
  },
  order: {
    value: "ORDER",
    help: "rarest, random or lowest pieces first (default: rarest)",
    no_env: true,
    read: readChoice("rarest", "random", "lowest"),
  },
  seed: {
    value: "S",
    help: `what everything is drawn from (default: ${DEFAULTS.seed})`,
    no_env: true,
    read: readCount(0, 2 ** 31 - 1),
  },
  json: { ...jsonFlag.json, help: "print one JSON object a line, for each row" },
  ...helpFlags,
} as const;

const command: Command = {
  summary: "how long a file takes to get to many who fetch it from each other",
  help: `Examples:
  rumor sim files
  rumor sim files --fetchers 20 --order lowest
  rumor sim files --seeds 3 --liar wrong --liar stall --fetchers 5
  rumor sim files --fetchers 50 --size 32M --json | jq '.last_s / .bound_s'

Usage: rumor sim files [FLAGS]

Lets nodes fetch one file, all beginning at once, in virtual time: what they ask of whom is decided by
the reducer of a running node, and bytes take as long as the rates of both sides say. Who has a chunk
serves it at once.

  alone         seconds if nobody but the seeds sent anything
  bound         seconds that it takes at least, whatever anybody does
  median, last  seconds until half of the fetchers, and all, had it
  times         the last, by the bound
  vain          bytes that came for nothing, twice or wrong, in parts of what was needed
  hashes        the same for hashes, which are needed

The bound is theorem 1 of R. Kumar and K. W. Ross, "Peer-Assisted File Distribution: The Minimum
Distribution Time", 2006. It is reached where a file can be cut as fine as one likes, and everybody
knows at once what the others have. Liars count for nothing in it.

  wrong   sends garbage              slow    the same, and each answer takes seconds
  hashes  sends garbage for hashes   size    means a longer file, so its end is garbage
  less    lacks every tenth chunk    stall   never answers
  tire    is honest, and after some time answers no more
  vanish  is honest, and after some time is gone

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 somebody did not get it, 2 usage.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    const options = readOptions(given), counts = countsOf(given);
    for (const fetchers of counts) check(options, fetchers);
    const rows = measure(options, counts);
    await stdout.print(given.json ? objectsText(rows, false) : text(options, rows));
    return rows.every(({ unfinished }) => unfinished === 0) ? EXIT.done : EXIT.failed;
  },
};

type SimGiven = Given<typeof flags>;

function countsOf({ fetchers }: SimGiven): readonly number[] {
  return fetchers.length > 0 ? fetchers : DEFAULTS.fetchers;
}

function readOptions(given: SimGiven): MeasureOptions {
  const { size = DEFAULTS.size, seeds = DEFAULTS.seeds, up = DEFAULTS.up } = given;
  if (given.liar.length > LIARS_MAX) throw new UsageError(`more than ${LIARS_MAX} liars`);
  return {
    size,
    seeds,
    seed_up: given["seed-up"] ?? up,
    up,
    down: given.down ?? DEFAULTS.down,
    delay_ms: given.delay ?? DEFAULTS.delay,
    liars: given.liar,
    rare: given.rare ?? false,
    order: given.order ?? "rarest",
    seed: given.seed ?? DEFAULTS.seed,
  };
}

/** What would take too long, or too much memory, is refused before anything is done. */
function check(options: MeasureOptions, fetchers: number): void {
  const { size, seeds, seed_up, down } = options;
  const what = `--size ${size} for ${fetchers} fetchers`;
  if (size * fetchers > WORK_MAX) {
    throw new UsageError(`${what} is too much; take less of something`);
  }
  if (fetchers * size / (seeds * seed_up) > BOUND_S_MAX || size / down > BOUND_S_MAX) {
    throw new UsageError(`${what} takes more than an hour at these rates; take higher ones`);
  }
}

function measure(options: MeasureOptions, counts: readonly number[]): Measured[] {
  using progress = new Progress();
  const all = counts.reduce((sum, count) => sum + count, 0);
  let done = 0;
  return counts.map((fetchers) => {
    const onProgress = (part: number) => progress.show("fetching", (done + fetchers * part) / all);
    const row = measureFetchers(options, fetchers, onProgress);
    done += fetchers;
    return row;
  });
}

function text(options: MeasureOptions, rows: readonly Measured[]): string {
  const { size, seeds, seed_up, up, down, delay_ms, liars, order } = options;
  const who = `${seeds} ${seeds === 1 ? "seed sends" : "seeds send"} ${rateText(seed_up)}`;
  const each = `each fetcher sends ${rateText(up)}, takes ${rateText(down)}`;
  const lies = liars.length === 0 ? "" : `; liars: ${liars.join(", ")}`;
  const cells = rows.map((row) => [
    `${row.fetchers}`,
    secondsText(row.alone_s),
    secondsText(row.bound_s),
    secondsText(row.median_s),
    secondsText(row.last_s),
    row.last_s === null ? "" : (row.last_s / row.bound_s).toFixed(2),
    percent(row.vain),
    percent(row.hashes),
  ]);
  const head = ["fetchers", "alone", "bound", "median", "last", "times", "vain", "hashes"];
  return `A file of ${bytesText(size)}; ${who}, ${each}, ${delay_ms} ms apart; ${order} first${lies}

${tableText([head, ...cells], true)}`;
}

function bytesText(bytes: number): string {
  return `${Number((bytes / MIB).toPrecision(3))} MiB`;
}

function rateText(bytes_per_s: number): string {
  return `${bytesText(bytes_per_s)}/s`;
}

function secondsText(time_s: number | null): string {
  return time_s === null ? "never" : `${time_s.toFixed(time_s < 100 ? 1 : 0)} s`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)} %`;
}

export default command;
