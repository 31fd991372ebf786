/**
 * The line editor, as two pure functions: `onKey` says what a key does to the line, `render` (in
 * `render.ts`) what the line looks like. Both are tested without a terminal; `terminal.ts` joins
 * them to one.
 */

import { ITEM_BYTES_MAX } from "../../core/data/limits.ts";
import type { Key, KeyName } from "./keys.ts";
import { type Assist, beginsAlike, commonStart } from "./complete.ts";
import { boundary, next, previous, wordLeft, wordRight } from "./text.ts";

/** Lines that can be recalled. */
export const HISTORY_LINES_MAX = 1_000;
/** A longer line is not worth recalling, and a thousand of them would be a lot of memory. */
const HISTORY_LINE_CHARS_MAX = 4_096;

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
  /** Whether all of the line stood in one paste. */
  readonly pasted: boolean;
  /** What the next line of this paste begins with. */
  readonly carried: string;
}

/** What the program has to do after a key. */
export type Action =
  | { readonly kind: "submit"; readonly text: string; readonly pasted?: true }
  /** The line had this many bytes, which is too many. */
  | { readonly kind: "refused"; readonly bytes: number }
  | { readonly kind: "interrupt" }
  | { readonly kind: "eof" }
  /** Tab could mean any of these words. */
  | { readonly kind: "list"; readonly words: readonly string[] }
  | { readonly kind: "bell" };

/** A state, and what is to be done on the way to it. */
export interface Step {
  readonly state: PromptState;
  readonly action?: Action;
}

/** An empty line without history. */
export const PROMPT_START: PromptState = {
  text: "",
  cursor: 0,
  history: [],
  recalled: 0,
  draft: "",
  spilt: 0,
  pasted: false,
  carried: "",
};

const BELL: Action = { kind: "bell" };
const encoder = new TextEncoder();

/** What a key does to the line. Keys that mean nothing leave the state as it is. */
export function onKey(state: PromptState, key: Key, assist: Assist = {}): Step {
  if (key.pasted) return onPasted(state, key, assist);
  // Whoever types goes on, and the paste is over.
  const line = state.carried === "" ? state : { ...state, carried: "" };
  if ("text" in key) return insert(line, key.text);
  // Whoever presses Enter has seen the line, so it means what it would if it were typed.
  if (key.kind === "enter") return submit({ ...line, pasted: false });
  if (key.kind === "tab") return complete(line, assist);
  return edit(line, key.kind);
}

/** What a key does to a line that neither ends nor is added to. */
function edit(state: PromptState, kind: KeyName): Step {
  const { text, cursor } = state;
  switch (kind) {
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

/** A paste of several lines is sent as it stands; `carried` says whom it is for. */
function onPasted(state: PromptState, key: Key, assist: Assist): Step {
  const { carried } = state;
  const empty = state.text === "" && state.spilt === 0;
  const line = empty ? { ...inserted(state, carried), pasted: true } : state;
  if ("text" in key) {
    const { state: after, action } = insert(line, key.text);
    return { state: { ...after, pasted: line.pasted }, action };
  }
  const { state: after, action } = submit(line);
  const more = carried !== "" || line.pasted ? carried : assist.carry?.(line.text) ?? "";
  return { state: { ...after, carried: more }, action };
}

/** Text goes in whole or not at all; what does not fit makes the line one that is refused. */
function insert(state: PromptState, added: string): Step {
  const most = 3 * (state.text.length + added.length);
  if (state.spilt === 0 && most <= ITEM_BYTES_MAX) return { state: inserted(state, added) };
  const bytes = encoder.encode(added).length;
  const before = encoder.encode(state.text).length;
  if (state.spilt > 0 || before + bytes > ITEM_BYTES_MAX) {
    const spilled = { ...state, spilt: state.spilt + bytes };
    return state.spilt > 0 ? { state: spilled } : { state: spilled, action: BELL };
  }
  return { state: inserted(state, added) };
}

function inserted(state: PromptState, added: string): PromptState {
  const text = state.text.slice(0, state.cursor) + added + state.text.slice(state.cursor);
  return { ...state, text, cursor: boundary(text, state.cursor + added.length), pasted: false };
}

/** Goes on as far as it is clear how, and shows the choices where it is not. */
function complete(state: PromptState, assist: Assist): Step {
  const { text, cursor } = state;
  const found = state.spilt > 0 ? null : assist.complete?.(text, cursor) ?? null;
  if (found === null) return insert(state, "\t");
  const { from, words } = found;
  if (words.length === 0) return { state, action: BELL };
  const before = cut(state, from, cursor).state;
  if (words.length === 1) {
    const spaced = text[cursor] === " ";
    const step = insert(before, spaced ? words[0] : `${words[0]} `);
    return spaced ? { ...step, state: { ...step.state, cursor: step.state.cursor + 1 } } : step;
  }
  const common = commonStart(words), typed = text.slice(from, cursor);
  if (common === typed || !beginsAlike(common, typed)) {
    return { state, action: { kind: "list", words } };
  }
  return insert(before, common);
}

function submit(state: PromptState): Step {
  const { text, spilt, pasted } = state;
  if (spilt > 0) {
    const bytes = encoder.encode(text).length + spilt;
    return { state: cleared(state.history), action: { kind: "refused", bytes } };
  }
  const worth = text !== "" && text.length <= HISTORY_LINE_CHARS_MAX;
  const history = worth && text !== state.history.at(-1)
    ? [...state.history.slice(1 - HISTORY_LINES_MAX), text]
    : state.history;
  const action: Action = pasted ? { kind: "submit", text, pasted } : { kind: "submit", text };
  return { state: cleared(history), action };
}

function cleared(history: readonly string[]): PromptState {
  return { ...PROMPT_START, history, recalled: history.length };
}

function cut(state: PromptState, from: number, to: number): Step {
  const text = state.text.slice(0, from) + state.text.slice(to);
  return { state: { ...state, text, cursor: boundary(text, from), spilt: 0, pasted: false } };
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
  const line = { text, cursor: text.length, recalled: index, draft };
  return { state: { ...state, ...line, spilt: 0, pasted: false } };
}
