/** Flags: what a command declares is what it accepts; everything else is a usage error in one line. */

import { parseArgs } from "node:util";
import { splitAddress } from "../../core/data/address.ts";
import { isTopic } from "../../core/log/entry.ts";
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

/** Reads a command's flags and words. Throws a `UsageError`. */
export function readArgs<F extends Flags>(
  args: readonly string[],
  flags: F,
  env: (name: string) => string | undefined,
): { given: Given<F>; words: string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(flags).map(([name, flag]) => [name, {
        type: flag.value === undefined ? "boolean" as const : "string" as const,
        ...(flag.short === undefined ? {} : { short: flag.short }),
      }]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const found = new Map<string, unknown[]>();
  const words: string[] = [];
  let negative = -1;
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option" || token.index === negative) continue;
    if (/^-[0-9]/.test(token.rawName)) {
      // A negative number is a word, and its digits are no flags.
      words.push(args[token.index]);
      negative = token.index;
      continue;
    }
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
    if (flag === undefined) {
      throw new UsageError(`${token.rawName} is not a flag here; see --help`);
    }
    const values = found.get(token.name) ?? [];
    if (values.length > 0 && !flag.many) throw new UsageError(`${token.rawName} is given twice`);
    values.push(readValue(token.rawName, flag, token.value, token.inlineValue ?? false));
    found.set(token.name, values);
  }
  const given: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(flags)) {
    const values = found.get(name) ?? readEnv(name, flag, env);
    given[name] = flag.many ? values : values[0];
  }
  return { given: given as Given<F>, words };
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

function readValue(
  name: string,
  flag: Flag<unknown>,
  value: string | undefined,
  inline: boolean,
): unknown {
  if (flag.value === undefined) {
    if (value !== undefined) throw new UsageError(`${name} takes no value`);
    return flag.read("1");
  }
  // A value that begins with a dash is nearly always the next flag; `--flag=-x` says otherwise.
  if (value === undefined || value === "" || (!inline && /^-[^0-9]/.test(value))) {
    throw new UsageError(`${name} needs a value: ${name} ${flag.value}`);
  }
  return readNamed(name, flag, value);
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

/** `host:port` to dial. */
export function readAddress(text: string): string {
  parseAddress(text, 1);
  return text;
}

/** `host:port` to listen on; port 0 lets the system choose. */
export function readListen(text: string): { host: string; port: number } {
  return parseAddress(text, 0);
}

/** A whole number from `least` to `most`. */
export function readCount(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new UsageError(`${text} is not a whole number from ${least} to ${most}`);
  };
}

/** Seconds, as a number above 0; gives milliseconds. */
export function readSeconds(text: string): number {
  const value = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : NaN;
  if (value > 0 && value <= 1_000_000) return value * 1000;
  throw new UsageError(`${text} is not a number of seconds above 0`);
}

/** At least so many bytes, also as 64K, 64M or 1G. */
export function readBytes(least: number): (text: string) => number {
  return (text) => {
    const match = /^([0-9]{1,15})([KMG]?)$/.exec(text);
    const value = match === null ? NaN : Number(match[1]) * 1024 ** " KMG".indexOf(match[2] || " ");
    if (value >= least && Number.isSafeInteger(value)) return value;
    throw new UsageError(`${text} is not allowed; at least ${least} bytes, also as 64M or 1G`);
  };
}

/** The name of a topic. */
export function readTopic(text: string): string {
  if (isTopic(text)) return text;
  throw new UsageError(`${text} is no topic; allowed are at most 64 letters, digits and . _ - /`);
}

/** One of several words. */
export function readChoice<T extends string>(...choices: T[]): (text: string) => T {
  return (text) => {
    if (choices.includes(text as T)) return text as T;
    throw new UsageError(`${text} is not allowed; allowed is ${choices.join(" or ")}`);
  };
}

/** A switch that is on. */
export function readSwitch(): boolean {
  return true;
}

/** The path of a file or directory. */
export function readPath(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  if (text.length <= 4_096 && text.isWellFormed() && !/[\u0000-\u001f\u007f-\u009f]/.test(text)) {
    return text;
  }
  throw new UsageError("allowed are paths of at most 4096 characters without control characters");
}

/** Any text of at most 256 characters. */
export function readText(text: string): string {
  if (text.length <= 256 && text.isWellFormed()) return text;
  throw new UsageError("allowed are at most 256 characters");
}

function parseAddress(text: string, port_min: number): { host: string; port: number } {
  try {
    const { host, port } = splitAddress(text);
    if (port >= port_min) return { host, port };
  } catch {
    // Said below.
  }
  throw new UsageError(`${text} is not HOST:PORT with a port from ${port_min} to 65535`);
}
