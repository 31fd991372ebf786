/**
 * The line editor, as one unit: a line at the bottom of the terminal, which is edited, completed and
 * recalled, and messages above it. This file is its only door; nothing outside this folder knows
 * about keys, escape sequences or rows.
 */

export { type Assist, type Completion, matching } from "./complete.ts";
export { Terminal, type TerminalEvent, type TerminalOptions } from "./terminal.ts";
