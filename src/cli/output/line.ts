/** How one line is made, for people and for programs. Pure. */

import { visible, visibleJson } from "./escape.ts";

/** What makes bytes of records. */
export interface Format {
  readonly json: boolean;
  /** Whether a terminal shows it: then what it would obey is escaped. A pipe gets it as it is. */
  readonly shown: boolean;
}

/** Nobody reads more of a complaint, least of all of one that another node made up. */
const SAID_CHARS_MAX = 800;

/**
 * A line for stderr, with its newline. Nothing that came from outside can break out of it or command
 * the terminal, and of a very long text the middle is left out.
 */
export function saidLine(text: string): string {
  return `${visible(shorten(text))}\n`;
}

/** Text of others as it stands in a line on stdout. */
export function clean(format: Format, text: string): string {
  return format.shown ? visible(text) : text;
}

/** The same for a text of JSON. */
export function cleanJson(format: Format, json: string): string {
  return format.shown ? visibleJson(json) : json;
}

/** A value as one line of JSON, with its newline. */
export function jsonLine(value: unknown, format: Format): string {
  return `${cleanJson(format, JSON.stringify(value))}\n`;
}

/** Leaves out the middle of a long text: what is wrong stands in front, what is allowed behind. */
function shorten(text: string): string {
  const half = SAID_CHARS_MAX / 2;
  return text.length <= SAID_CHARS_MAX ? text : `${text.slice(0, half)}...${text.slice(-half)}`;
}
