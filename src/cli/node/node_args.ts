/** What a command that runs a node was given: its own flags, and those that apps have at each of them. */

import type { AppModule, Env } from "../../apps/app.ts";
import type { NodeConfig } from "../../core/data/config.ts";
import { flagLines, type Flags, type Given, readArgs } from "../args/args.ts";

/** What was given, and what it means for apps. */
export interface NodeArgs<F extends Flags> {
  readonly given: Given<F>;
  readonly words: readonly string[];
  readonly wishes: NonNullable<NodeConfig["apps"]>;
}

/** Reads a command's flags and words, and the flags of apps. Throws a `UsageError`. */
export function readNodeArgs<F extends Flags>(
  args: readonly string[],
  flags: F,
  env: Env,
  apps: readonly AppModule[],
): NodeArgs<F> {
  const { given, words, typed } = readArgs(args, { ...flagsOf(apps), ...flags }, env);
  // A flag that the command has itself is not the app's.
  const theirs = typed.filter((name) => !Object.hasOwn(flags, name));
  const wishes = apps.flatMap(({ app: { name }, node_flags }) => {
    const wish = node_flags?.wish(given, theirs);
    return wish === undefined ? [] : [[name, wish] as const];
  });
  return { given: given as Given<F>, words, wishes: Object.fromEntries(wishes) };
}

/** The lines of a help text that describe a command's flags, and those of apps. */
export function nodeFlagLines(flags: Flags, apps: readonly AppModule[]): string {
  const { help, ...own } = flags;
  return flagLines({ ...own, ...flagsOf(apps), ...(help === undefined ? {} : { help }) });
}

function flagsOf(apps: readonly AppModule[]): Flags {
  return Object.assign({}, ...apps.map(({ node_flags }) => node_flags?.flags));
}
