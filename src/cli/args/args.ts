/** Flags: what a command declares is what it accepts; everything else is a usage error in one line. */

import { parseArgs } from "@std/cli/parse-args";
import { isIdText } from "../../core/data/public_key.ts";
import { UsageError } from "./exit.ts";

/** One flag. Flags with a value can also be set as `RUMOR_<NAME>` in the environment. */
export interface Flag<T> {
  readonly short?: string;
  /** What stands for the value in help and errors; a switch has none. */
  readonly value?: string;
  /** May be given several times. */
  readonly many?: boolean;
  /** Not taken from the environment, because it makes no sense there. */
  readonly no_env?: boolean;
  readonly help: string;
  /** Reads a value, or throws a `UsageError` that says what is allowed. */
  readonly read: (text: string) => T;
}

/** The flags of a command by name. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** What was given: a value, a list of values where a flag may be repeated, or undefined. */
export type Given<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> & { readonly many: true } ? readonly T[]
    : F[K] extends Flag<infer T> ? T | undefined
    : never;
};

const GUARD = "\0";

/**
 * Reads a command's flags and words; `typed` are the names of the flags that stand among the arguments,
 * and not in the environment. Throws a `UsageError`.
 */
export function readArgs<F extends Flags>(
  args: readonly string[],
  flags: F,
  env: (name: string) => string | undefined,
): { given: Given<F>; words: string[]; typed: string[] } {
  const all = Object.entries(flags);
  const dashes = args.indexOf("--"), end = dashes < 0 ? args.length : dashes;
  const found = parseArgs([...args.slice(0, end).map(guarded), ...args.slice(end)], {
    boolean: all.filter(([, { value }]) => value === undefined).flatMap(keysOf),
    // A word is a word, also where it looks like a number.
    string: ["_", ...all.filter(([, { value }]) => value !== undefined).flatMap(keysOf)],
    collect: all.flatMap(keysOf),
    unknown: (arg, key) => {
      if (key !== undefined) {
        throw new UsageError(`${nameOf(arg, key)} is not a flag here; see --help`);
      }
    },
  });
  const given: Record<string, unknown> = {}, typed: string[] = [];
  for (const [name, flag] of all) {
    const values = valuesOf(found, name, flag);
    if (values.length > 0) typed.push(name);
    const read = values.length > 0 ? values : readEnv(name, flag, env);
    given[name] = flag.many ? read : read[0];
  }
  // What is missing before it is the more likely mistake, so this comes last.
  refuseValues(args.slice(0, end), all);
  const words = found._.map((word) => unguarded(word as string));
  return { given: given as Given<F>, words, typed };
}

/** The lines of a help text that describe flags. */
export function flagLines(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, { short, value, help }]) => {
    const long = `--${name}${value === undefined ? "" : ` ${value}`}`;
    return [short === undefined ? `    ${long}` : `-${short}, ${long}`, help];
  });
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, help]) => `  ${left.padEnd(width)}${help}`).join("\n");
}

/** Under which keys `parseArgs()` gives a flag: apart, so that errors name what was written. */
function keysOf([name, { short }]: [string, Flag<unknown>]): string[] {
  return short === undefined ? [name] : [name, short];
}

/** The values of a flag, each read; one by one, as they were given. */
function valuesOf(
  found: Readonly<Record<string, unknown>>,
  name: string,
  flag: Flag<unknown>,
): unknown[] {
  const texts = keysOf([name, flag]).flatMap((key) =>
    (found[key] as unknown[]).map((value) => ({ written: dashed(key), value }))
  );
  if (texts.length > 1 && !flag.many) throw new UsageError(`${texts[1].written} is given twice`);
  return texts.map(({ written, value }) => {
    if (flag.value === undefined) {
      if (value !== true) throw new UsageError(`${written} takes no value`);
      return flag.read("1");
    }
    // A value that begins with a dash is nearly always the next flag; `--flag=-x` says otherwise.
    if (value === "") throw new UsageError(`${written} needs a value: ${written} ${flag.value}`);
    return readNamed(written, flag, unguarded(value as string));
  });
}

/** A switch is on or not there; `parseArgs()` would take `--json=no` for `--json`. */
function refuseValues(args: readonly string[], flags: readonly [string, Flag<unknown>][]): void {
  const switches = flags.filter(([, { value }]) => value === undefined).flatMap(keysOf).map(dashed);
  for (const arg of args) {
    const [written] = arg.split("=", 1);
    if (written !== arg && switches.includes(written)) {
      throw new UsageError(`${written} takes no value`);
    }
  }
}

/**
 * An argument as `parseArgs()` takes it for what it is. Negative numbers would be flags, as would be an
 * id in 64, and what stands under one behind a slash, and true and false the value of a switch; no
 * argument can hold a NUL by itself. And `--no-json=1` would be
 * `--json=1`; without its value it is a flag that is unknown, or one that takes none.
 */
function guarded(arg: string): string {
  if (arg.startsWith("-") && isIdText(arg.split("/", 1)[0])) return `${GUARD}${arg}`;
  if (arg.startsWith("--no-")) return arg.split("=", 1)[0];
  return /^(?:-(?:[0-9].*)?|true|false)$/s.test(arg) ? `${GUARD}${arg}` : arg;
}

function unguarded(text: string): string {
  return text.startsWith(GUARD) ? text.slice(GUARD.length) : text;
}

function dashed(key: string): string {
  return key.length === 1 ? `-${key}` : `--${key}`;
}

/** An unknown flag as it was written, without its value. */
function nameOf(arg: string, key: string): string {
  return arg.startsWith("--") ? /^--[^=]+/.exec(arg)?.[0] ?? arg : `-${key}`;
}

function readEnv(
  name: string,
  flag: Flag<unknown>,
  env: (name: string) => string | undefined,
): unknown[] {
  if (flag.no_env) return [];
  const variable = `RUMOR_${name.toUpperCase().replaceAll("-", "_")}`;
  const text = env(variable);
  if (text === undefined || text === "") return [];
  if (flag.value === undefined) {
    if (text === "0" || text === "1") return text === "1" ? [flag.read("1")] : [];
    throw new UsageError(`${variable} is ${text}; allowed is 1 or 0`);
  }
  const values = flag.many ? text.split(/[\s,]+/).filter((part) => part !== "") : [text];
  return values.map((value) => readNamed(variable, flag, value));
}

function readNamed(name: string, flag: Flag<unknown>, value: string): unknown {
  try {
    return flag.read(value);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${name}: ${error.message}`);
    throw error;
  }
}
