/** Real nodes that follow the chain, and what guests ask them. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Block } from "../../../src/apps/chain/blockchain.ts";
import { type Process, type Result, runRumor } from "../../helpers/process.ts";

export const MINER = ["chain", "--block-time", "0.2"];
export const IDLE = [...MINER, "--mine", "never"];
/** How long a network may take to agree. */
export const AGREE_MS = 60_000;
export const BLOCK_LINE = /^\d+ [0-9a-f]{16} \d+$/;

/** A node, or where it listens when it says otherwise. */
export type Asked = Process | string;

/** Runs `rumor chain` as a guest of a node. */
export async function chain(node: Asked, ...args: string[]): Promise<Result> {
  const join = typeof node === "string" ? node : await node.address();
  return await runRumor(["chain", ...args, "--join", join], { timeout_ms: AGREE_MS });
}

/** What a node answers; fails where it does not. */
export async function answer(node: Asked, ...args: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await chain(node, ...args);
  const report = typeof node === "string" ? node : node.report();
  assertEquals({ code, stderr }, { code: 0, stderr: [] }, report);
  return stdout;
}

/** Asks a node again until its answer is as it should be: each question waits for its answer. */
export async function answers(
  node: Asked,
  args: readonly string[],
  check: (lines: readonly string[]) => boolean,
): Promise<readonly string[]> {
  const end = performance.now() + AGREE_MS;
  for (;;) {
    const lines = await answer(node, ...args);
    if (check(lines)) return lines;
    assert(performance.now() < end, `${args.join(" ")} says\n${lines.join("\n")}`);
  }
}

/** Waits until a node has these texts in its chain, in any order. */
export async function hasTexts(node: Asked, ...texts: string[]): Promise<void> {
  const wanted = texts.toSorted().join("\n");
  await answers(node, ["data"], (lines) => lines.toSorted().join("\n") === wanted);
}

export async function blocksOf(node: Asked): Promise<(Block & { readonly hash: string })[]> {
  return (await answer(node, "blocks", "--json")).map((line) => JSON.parse(line));
}

/** A command failed in one line that says why. */
export function assertFails({ code, stdout, stderr }: Result, expected: number, why: RegExp): void {
  assertEquals({ code, stdout }, { code: expected, stdout: [] }, stderr.join("\n"));
  assertEquals(stderr.length, 1, stderr.join("\n"));
  assertMatch(stderr[0], /^rumor: /);
  assertMatch(stderr[0], why);
}
