/** How much a thread counts beside others. */

import { openLibc } from "../files/libc.ts";

const SYMBOLS = { nice: { parameters: ["i32"], result: "i32" } } as const;
/** Beside a thread that does not yield, one that does gets about a tenth of a core. */
const NICE = 10;

/**
 * Lets other threads go before the one that calls it, from now on; what nobody else wants of a core it
 * still gets. True where that is so: only Linux does this for one thread of a program.
 */
export function yieldToOthers(): boolean {
  if (Deno.build.os !== "linux") return false;
  const library = openLibc(SYMBOLS);
  // It gives the new value, which is at most 19, or -1.
  return library !== null && library.symbols.nice(NICE) >= NICE;
}
