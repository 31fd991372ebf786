/** Flags of `rumor sim chain`, and which of them go together. */

import type { Given } from "../../../cli/args/args.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, jsonFlag } from "../../../cli/args/flags.ts";
import { readCount, readSeconds } from "../../../cli/args/values.ts";
import { CHAIN_DEFAULTS } from "../options.ts";

/** What is simulated where nothing else is said. */
export const SIM_DEFAULTS = {
  nodes: 10,
  blocks: 2_000,
  runs: 5,
  delay: [50, 500, 2_500],
  power: [1_000_000, 10_000, 100_000_000],
  depth: 10,
  races: 10_000,
  seed: 1,
} as const;

const NODES_MAX = 200, BLOCKS_MAX = 10_000, RUNS_MAX = 10_000;
const DELAY_MS_MAX = 600_000, HASHES_MIN = 1_000, HASHES_MAX = 10 ** 12;
const DEPTH_MAX = 100, RACES_MAX = 10_000_000;
/** Blocks that come to nodes, of one run, that fit into memory. */
const CELLS_MAX = 2_000_000;
/** About so many are not measured. */
const UNCOUNTED_BLOCKS = 500;
const UNITS = ["", "K", "M", "G", "T"];

export const simFlags = {
  nodes: {
    value: "N",
    help: `1 to ${NODES_MAX} nodes that mine alike (default: ${SIM_DEFAULTS.nodes})`,
    no_env: true,
    read: readCount(1, NODES_MAX),
  },
  blocks: {
    value: "N",
    help: `10 to ${BLOCKS_MAX} blocks in each run (default: ${SIM_DEFAULTS.blocks})`,
    no_env: true,
    read: readCount(10, BLOCKS_MAX),
  },
  runs: {
    value: "N",
    help: `1 to ${RUNS_MAX} runs, each with other luck (default: ${SIM_DEFAULTS.runs})`,
    no_env: true,
    read: readCount(1, RUNS_MAX),
  },
  "block-time": {
    value: "S",
    help: `seconds between blocks (default: ${CHAIN_DEFAULTS.block_time_ms / 1_000})`,
    no_env: true,
    read: readSeconds,
  },
  delay: {
    value: "MS",
    many: true,
    help: `milliseconds to another node; may be repeated (default: ${
      SIM_DEFAULTS.delay.join(", ")
    })`,
    no_env: true,
    read: readCount(0, DELAY_MS_MAX),
  },
  power: {
    value: "HASHES",
    many: true,
    help: `hashes a second of all together; may be repeated (default: ${
      SIM_DEFAULTS.power.map(powerText).join(", ")
    })`,
    no_env: true,
    read: readPower,
  },
  attacker: {
    value: "SHARE",
    help: "let one with this part of all power, like 0.3 or 30%, try to replace blocks",
    no_env: true,
    read: readShare,
  },
  depth: {
    value: "N",
    help: `with --attacker: 1 to ${DEPTH_MAX} depths (default: ${SIM_DEFAULTS.depth})`,
    no_env: true,
    read: readCount(1, DEPTH_MAX),
  },
  races: {
    value: "N",
    help: `with --attacker: 1 to ${RACES_MAX} races (default: ${SIM_DEFAULTS.races})`,
    no_env: true,
    read: readCount(1, RACES_MAX),
  },
  seed: {
    value: "S",
    help: `what everything is drawn from (default: ${SIM_DEFAULTS.seed})`,
    no_env: true,
    read: readCount(0, 2 ** 31 - 1),
  },
  json: { ...jsonFlag.json, help: "print one JSON object a line, for each row" },
  ...helpFlags,
} as const;

/** What was given. */
export type SimGiven = Given<typeof simFlags>;

/** What stays the same in all that is simulated. */
export interface SimSize {
  readonly nodes: number;
  readonly blocks: number;
  readonly runs: number;
  readonly block_time_ms: number;
  readonly seed: number;
}

/** Hashes a second as people write them: 10K, 1M. */
export function powerText(hashes_per_s: number): string {
  const unit = UNITS.findLastIndex((_, at) => hashes_per_s % 1_000 ** at === 0);
  return `${hashes_per_s / 1_000 ** unit}${UNITS[unit]}`;
}

/** The size of what is simulated; throws a `UsageError` for what is too large, or says nothing here. */
export function readSize(given: SimGiven): SimSize {
  const { nodes = SIM_DEFAULTS.nodes, blocks = SIM_DEFAULTS.blocks } = given;
  const { runs = SIM_DEFAULTS.runs, seed = SIM_DEFAULTS.seed } = given;
  const block_time_ms = Math.ceil(given["block-time"] ?? CHAIN_DEFAULTS.block_time_ms);
  for (const name of ["depth", "races"] as const) {
    if (given.attacker === undefined && given[name] !== undefined) {
      throw new UsageError(`--${name} needs --attacker SHARE`);
    }
  }
  for (const name of ["nodes", "blocks", "runs", "delay", "power"] as const) {
    const value = given[name],
      is_given = Array.isArray(value) ? value.length > 0 : value !== undefined;
    if (given.attacker !== undefined && is_given) {
      throw new UsageError(`--${name} changes nothing for an attacker; leave it or --attacker out`);
    }
  }
  checkMemory(given, { nodes, blocks, block_time_ms });
  return { nodes, blocks, runs, block_time_ms, seed };
}

/** Where a block takes long to others, each mines on a branch of its own meanwhile. */
function checkMemory(
  given: SimGiven,
  { nodes, blocks, block_time_ms }: Pick<SimSize, "nodes" | "blocks" | "block_time_ms">,
): void {
  const delay_ms = Math.max(...delaysOf(given));
  const branches = Math.min(nodes, 1 + delay_ms / block_time_ms);
  if (2 * nodes * branches * (blocks + UNCOUNTED_BLOCKS) <= CELLS_MAX) return;
  const what = `--nodes ${nodes} with --blocks ${blocks} and --delay ${delay_ms}`;
  throw new UsageError(`${what} is too much; take less of something, or a longer --block-time`);
}

/** The delays, and the powers, of which the first is the usual one. */
export function delaysOf({ delay }: SimGiven): readonly number[] {
  return delay.length > 0 ? delay : SIM_DEFAULTS.delay;
}

export function powersOf({ power }: SimGiven): readonly number[] {
  return power.length > 0 ? power : SIM_DEFAULTS.power;
}

function readPower(text: string): number {
  const match = /^([0-9]{1,13})([KMGT]?)$/.exec(text);
  const value = match === null ? NaN : Number(match[1]) * 1_000 ** UNITS.indexOf(match[2]);
  if (value >= HASHES_MIN && value <= HASHES_MAX) return value;
  throw new UsageError(
    `${text} is not a number of hashes from ${powerText(HASHES_MIN)} to ${powerText(HASHES_MAX)}`,
  );
}

function readShare(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(%?)$/.exec(text);
  const share = match === null ? NaN : Number(match[1]) / (match[2] === "%" ? 100 : 1);
  if (share > 0 && share < 0.5) return share;
  throw new UsageError(
    share >= 0.5
      ? `${text} is too much; allowed is less than 0.5: who has half of all power always catches up`
      : `${text} is not a share above 0 and below 0.5, like 0.3 or 30%`,
  );
}
