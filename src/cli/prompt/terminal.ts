/**
 * A prompt on a real terminal. What a key does and what a line looks like is decided in `keys.ts`,
 * `editor.ts` and `render.ts`; here bytes are read and written, and the terminal is put back as it was found.
 */

import { decodeKeys, DECODER_START, type DecoderState, type Key } from "./keys.ts";
import { type Action, onKey, PROMPT_START, type PromptState } from "./editor.ts";
import { type Assist, choiceRows } from "./complete.ts";
import { erase, paint, type Picture, render } from "./render.ts";
import { stdioPort, type TerminalPort } from "./port.ts";

/** How the prompt looks. */
export interface TerminalOptions {
  /** What stands before the line; `> ` by default. */
  readonly prompt?: string;
  /** Bold prompt and reversed escapes. The caller honours NO_COLOR. */
  readonly color?: boolean;
  /** Leaves a submitted line on the screen. By default it goes, as it is printed on delivery. */
  readonly keepTyped?: boolean;
  /** Commands and names of the lines that are typed; an answer to a question has none. */
  readonly assist?: Assist;
}

/**
 * What somebody at the terminal did. A line was `pasted` when it came in a paste, from its first
 * character to its end. A refused line was longer than a line may be.
 */
export type TerminalEvent =
  | { readonly kind: "line"; readonly text: string; readonly pasted?: true }
  | { readonly kind: "refused"; readonly bytes: number }
  | { readonly kind: "interrupt" }
  | { readonly kind: "eof" };

type Submitted = Extract<Action, { kind: "submit" }>;

/** While so many events wait for the program, nothing more is read. */
const EVENTS_MAX = 1_000;
/** A program that crashes leaves without `unload`. */
const WAYS_OUT = ["unload", "error", "unhandledrejection"];

const encoder = new TextEncoder();

/**
 * A line at the bottom of the terminal, and messages above it. Raw mode begins with the first
 * `ask()` or `lines()` and ends with `close()`, or when the program exits in any other way.
 */
export class Terminal {
  readonly #port: TerminalPort;
  readonly #options: TerminalOptions;
  readonly #events: TerminalEvent[] = [];
  readonly #onExit = (): void => this.close();
  #unwatch: () => void = () => {};
  #decoder: DecoderState = DECODER_START;
  #line: PromptState = PROMPT_START;
  #question: string | undefined;
  #listening = false;
  #phase: "new" | "open" | "closed" = "new";
  /** What is on the screen now; nothing while messages are printed. */
  #painted: Picture | undefined;
  /** What is still to be written, so that each step is one write. */
  #output = "";
  #arrived = Promise.withResolvers<void>();
  #drained = Promise.withResolvers<void>();

  constructor(port: TerminalPort = stdioPort(), options: TerminalOptions = {}) {
    this.#port = port;
    this.#options = options;
  }

  /**
   * The lines that are typed, until Ctrl-D or `close()`. An interrupt overtakes lines that wait.
   * Leaving the loop, however, closes the terminal, so that a further Ctrl-C is a signal again.
   */
  async *lines(): AsyncGenerator<TerminalEvent, void, void> {
    this.#listening = true;
    this.#open();
    this.#repaint();
    try {
      for (let event = await this.#next(); event !== undefined; event = await this.#next()) {
        yield event;
        if (event.kind === "eof") return;
      }
    } finally {
      this.close();
    }
  }

  /**
   * Asks one question and leaves it on the screen with its answer. Null when there was none, and
   * then `lines()` begins with the reason: an interrupt or the end.
   */
  async ask(question: string): Promise<string | null> {
    this.#question = question;
    this.#open();
    this.#repaint();
    for (;;) {
      const event = await this.#next();
      if (event?.kind === "refused") continue;
      this.#question = undefined;
      this.#repaint();
      if (event?.kind === "line") return event.text;
      if (event !== undefined) this.#events.unshift(event);
      return null;
    }
  }

  /**
   * Calls `print`, which writes whole lines to stdout or stderr, and keeps the prompt and the
   * half-typed line intact below them. Call it once for many messages.
   */
  printAbove(print: () => void): void {
    if (this.#painted === undefined) return print();
    this.#erase();
    this.#flush();
    try {
      print();
    } finally {
      this.#repaint();
    }
  }

  /** Erases the prompt and restores the terminal. Further calls do nothing. */
  close(): void {
    const wasOpen = this.#phase === "open";
    this.#phase = "closed";
    this.#arrived.resolve();
    this.#drained.resolve();
    if (!wasOpen) return;
    this.#unwatch();
    for (const way of WAYS_OUT) globalThis.removeEventListener(way, this.#onExit);
    try {
      this.#erase();
      this.#output += "\x1b[?2004l";
      this.#flush();
    } finally {
      this.#port.setRaw(false);
    }
  }

  #open(): void {
    if (this.#phase !== "new") return;
    this.#port.setRaw(true);
    this.#phase = "open";
    for (const way of WAYS_OUT) globalThis.addEventListener(way, this.#onExit);
    this.#unwatch = this.#port.watchSize(() => this.#repaint());
    this.#output += "\x1b[?2004h";
    this.#pump();
  }

  /** Reads all the time, because in raw mode Ctrl-C is a byte like any other. */
  async #pump(): Promise<void> {
    while (this.#phase === "open") {
      if (this.#events.length >= EVENTS_MAX) {
        this.#drained = Promise.withResolvers();
        await this.#drained.promise;
        continue;
      }
      // Reading fails when the terminal is gone, which is an end like another.
      const chunk = await this.#port.read().catch(() => null);
      if (this.#phase !== "open") return;
      if (chunk === null) return this.#push({ kind: "eof" });
      if (!this.#onChunk(chunk)) return;
    }
  }

  /** Takes what was typed, and paints once. False at the end of input. */
  #onChunk(chunk: Uint8Array): boolean {
    const { state, keys } = decodeKeys(this.#decoder, chunk);
    this.#decoder = state;
    this.#erase();
    const goesOn = keys.every((key) => this.#onKey(key));
    this.#repaint();
    return goesOn;
  }

  #onKey(key: Key): boolean {
    const before = this.#line;
    const { state, action } = onKey(before, key, this.#assist());
    this.#line = state;
    if (action === undefined) return true;
    if (action.kind === "bell") this.#output += "\x07";
    else if (action.kind === "list") this.#list(action.words);
    else if (action.kind === "submit") this.#onSubmit(before, action);
    else this.#push(action);
    return action.kind !== "eof";
  }

  #assist(): Assist {
    return this.#question === undefined ? this.#options.assist ?? {} : {};
  }

  #list(words: readonly string[]): void {
    for (const row of choiceRows(words, this.#port.columns())) this.#output += `${row}\r\n`;
  }

  #onSubmit(typed: PromptState, { text, pasted }: Submitted): void {
    const command = this.#assist().isCommand?.(text, pasted === true) ?? false;
    if (this.#question !== undefined || this.#options.keepTyped || command) {
      this.#leave(typed, text);
    }
    // An answer is no line of the conversation, so it cannot be recalled.
    if (this.#question !== undefined) this.#line = withHistory(typed.history);
    this.#question = undefined;
    this.#push(pasted ? { kind: "line", text, pasted } : { kind: "line", text });
  }

  #push(event: TerminalEvent): void {
    if (event.kind === "interrupt") this.#events.unshift(event);
    else this.#events.push(event);
    this.#arrived.resolve();
  }

  /** The next event, or nothing when the terminal is closed. */
  async #next(): Promise<TerminalEvent | undefined> {
    while (this.#events.length === 0 && this.#phase === "open") {
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
    if (this.#phase === "closed") return undefined;
    const event = this.#events.shift();
    if (this.#events.length < EVENTS_MAX) this.#drained.resolve();
    return event;
  }

  #render(state: PromptState): Picture | undefined {
    const label = this.#question ?? (this.#listening ? this.#options.prompt ?? "> " : undefined);
    if (label === undefined || this.#phase !== "open") return undefined;
    const rows = Math.max(1, Math.floor(this.#port.rows() / 2));
    const { color } = this.#options;
    return render(state, { label, columns: this.#port.columns(), rows, color });
  }

  /** Paints the line anew in one write, whatever was to be written before it. */
  #repaint(): void {
    this.#erase();
    this.#painted = this.#render(this.#line);
    if (this.#painted !== undefined) this.#output += paint(this.#painted);
    this.#flush();
  }

  #erase(): void {
    if (this.#painted !== undefined) this.#output += erase(this.#painted, this.#port.columns());
    this.#painted = undefined;
  }

  /** Leaves a line on the screen as it was typed. */
  #leave(state: PromptState, text: string): void {
    const picture = this.#render({ ...state, text, cursor: text.length });
    if (picture !== undefined) this.#output += `${paint(picture)}\r\n`;
  }

  #flush(): void {
    if (this.#output === "") return;
    const bytes = encoder.encode(this.#output);
    this.#output = "";
    this.#port.write(bytes);
  }
}

function withHistory(history: readonly string[]): PromptState {
  return { ...PROMPT_START, history, recalled: history.length };
}
