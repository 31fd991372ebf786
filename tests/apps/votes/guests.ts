/** Short visits to nodes that follow the chain: `rumor vote cast` and the like. */

import { assertEquals, assertMatch } from "@std/assert";
import { type Process, type Result, runRumor } from "../../helpers/process.ts";

/** The time between blocks of the nodes that are started. */
export const TIMES = ["--block-time", "0.2"];
/** How long a network may take to agree. */
export const AGREE_MS = 60_000;

/** Runs `rumor vote` as a guest of a node. */
export async function vote(node: Process, ...args: string[]): Promise<Result> {
  const join = ["--join", await node.address()];
  return await runRumor(["vote", ...args, ...join], { timeout_ms: AGREE_MS });
}

/** What a guest prints; fails where it fails. */
export async function answer(node: Process, ...args: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await vote(node, ...args);
  assertEquals({ code, stderr }, { code: 0, stderr: [] }, node.report());
  return stdout;
}

/** A command failed in one line that says why. */
export function assertFails({ code, stdout, stderr }: Result, expected: number, why: RegExp): void {
  assertEquals({ code, stdout }, { code: expected, stdout: [] }, stderr.join("\n"));
  assertEquals(stderr.length, 1, stderr.join("\n"));
  assertMatch(stderr[0], /^rumor: /);
  assertMatch(stderr[0], why);
}
