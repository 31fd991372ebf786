/** A thread that lets others go first, and says how nice it was before and is then. */

import { yieldToOthers } from "../../../../src/shell/worker/priority.ts";

const scope = self as unknown as { postMessage(answer: unknown): void };

/** The field of proc(5) with the niceness, counted from behind the name. */
function niceness(): number {
  return Number(Deno.readTextFileSync("/proc/thread-self/stat").split(") ")[1].split(" ")[16]);
}

const before = niceness(), done = yieldToOthers();
scope.postMessage({ before, done, after: niceness() });
