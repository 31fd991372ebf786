/** What the values of flags may be: each reads a text, or throws a `UsageError` that says it. */

import { splitAddress } from "../../core/data/address.ts";
import { isTopic } from "../../core/log/entry.ts";
import { UsageError } from "./exit.ts";

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
