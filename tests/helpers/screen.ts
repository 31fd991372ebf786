// deno-lint-ignore-file no-control-regex -- a terminal is about control characters
/**
 * A tiny terminal emulator. It understands the few sequences that our prompt emits and throws at
 * all others, so that nothing else can reach a terminal unnoticed.
 */

import { delay } from "@std/async/delay";
import stringWidth from "string-width";
import type { TerminalPort } from "../../src/cli/prompt/port.ts";

interface Row {
  /** One string a column; the second column of a wide character is "". */
  cells: string[];
  /** Whether the terminal, not the program, went on to the next row. */
  wrapped: boolean;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** A screen with endless scrollback. Row 0 is the first that was ever written. */
export class Screen {
  /** What the terminal was asked to do. */
  readonly modes = { bracketedPaste: false, autowrap: true };
  bells = 0;
  cursor = { row: 0, column: 0 };
  #rows: Row[] = [{ cells: [], wrapped: false }];
  /** Colours and weights that were switched on and not off again. */
  #style = "";

  constructor(
    public columns: number,
    public height = 24,
    /** Terminals do not agree about widths; a test may bring another opinion. */
    readonly widthOf: (grapheme: string) => number = stringWidth,
  ) {}

  /** Shows what a program wrote; LF also returns, as the kernel sees to. */
  write(output: string | Uint8Array): void {
    const text = typeof output === "string" ? output : new TextDecoder().decode(output);
    for (const [token] of text.matchAll(/\x1b\[[ -?]*[@-~]|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+/g)) {
      if (token.startsWith("\x1b[")) this.#sequence(token.slice(2));
      else if (token === "\n") this.#lineFeed(false);
      else if (token === "\r") this.cursor.column = 0;
      else if (token === "\x07") this.bells++;
      else if (token < " " || token === "\x7f") {
        throw new Error(`unknown control character: ${JSON.stringify(token)}`);
      } else for (const { segment } of graphemes.segment(token)) this.#print(segment);
    }
  }

  /** All rows, without what is blank at their end. */
  lines(): string[] {
    return this.#rows.map(({ cells }) =>
      Array.from(cells, (cell) => cell ?? " ").join("").trimEnd()
    );
  }

  /** The character under the cursor. */
  atCursor(): string {
    return this.#rows[this.cursor.row].cells[this.cursor.column] ?? " ";
  }

  /** Another width. Rows that no longer fit are wrapped, as most terminals do. */
  resize(columns: number): void {
    const rows: Row[] = [];
    let cursor = { row: 0, column: 0 };
    for (const [index, { cells, wrapped }] of this.#rows.entries()) {
      if (wrapped) throw new Error("rows that the terminal wrapped are not followed");
      let at = 0;
      do {
        const end = cells[at + columns] === "" ? at + columns - 1 : at + columns;
        const right = this.cursor.column - at;
        if (index === this.cursor.row && right >= 0 && (right < end - at || end >= cells.length)) {
          const down = Math.floor(right / columns);
          cursor = { row: rows.length + down, column: right % columns };
        }
        rows.push({ cells: cells.slice(at, end), wrapped: end < cells.length });
        at = end;
      } while (at < cells.length);
    }
    while (rows.length <= cursor.row) rows.push({ cells: [], wrapped: false });
    this.#rows = rows;
    this.cursor = cursor;
    this.columns = columns;
  }

  #sequence(sequence: string): void {
    const final = sequence.at(-1), count = Number(sequence.slice(0, -1) || 1);
    // The top of the screen, not of what has scrolled away, stops the cursor.
    const top = Math.max(0, this.#rows.length - this.height);
    if (final === "A") this.cursor.row = Math.max(top, this.cursor.row - count);
    else if (sequence === "C") this.cursor.column = Math.min(this.columns, this.cursor.column + 1);
    else if (sequence === "J" || sequence === "K") this.#erase(sequence === "J");
    else if (final === "m") this.#style = /^(0|22|27)m$/.test(sequence) ? "" : sequence;
    else if (sequence === "?7l") this.modes.autowrap = false;
    else if (sequence === "?7h") this.modes.autowrap = true;
    else if (sequence === "?2004h") this.modes.bracketedPaste = true;
    else if (sequence === "?2004l") this.modes.bracketedPaste = false;
    else throw new Error(`unknown sequence: ${JSON.stringify(sequence)}`);
  }

  /** Erases what is right of the cursor, and all rows below if these are meant, too. */
  #erase(below: boolean): void {
    if (this.#style !== "") throw new Error("erased with a colour");
    if (below) this.#rows.length = this.cursor.row + 1;
    const row = this.#rows[this.cursor.row];
    row.cells.length = Math.min(row.cells.length, this.cursor.column);
    row.wrapped = false;
  }

  #lineFeed(wrapped: boolean): void {
    this.#rows[this.cursor.row].wrapped = wrapped;
    this.cursor = { row: this.cursor.row + 1, column: 0 };
    if (this.cursor.row === this.#rows.length) this.#rows.push({ cells: [], wrapped: false });
  }

  #print(grapheme: string): void {
    const width = this.widthOf(grapheme);
    if (this.cursor.column + width > this.columns) {
      if (this.modes.autowrap) this.#lineFeed(true);
      else this.cursor.column = this.columns - width;
    }
    const { cells } = this.#rows[this.cursor.row];
    while (cells.length < this.cursor.column) cells.push(" ");
    if (width === 0) {
      // What has no width is drawn onto the character before it.
      const before = this.cursor.column - 1;
      if (before >= 0) cells[before] += grapheme;
      return;
    }
    cells[this.cursor.column] = grapheme;
    for (let extra = 1; extra < width; extra++) cells[this.cursor.column + extra] = "";
    this.cursor.column += width;
  }
}

/** A terminal on somebody's desk: a keyboard, a screen, and the mode that it is in. */
export class Desk implements TerminalPort {
  readonly screen: Screen;
  raw = false;
  writes = 0;
  reads = 0;
  #typed: (Uint8Array | null | Error)[] = [];
  #reader: (() => void) | undefined;
  #onSize: (() => void) | undefined;

  constructor(columns = 40, height = 10, widthOf?: (grapheme: string) => number) {
    this.screen = new Screen(columns, height, widthOf);
  }

  async read(): Promise<Uint8Array | null> {
    this.reads++;
    while (this.#typed.length === 0) {
      await new Promise<void>((resolve) => this.#reader = resolve);
    }
    const input = this.#typed.shift()!;
    if (input instanceof Error) throw input;
    return input;
  }

  write(bytes: Uint8Array): void {
    this.writes++;
    this.screen.write(bytes);
  }

  columns = (): number => this.screen.columns;
  rows = (): number => this.screen.height;
  setRaw = (on: boolean): void => void (this.raw = on);
  watchSize = (onChange: () => void): () => void => {
    this.#onSize = onChange;
    return () => void (this.#onSize = undefined);
  };

  /** Whether somebody wants to know of another size. */
  get watched(): boolean {
    return this.#onSize !== undefined;
  }

  /** Drags an edge of the window: the terminal wraps what no longer fits, and says so. */
  resize(columns: number): void {
    this.screen.resize(columns);
    this.#onSize?.();
  }

  /** Types, or hangs up, and waits until the program has seen it. */
  async type(input: string | null | Error): Promise<void> {
    this.#typed.push(typeof input === "string" ? new TextEncoder().encode(input) : input);
    this.#reader?.();
    await settle();
  }
}

/** Waits until whatever is ready has run. */
export function settle(): Promise<void> {
  return delay(0);
}
