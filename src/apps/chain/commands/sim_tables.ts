/** What `rumor sim chain` found, as tables for people and as objects. */

import { tableText } from "../../../cli/output/table.ts";
import { nakamotoChance, rosenfeldChance } from "../sim/catch_up.ts";
import { type Measures, STEP_FACTOR, STEP_RUNS, type StepMeasures } from "../sim/measures.ts";
import { GIVE_UP_BLOCKS, type Times } from "../sim/race.ts";
import { powerText, type SimSize } from "./sim_flags.ts";

/** One delay and power, and what was measured there. */
export interface PaceRow {
  readonly delay_ms: number;
  readonly hashes_per_s: number;
  readonly measures: Measures;
}

/** What miners did. */
export interface MiningFound {
  readonly size: SimSize;
  readonly rows: readonly PaceRow[];
  /** While power changes, at the first delay and power. */
  readonly steps: readonly StepMeasures[];
}

/** What an attacker could do. */
export interface AttackFound {
  readonly share: number;
  readonly races: number;
  readonly seed: number;
  readonly block_time_ms: number;
  /** In which part of the races it counted, for each depth from 1 on. */
  readonly chances: Readonly<Record<Times, readonly number[]>>;
}

const COUNTED_BLOCKS = 100;

/** One object for each row of both tables. */
export function miningObjects({ size, rows, steps }: MiningFound): object[] {
  const { nodes, runs, block_time_ms, seed } = size, [{ delay_ms, hashes_per_s }] = rows;
  const about = { nodes, runs: runs * STEP_RUNS, block_time_ms, seed, delay_ms, hashes_per_s };
  return [
    ...rows.map(({ measures, ...at }) => ({ kind: "pace", ...size, ...at, ...measures })),
    ...steps.map((step) => ({ kind: "step", ...about, ...step })),
  ];
}

/** Both tables, and what their columns are. */
export function miningText({ size, rows, steps }: MiningFound): string {
  const { nodes, blocks, runs, block_time_ms } = size;
  const each = `a block each ${block_time_ms / 1_000} s`;
  const head = `${countText(nodes, "node")}, ${each}, ${
    countText(runs, "run")
  } of ${blocks} blocks`;
  const paces = rows.map((row) => paceCells(row, nodes));
  const columns = ["delay", "power", "interval", "median", "p99", "branches", "off"];
  return `${head}\n
${tableText([[...columns, "rewinds", "deepest", "wasted"], ...paces], true)}
branches, off (blocks in them) and rewinds (of one node): for each ${COUNTED_BLOCKS} blocks that count

${tableText(stepCells(rows[0], steps, block_time_ms), true)}`;
}

function paceCells({ delay_ms, hashes_per_s, measures }: PaceRow, nodes: number): string[] {
  const { blocks, off, branches, rewinds, rewind_max, wasted } = measures;
  const each = (count: number) => (count * COUNTED_BLOCKS / blocks).toFixed(2);
  return [
    `${delay_ms} ms`,
    `${powerText(hashes_per_s)}/s`,
    secondsText(measures.interval_mean_ms),
    secondsText(measures.interval_median_ms),
    secondsText(measures.interval_p99_ms),
    each(branches),
    each(off),
    each(rewinds / nodes),
    `${rewind_max}`,
    percent(wasted, 2),
  ];
}

function stepCells(
  { delay_ms, hashes_per_s }: PaceRow,
  steps: readonly StepMeasures[],
  block_time_ms: number,
): string[][] {
  const few = `${powerText(hashes_per_s)}/s`, many = `${powerText(hashes_per_s * STEP_FACTOR)}/s`;
  const rows = steps.map(({ factor, from, to, interval_mean_ms }) => [
    factor === 1 ? few : factor > 1 ? `${few} to ${many}` : `${many} to ${few}`,
    factor === 1 ? `the last ${to - from + 1} before` : `${from} to ${to} after`,
    secondsText(interval_mean_ms),
    percent(interval_mean_ms / block_time_ms, 0),
  ]);
  return [
    [`power joins and leaves, ${delay_ms} ms`, "blocks", "interval", "of the block time"],
    ...rows,
  ];
}

/** One object for each depth. */
export function attackObjects({ chances, ...about }: AttackFound): object[] {
  return chances.even.map((even, at) => ({
    kind: "attack",
    ...about,
    depth: at + 1,
    rosenfeld: rosenfeldChance(about.share, at + 1),
    nakamoto: nakamotoChance(about.share, at + 1),
    even,
    real: chances.real[at],
    early: chances.early[at],
  }));
}

/** The published chances, and those that were measured beside them. */
export function attackText({ share, races, chances }: AttackFound): string {
  const rows = chances.even.map((_, at) => [
    `${at + 1}`,
    percent(rosenfeldChance(share, at + 1), 3),
    percent(nakamotoChance(share, at + 1), 3),
    ...([chances.even, chances.real, chances.early].map((one) => percent(one[at], 2))),
  ]);
  const who = `${Number((share * 100).toPrecision(12))} % of all power`;
  return `The chance to replace a record, by its depth, with ${who}; ${countText(races, "race")}

${tableText([["depth", "Rosenfeld", "Nakamoto", "even", "real", "early"], ...rows], true)}
Published: M. Rosenfeld, "Analysis of hashrate-based double spending", 2012, table 1;
S. Nakamoto, "Bitcoin: A Peer-to-Peer Electronic Cash System", 2008, section 11.
The others are measured; the attacker gives up after ${
    GIVE_UP_BLOCKS.toLocaleString("en-US")
  } block times.
`;
}

function countText(count: number, what: string): string {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}

/** Three digits, or all before the point. */
function secondsText(time_ms: number): string {
  const time_s = time_ms / 1_000;
  return `${time_s < 100 ? time_s.toPrecision(3) : time_s.toFixed(0)} s`;
}

function percent(part: number, digits: number): string {
  return `${(part * 100).toFixed(digits)} %`;
}
