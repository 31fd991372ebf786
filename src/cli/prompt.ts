/**
 * The line editor, as two pure functions: `onKey` says what a key does to the line, `render` says
 * what the line looks like. Both are tested without a terminal; `terminal.ts` joins them to one.
 */

import stringWidth from "string-width";
import { ITEM_BYTES_MAX } from "../core/limits.ts";
import { visible } from "./escape.ts";
import type { Key } from "./keys.ts";

/** Lines that can be recalled. */
export const HISTORY_LINES_MAX = 1_000;
/** A longer line is not worth recalling, and a thousand of them would be a lot of memory. */
const HISTORY_LINE_CHARS_MAX = 4_096;
/** A very long line is laid out only near the cursor: some screens full, at least so much. */
const LAYOUT_CHARS_MIN = 1_024;

/** A line that is being typed. */
export interface PromptState {
  readonly text: string;
  /** Where the next character goes: an index into `text`, never within a grapheme. */
  readonly cursor: number;
  /** Submitted lines, the oldest first. */
  readonly history: readonly string[];
  /** Which line of the history is shown; its length stands for the new line. */
  readonly recalled: number;
  /** The new line, while an older one is shown. */
  readonly draft: string;
  /** Bytes that did not fit. Such a line is refused, because a part of it would be a lie. */
  readonly spilt: number;
}

/** What the program has to do after a key. */
export type Action =
  | { readonly kind: "submit"; readonly text: string }
  /** The line had this many bytes, which is too many. */
  | { readonly kind: "refused"; readonly bytes: number }
  | { readonly kind: "interrupt" }
  | { readonly kind: "eof" }
  | { readonly kind: "bell" };

/** A state, and what is to be done on the way to it. */
export interface Step {
  readonly state: PromptState;
  readonly action?: Action;
}

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

/** An empty line without history. */
export const PROMPT_START: PromptState = {
  text: "",
  cursor: 0,
  history: [],
  recalled: 0,
  draft: "",
  spilt: 0,
};

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const encoder = new TextEncoder();

/** What a key does to the line. Keys that mean nothing leave the state as it is. */
export function onKey(state: PromptState, key: Key): Step {
  if ("text" in key) return insert(state, key.text);
  const { text, cursor } = state;
  switch (key.kind) {
    case "enter":
      return submit(state);
    case "ctrl-c":
      return { state, action: { kind: "interrupt" } };
    case "ctrl-d":
      if (text === "") return { state, action: { kind: "eof" } };
      return cut(state, cursor, next(text, cursor));
    case "delete":
      return cut(state, cursor, next(text, cursor));
    case "backspace":
      return cut(state, previous(text, cursor), cursor);
    case "ctrl-u":
      return cut(state, 0, cursor);
    case "ctrl-k":
      return cut(state, cursor, text.length);
    case "ctrl-w":
      return cut(state, wordLeft(text, cursor), cursor);
    case "left":
    case "ctrl-b":
      return move(state, previous(text, cursor));
    case "right":
    case "ctrl-f":
      return move(state, next(text, cursor));
    case "word-left":
      return move(state, wordLeft(text, cursor));
    case "word-right":
      return move(state, wordRight(text, cursor));
    case "home":
    case "ctrl-a":
      return move(state, 0);
    case "end":
    case "ctrl-e":
      return move(state, text.length);
    case "up":
    case "ctrl-p":
      return recall(state, state.recalled - 1);
    case "down":
    case "ctrl-n":
      return recall(state, state.recalled + 1);
    default:
      return { state };
  }
}

/** Text goes in whole or not at all; what does not fit makes the line one that is refused. */
function insert(state: PromptState, added: string): Step {
  const bytes = encoder.encode(added).length;
  const before = encoder.encode(state.text).length;
  if (state.spilt > 0 || before + bytes > ITEM_BYTES_MAX) {
    const spilled = { ...state, spilt: state.spilt + bytes };
    return state.spilt > 0 ? { state: spilled } : { state: spilled, action: { kind: "bell" } };
  }
  const text = state.text.slice(0, state.cursor) + added + state.text.slice(state.cursor);
  return { state: { ...state, text, cursor: boundary(text, state.cursor + added.length) } };
}

function submit(state: PromptState): Step {
  const { text, spilt } = state;
  if (spilt > 0) {
    const bytes = encoder.encode(text).length + spilt;
    return { state: cleared(state, state.history), action: { kind: "refused", bytes } };
  }
  const worth = text !== "" && text.length <= HISTORY_LINE_CHARS_MAX;
  const history = worth && text !== state.history.at(-1)
    ? [...state.history.slice(1 - HISTORY_LINES_MAX), text]
    : state.history;
  return { state: cleared(state, history), action: { kind: "submit", text } };
}

function cleared(state: PromptState, history: readonly string[]): PromptState {
  return { ...state, text: "", cursor: 0, history, recalled: history.length, draft: "", spilt: 0 };
}

function cut(state: PromptState, from: number, to: number): Step {
  const text = state.text.slice(0, from) + state.text.slice(to);
  return { state: { ...state, text, cursor: boundary(text, from), spilt: 0 } };
}

function move(state: PromptState, cursor: number): Step {
  return { state: cursor === state.cursor ? state : { ...state, cursor } };
}

/** The new line is kept while older ones are looked at; changes to those are not. */
function recall(state: PromptState, index: number): Step {
  const { history, recalled } = state;
  if (index < 0 || index > history.length) return { state };
  const draft = recalled === history.length ? state.text : state.draft;
  const text = index === history.length ? draft : history[index];
  return { state: { ...state, text, cursor: text.length, recalled: index, draft, spilt: 0 } };
}

/** The first place at or after an index that is not within a grapheme. */
function boundary(text: string, index: number): number {
  const found = graphemes.segment(text).containing(index);
  if (found === undefined || found.index === index) return index;
  return found.index + found.segment.length;
}

function previous(text: string, index: number): number {
  return graphemes.segment(text).containing(index - 1)?.index ?? index;
}

function next(text: string, index: number): number {
  return boundary(text, Math.min(index + 1, text.length));
}

/** A word is what stands between spaces, as for Ctrl-W in a shell. */
function wordLeft(text: string, index: number): number {
  let at = index;
  while (at > 0 && isSpace(text[at - 1])) at--;
  while (at > 0 && !isSpace(text[at - 1])) at--;
  return boundary(text, at);
}

function wordRight(text: string, index: number): number {
  let at = index;
  while (at < text.length && isSpace(text[at])) at++;
  while (at < text.length && !isSpace(text[at])) at++;
  return boundary(text, at);
}

function isSpace(character: string): boolean {
  return /\s/.test(character);
}

/** What a line looks like: the label and the text, wrapped, with control characters as escapes. */
export function render(state: PromptState, view: View): Picture {
  const { from, to } = nearCursor(state, view);
  const layout = new Layout(Math.max(2, view.columns));
  if (from === 0) {
    if (view.color) layout.put("\x1b[1m");
    for (const { segment } of graphemes.segment(visible(view.label))) layout.put(segment);
    if (view.color) layout.put("\x1b[22m");
  }
  for (const { segment, index } of graphemes.segment(state.text.slice(from, to))) {
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

function widthOf(piece: string): number {
  return piece.length === 1 && piece >= " " && piece <= "~" ? 1 : stringWidth(piece);
}
