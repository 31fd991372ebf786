/**
 * Races between two branches: one that everybody sees, and one of an attacker, who shows it when it
 * counts instead. Nobody hashes; who finds the next block, and when, the dice say. Which target is due,
 * and which branch counts, is decided by the functions of a running node.
 */

import { Dice } from "../../../sim/dice.ts";
import { nextTarget } from "../difficulty.ts";
import { type BranchEnd, counts } from "../tree.ts";
import { targetOf, workOf } from "../work.ts";

/**
 * Which times stand in the blocks. `real`: when they were made. `even`: each a block time behind its
 * parent, the attacker's first one a millisecond less, which wins each draw; so all targets stay as they
 * are, as the published chances take it. `early`: the others' are real, but the attacker's are as
 * early as they may be, so that his targets become harder, and fewer blocks need luck.
 */
export type Times = "even" | "real" | "early";

export interface RacesOptions {
  /** The attacker's part of all power, above 0 and below 0.5. */
  readonly share: number;
  /** The deepest that is asked for. */
  readonly depth: number;
  readonly races: number;
  readonly times: Times;
  readonly block_time_ms: number;
  readonly seed: number;
}

/** Where the race begins: far above the floor that targets have. */
const INDEX = 1_000, FIRST_HASHES = 2 ** 48;
/** The attacker gives up where equal targets would leave him this chance. */
export const GIVE_UP_CHANCE = 1e-3;
/** And after so many block times: with ever harder targets there would be hope for ever. */
export const GIVE_UP_BLOCKS = 1_000;

/** A branch behind the block that both have. */
interface Branch extends BranchEnd {
  readonly blocks: number;
  /** What the next block takes. */
  readonly target: bigint;
  readonly hashes: number;
}

/** In which part of the races the attacker's branch counted when the record was 1, 2, ... deep, or later. */
export function raceChances(
  options: RacesOptions,
  onProgress: (part: number) => void = () => {},
): number[] {
  const { depth, races, seed, times } = options;
  const dice = Dice.of(seed, `races ${times}`), won = new Array<number>(depth).fill(0);
  for (let race = 0; race < races; race++) {
    const deepest = runRace(options, dice);
    for (let at = 0; at < deepest; at++) won[at]++;
    if (race % 100 === 0) onProgress(race / races);
  }
  return won.map((count) => count / races);
}

/** How deep the record was at most when the attacker's branch counted; 0 where it never was in a block. */
function runRace({ share, depth, times, block_time_ms }: RacesOptions, dice: Dice): number {
  const start = startOf(), ratio = share / (1 - share);
  const behind_max = Math.log(GIVE_UP_CHANCE) / Math.log(ratio);
  let seen = start, secret = start, now = 0, deepest = 0;
  while (deepest < depth && now < GIVE_UP_BLOCKS) {
    const seen_rate = (1 - share) / seen.hashes, secret_rate = share / secret.hashes;
    // In block times: all together make so many hashes in one.
    now -= Math.log(1 - dice.next()) / (seen_rate + secret_rate) / FIRST_HASHES;
    const now_ms = now * block_time_ms;
    if (dice.next() * (seen_rate + secret_rate) < secret_rate) {
      secret = extend(secret, secretTime(secret, times, block_time_ms, now_ms), block_time_ms);
    } else {
      const time = times === "even" ? seen.block.time + block_time_ms : now_ms;
      seen = extend(seen, time, block_time_ms);
    }
    if (counts(secret, seen)) deepest = Math.max(deepest, seen.blocks);
    const behind = Number(seen.work - secret.work) / Math.max(seen.hashes, secret.hashes);
    if (seen.blocks >= depth && behind > behind_max) break;
  }
  return Math.min(deepest, depth);
}

function secretTime(
  { block, blocks }: Branch,
  times: Times,
  block_time_ms: number,
  now_ms: number,
): number {
  if (times === "real") return now_ms;
  if (times === "early") return block.time + 1;
  return block.time + block_time_ms - (blocks === 0 ? 1 : 0);
}

function startOf(): Branch {
  const target = targetOf(BigInt(FIRST_HASHES));
  // Which of two hashes is smaller decides nothing here: no two branches are alike in all else.
  return { block: { time: 0 }, hash: "", work: 0n, blocks: 0, target, hashes: FIRST_HASHES };
}

function extend(branch: Branch, at_ms: number, block_time_ms: number): Branch {
  const { block, blocks, work, target } = branch;
  const time = Math.max(Math.floor(at_ms), block.time + 1), solve_ms = time - block.time;
  const next = nextTarget({ index: INDEX + blocks, target, solve_ms }, block_time_ms);
  return {
    block: { time },
    hash: "",
    work: work + workOf(target),
    blocks: blocks + 1,
    target: next,
    hashes: Number(workOf(next)),
  };
}
