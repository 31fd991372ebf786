/** Keys for a prompt without a terminal, as people write them down. */

import type { Key, KeyName } from "../../src/cli/prompt/keys.ts";
import { type Action, onKey, PROMPT_START, type PromptState } from "../../src/cli/prompt/editor.ts";
import type { Assist } from "../../src/cli/prompt/complete.ts";

/** Where a script leads, and what had to be done on the way. */
export interface Pressed {
  readonly state: PromptState;
  readonly actions: Action[];
}

/**
 * Presses keys: names as they are, other text in quotes, as in `"hello" left backspace`. What is in
 * angle brackets is pasted: `<"one" enter "two">`.
 */
export function run(script: string, start: PromptState = PROMPT_START, assist?: Assist): Pressed {
  let state = start, pasting = false;
  const actions: Action[] = [];
  for (const [token] of script.matchAll(/"(?:[^"\\]|\\.)*"|[<>]|[^\s<>]+/g)) {
    if (token === "<") pasting = true;
    if (token === "<") continue;
    const key = token === ">" ? { kind: "paste-end" } as const : keyOf(token);
    if (token === ">") pasting = false;
    const step = onKey(state, pasting ? { ...key, pasted: true } : key, assist);
    state = step.state;
    if (step.action !== undefined) actions.push(step.action);
  }
  return { state, actions };
}

function keyOf(token: string): Key {
  return token.startsWith('"')
    ? { kind: "text", text: JSON.parse(token) }
    : { kind: token as KeyName };
}

/** The line with a bar where the cursor is. */
export function shown({ text, cursor }: PromptState): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}
