/** What a line looks like on a screen of some width; pure, so that it is tested without one. */

import { visible } from "../output/escape.ts";
import { graphemesOf, widthOf } from "../output/width.ts";
import type { PromptState } from "./editor.ts";
import { boundary } from "./text.ts";

/** A very long line is laid out only near the cursor: some screens full, at least so much. */
const LAYOUT_CHARS_MIN = 1_024;

/** What switches a colour or a weight. */
// deno-lint-ignore no-control-regex -- an escape sequence is what is looked for
const STYLE = /\x1b\[\d*m/g;

/** The screen, and what stands before the line. */
export interface View {
  readonly label: string;
  readonly columns: number;
  /** Rows that the line may take; of a longer one, those around the cursor are shown. */
  readonly rows: number;
  readonly color?: boolean;
}

/** What to paint: no row is wider than the screen, and the cursor is always on a row. */
export interface Picture {
  readonly rows: readonly string[];
  readonly cursor: { readonly row: number; readonly column: number };
  /** The part of the cursor's row that is to its left. */
  readonly beforeCursor: string;
}

/** What a line looks like: the label and the text, wrapped, with control characters as escapes. */
export function render(state: PromptState, view: View): Picture {
  const { from, to } = nearCursor(state, view);
  const layout = new Layout(Math.max(2, view.columns));
  if (from === 0) {
    if (view.color) layout.put("\x1b[1m");
    for (const { segment } of graphemesOf(visible(view.label))) layout.put(segment);
    if (view.color) layout.put("\x1b[22m");
  }
  for (const { segment, index } of graphemesOf(state.text.slice(from, to))) {
    const pieces = piecesOf(segment, view.color === true);
    if (from + index === state.cursor) layout.markCursor(pieces[0]);
    for (const piece of pieces) layout.put(piece);
  }
  if (state.cursor === to) layout.markCursor(" ");
  const { rows, cursor, beforeCursor } = layout;
  const shown = Math.max(1, view.rows);
  const middle = cursor.row - Math.floor(shown / 2);
  const top = Math.max(0, Math.min(middle, rows.length - shown));
  return {
    rows: rows.slice(top, top + shown),
    cursor: { row: cursor.row - top, column: cursor.column },
    beforeCursor,
  };
}

/** Fills rows from left to right; lives only as long as one call of `render`. */
class Layout {
  readonly rows = [""];
  cursor = { row: 0, column: 0 };
  beforeCursor = "";
  #column = 0;

  constructor(readonly columns: number) {}

  put(piece: string): void {
    const width = widthOf(piece);
    this.#makeRoom(width);
    this.rows[this.rows.length - 1] += piece;
    this.#column += width;
  }

  /** The cursor stands where the piece after it will, which may be the next row. */
  markCursor(piece: string): void {
    this.#makeRoom(Math.max(1, widthOf(piece)));
    this.cursor = { row: this.rows.length - 1, column: this.#column };
    this.beforeCursor = this.rows[this.cursor.row];
  }

  #makeRoom(width: number): void {
    if (this.#column + width <= this.columns) return;
    this.rows.push("");
    this.#column = 0;
  }
}

/** The part of the text that is laid out. It moves in steps, so that rows seldom shift. */
function nearCursor({ text, cursor }: PromptState, view: View): { from: number; to: number } {
  const step = Math.max(LAYOUT_CHARS_MIN, view.rows * view.columns);
  if (text.length <= 3 * step) return { from: 0, to: text.length };
  const from = boundary(text, Math.max(0, Math.floor(cursor / step) - 1) * step);
  return { from, to: boundary(text, Math.min(text.length, from + 3 * step)) };
}

/** What one grapheme looks like, in pieces that fit into two columns and may be parted by a row. */
function piecesOf(grapheme: string, color: boolean): string[] {
  const shown = grapheme === "\t" ? "\\t" : visible(grapheme);
  if (shown !== grapheme) return color ? ["\x1b[7m", ...shown, "\x1b[27m"] : [...shown];
  return widthOf(grapheme) <= 2 ? [grapheme] : [...grapheme];
}

/**
 * Writes a picture and goes back to its cursor. The terminal's own wrapping is off meanwhile: where
 * it thinks a character wider than we do, a row is cut short instead of becoming two. For the same
 * reason the way to the cursor is written, not counted.
 */
export function paint({ rows, cursor, beforeCursor }: Picture): string {
  const up = rows.length - 1 - cursor.row;
  const atEnd = up === 0 && beforeCursor === rows[cursor.row];
  const back = atEnd ? "" : `${up > 0 ? `\x1b[${up}A` : ""}\r${beforeCursor}`;
  return `\x1b[?7l${rows.join("\r\n")}${back}\x1b[?7h`;
}

/** Goes to the first row of a picture and erases from there on. */
export function erase({ rows, cursor, beforeCursor }: Picture, width: number): string {
  const columns = Math.max(2, width);
  // A terminal that became narrower has wrapped the rows that no longer fit.
  const under = rows[cursor.row].slice(beforeCursor.length);
  const [first] = graphemesOf(under.replaceAll(STYLE, ""));
  let up = wrappedRows(beforeCursor + (first?.segment ?? " "), columns) - 1;
  for (const row of rows.slice(0, cursor.row)) up += wrappedRows(row, columns);
  // The second column comes first, as tmux moves a screen that is erased whole to its scrollback.
  return `\r${up > 0 ? `\x1b[${up}A` : ""}\x1b[C\x1b[J\r\x1b[K`;
}

/** How many rows a terminal makes of one. It parts no wide character, as we do not. */
function wrappedRows(row: string, columns: number): number {
  if (widthOf(row) <= columns) return 1;
  let rows = 1, column = 0;
  for (const { segment } of graphemesOf(row.replaceAll(STYLE, ""))) {
    const width = widthOf(segment);
    if (column + width > columns) {
      rows++;
      column = 0;
    }
    column += width;
  }
  return rows;
}
