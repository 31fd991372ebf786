/** Private messages through real nodes. */

import { assertEquals } from "@std/assert";
import { type Process, type Result, runRumor, startRumor } from "./process.ts";

/** Waits until a node knows that so many others of a name are alive; gives their ids. */
export async function known(node: Process, name: string, count = 1): Promise<string[]> {
  const ask = ["peers", "--join", await node.address(), "--watch", "--json", "--status", "alive"];
  await using watch = startRumor(ask, { stdin: "null" });
  const ids = new Set<string>();
  await watch.waitForStdout((line) => {
    const peer = JSON.parse(line) as { id: string; name: string; self: boolean };
    if (peer.name === name && !peer.self) ids.add(peer.id);
    return ids.size >= count;
  });
  return [...ids];
}

/** Runs `rumor pm` through a node to its end. */
export async function pm(node: Process, args: readonly string[], input?: string): Promise<Result> {
  const options = input === undefined ? {} : { input };
  return await runRumor(["pm", "--join", await node.address(), ...args], options);
}

/** Starts `rumor pm` through a node; what is typed into it goes out. */
export async function startPm(node: Process, ...args: string[]): Promise<Process> {
  return startRumor(["pm", "--join", await node.address(), ...args]);
}

/** It ended well, and had nothing to say. */
export function assertDelivered({ code, stdout, stderr }: Result): void {
  assertEquals([code, stdout, stderr], [0, [], []]);
}
