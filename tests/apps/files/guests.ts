/** Guests of real nodes that share and get files, each in a directory of its own. */

import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { type Process, type Result, runRumor, startRumor } from "../../helpers/process.ts";

/** Runs `rumor` as a guest of a node, in a directory. */
export async function guest(node: Process, cwd: string, ...args: string[]): Promise<Result> {
  const [word, ...rest] = args;
  return await runRumor([word, "--join", await node.address(), ...rest], {
    cwd,
    timeout_ms: 30_000,
  });
}

/** Starts `rumor` as a guest of a node, in a directory. */
export async function startGuest(node: Process, cwd: string, ...args: string[]): Promise<Process> {
  const [word, ...rest] = args;
  return startRumor([word, "--join", await node.address(), ...rest], { cwd, stdin: "null" });
}

/** Shares a file; gives its link. */
export async function share(node: Process, cwd: string, path: string): Promise<string> {
  const { code, stdout, stderr } = await guest(node, cwd, "share", path);
  assertEquals([code, stderr], [0, []]);
  return stdout[0].split(" ")[0];
}

/** Bytes that differ from place to place, and by the seed. */
export function bytesOf(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0, x = seed; at < size; at++) {
    bytes[at] = (x = (Math.imul(x, 48_271) >>> 0) % 2_147_483_647) & 255;
  }
  return bytes;
}

/** Gives two empty directories that are removed at the end. */
export async function withDirectories(
  run: (here: string, there: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "rumor-files-" });
  try {
    const here = join(root, "here"), there = join(root, "there");
    await Deno.mkdir(here);
    await Deno.mkdir(there);
    await run(here, there);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** What is in a directory, by name. */
export function namesIn(directory: string): readonly string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}
