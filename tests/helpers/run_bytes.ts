/** Runs `rumor` on input and output that are bytes, not lines of text. */

import { cleanEnv, rumorCommand } from "./process.ts";

const DEADLINE_MS = 60_000;

/** How a run ended, and what it printed. */
export interface BytesResult {
  readonly code: number;
  readonly stdout: Uint8Array;
  readonly stderr: readonly string[];
}

/** Runs `rumor` to its end with these bytes as its input. */
export async function runBytes(
  args: readonly string[],
  input: Uint8Array | string,
): Promise<BytesResult> {
  const [program, ...rest] = rumorCommand();
  const child = new Deno.Command(program, {
    args: [...rest, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: cleanEnv(),
    clearEnv: true,
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).spawn();
  const writing = (async () => {
    const writer = child.stdin.getWriter();
    await writer.write(bytesOf(input));
    await writer.close();
  })().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await writing;
  const lines = new TextDecoder().decode(stderr).split("\n");
  if (lines.at(-1) === "") lines.pop();
  return { code, stdout, stderr: lines };
}

/** UTF-8 of a text; bytes as they are. */
export function bytesOf(data: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
}
