/**
 * Gives each test a bound in time, so that one that hangs fails under its name and the others go on.
 * `deno task test` loads this before the tests, with `--preload`. A test that needs longer has a
 * `timeout` of its own. Before Deno 2.8 there are no bounds.
 */

import { runInThisContext } from "node:vm";
import { LONG } from "./long.ts";

/** Several times what the slowest test takes alone on an idle machine. */
const BOUND_MS = LONG ? 600_000 : 120_000;

const register = Deno.test;
const CALL = "(register, definition)=>register(definition)";

/** As `Deno.test()`, in all its forms. */
function boundedTest(...args: readonly unknown[]): void {
  const fallback = { name: (args.at(-1) as { name?: string }).name, timeout: BOUND_MS };
  const definition = Object.assign(fallback, ...args.map(partOf));
  const [, file, line, column] = /(file:.*?):(\d+):(\d+)\)?$/m.exec(callerOf(new Error())) ?? [];
  // Deno takes the place of a test from the call that registers it; so this call is made to stand
  // where the test does. The ? keeps Deno from looking for the source of the place a second time.
  const call = runInThisContext(CALL, {
    filename: `${file}?`,
    lineOffset: Number(line) - 1,
    columnOffset: Number(column) - 1 - CALL.indexOf(">") - 1,
  });
  call(register, definition);
}

/** What an argument of `Deno.test()` says of the test. */
function partOf(arg: unknown): Partial<Deno.TestDefinition> {
  if (typeof arg === "string") return { name: arg };
  if (typeof arg !== "function") return arg as Partial<Deno.TestDefinition>;
  return { fn: arg as Deno.TestDefinition["fn"] };
}

/** The line of a stack that tells who called the function in which it was made. */
function callerOf({ stack = "" }: Error): string {
  return stack.split("\n")[2] ?? "";
}

Object.assign(Deno, { test: Object.assign(boundedTest, register) });
