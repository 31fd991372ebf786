/** How far a transfer is, for people: a bar on a terminal, a line a second otherwise. */

import { visible } from "../../../cli/output/escape.ts";
import { say, stderr } from "../../../cli/output/stderr.ts";
import type { TransferRow } from "./transfer_row.ts";

/** How wide the bar is. */
const BAR_CELLS = 20;
/** How often a line is written where no terminal shows a bar. */
const LINE_MS = 1_000;
const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Shows nothing in scripts, unless it is asked to. */
export class Progress {
  readonly #verb: string;
  readonly #bar: boolean;
  readonly #lines: boolean;
  #line_ms = -Infinity;
  #shown = false;

  /** `verb` says what is done; `wanted`, whether lines are wanted where there is no terminal. */
  constructor(verb: string, wanted: boolean) {
    this.#verb = verb;
    this.#bar = stderr.is_terminal;
    this.#lines = wanted && !stderr.is_terminal;
  }

  get wanted(): boolean {
    return this.#bar || this.#lines;
  }

  show(row: TransferRow, now_ms: number): void {
    if (this.#bar) {
      stderr.show(`\r\x1b[K${visible(progressText(this.#verb, row))}`);
      this.#shown = true;
    } else if (this.#lines && now_ms - this.#line_ms >= LINE_MS) {
      this.#line_ms = now_ms;
      say(`rumor: ${progressText(this.#verb, row)}`);
    }
  }

  /** Takes the bar away, so that something else can stand there. */
  clear(): void {
    if (this.#shown) stderr.show("\r\x1b[K");
    this.#shown = false;
  }
}

/** One line: what, a bar, how much of how much, the rate, who it comes from, how long it takes. */
export function progressText(verb: string, row: TransferRow): string {
  const { name, link, bytes_here, bytes, files_here, files, bytes_per_s, holders } = row;
  const what = `${verb} ${name || link || "..."}`;
  if (bytes === 0) return what;
  const part = Math.min(1, bytes_here / bytes), full = Math.floor(part * BAR_CELLS);
  const bar = `[${"#".repeat(full)}${" ".repeat(BAR_CELLS - full)}]`;
  const texts = [
    `${bar} ${Math.floor(part * 100)}%`,
    `${bytesText(bytes_here)} of ${bytesText(bytes)}`,
    ...(files > 1 ? [`${files_here} of ${files} files`] : []),
    ...(bytes_per_s > 0 ? [`${bytesText(bytes_per_s)}/s`] : []),
    ...(holders > 0 ? [holders === 1 ? "1 holder" : `${holders} holders`] : []),
    ...(bytes_per_s > 0 ? [`${durationText((bytes - bytes_here) / bytes_per_s)} left`] : []),
  ];
  return `${what} ${texts.join(", ")}`;
}

/** Bytes as people say them, in powers of 1,000. */
export function bytesText(bytes: number): string {
  let value = bytes, unit = 0;
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1_000;
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** Seconds as minutes and seconds, or hours. */
export function durationText(seconds: number): string {
  const all = Math.ceil(Math.max(0, seconds)),
    two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(all / 3_600), Math.floor(all / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}
