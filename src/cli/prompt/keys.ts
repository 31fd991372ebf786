// deno-lint-ignore-file no-control-regex -- control characters are the subject here
/**
 * Bytes of a terminal in raw mode, turned into keys. Pure: what a chunk leaves unfinished (half a
 * character, half an escape sequence) is in the state, so it does not matter how a terminal or a
 * network cuts the bytes, and no clock is needed. An ESC waits for the next byte for that reason.
 */

/** What a key is called, whichever bytes a terminal sends for it. */
export type KeyName =
  | "enter"
  | "backspace"
  | "delete"
  | "left"
  | "right"
  | "up"
  | "down"
  | "home"
  | "end"
  | "word-left"
  | "word-right"
  | "tab"
  | "escape"
  | "paste-end"
  | `ctrl-${string}`;

/**
 * A key, or a run of text that was typed or pasted. Text never contains CR or LF. What stood in a
 * bracketed paste says so; of other pastes a terminal does not tell that they are no typing.
 */
export type Key =
  | { readonly kind: "text"; readonly text: string; readonly pasted?: true }
  | { readonly kind: KeyName; readonly pasted?: true };

/** What the decoder remembers between two chunks; never more than some seventy bytes. */
export interface DecoderState {
  /** The beginning of a UTF-8 character, at most three bytes. */
  readonly bytes: Uint8Array;
  /** The beginning of an escape sequence. */
  readonly rest: string;
  /** Inside of a bracketed paste nothing but its end is a key. */
  readonly pasting: boolean;
  /** CR LF is one Enter. */
  readonly afterReturn: boolean;
}

/** The decoder before the first byte. */
export const DECODER_START: DecoderState = {
  bytes: new Uint8Array(),
  rest: "",
  pasting: false,
  afterReturn: false,
};

/** No sequence that we know is longer, so the middle of a longer one need not be kept. */
const REST_CHARS_MAX = 64;
const PASTE_START = "\x1b[200~";
const PASTE_END = "\x1b[201~";

/** Text, one escape sequence (CSI, SS3, OSC, DCS, APC, Alt and a key), or one control character. */
const TYPED =
  /[^\x00-\x1f\x7f]+|\x1b(?:\[\[?[ -?]*[@-~]?|O[ -~]?|[\]P_][^\x00-\x1f\x7f]*|[bf\x7f\\])?|[\x00-\x1f\x7f]/y;
const TYPED_UNFINISHED = /\x1b(?:\[\[?[ -?]*|O|[\]P_][^\x00-\x1f\x7f]*)?$/y;
const PASTED = /[^\r\n\x1b]+|\x1b(?:\[201~)?|[\r\n]/y;
const PASTED_UNFINISHED = /\x1b(?:\[(?:2(?:01?)?)?)?$/y;

/** Shift is no different here; with Ctrl or Alt an arrow goes by words. */
const SEQUENCES: ReadonlyMap<string, KeyName> = new Map<string, KeyName>([
  ..."ABCDHF".split("").flatMap((letter, at): [string, KeyName][] => {
    const name = (["up", "down", "right", "left", "home", "end"] as const)[at];
    return ["[", "O", "[1;2"].map((start) => [`\x1b${start}${letter}`, name]);
  }),
  ...["1~", "7~"].map((end): [string, KeyName] => [`\x1b[${end}`, "home"]),
  ...["4~", "8~"].map((end): [string, KeyName] => [`\x1b[${end}`, "end"]),
  ["\x1b[3~", "delete"],
  ...["[1;3", "[1;5", "[5", "O5"].flatMap((start): [string, KeyName][] => [
    [`\x1b${start}D`, "word-left"],
    [`\x1b${start}C`, "word-right"],
  ]),
  ["\x1bb", "word-left"],
  ["\x1bf", "word-right"],
  ["\x1b\x7f", "ctrl-w"],
  ["\x1b", "escape"],
  ["\t", "tab"],
  ["\x7f", "backspace"],
  ["\x08", "backspace"],
]);

/**
 * Decodes one chunk. Sequences that mean nothing here are left out, and invalid UTF-8 becomes
 * U+FFFD. Lines of a paste, and of text that a script types, are separated by `enter` keys.
 */
export function decodeKeys(
  state: DecoderState,
  chunk: Uint8Array,
): { state: DecoderState; keys: Key[] } {
  const { text, bytes } = decodeUtf8(state.bytes, chunk);
  const input = state.rest + text;
  const keys: Key[] = [];
  let { pasting, afterReturn } = state;
  let at = 0;
  while (at < input.length) {
    const token = tokenAt(input, at, pasting);
    if (token === undefined) break;
    at += token.length;
    if (token === PASTE_START) pasting = true;
    else if (token === PASTE_END) pasting = endPaste(keys);
    else if (token === "\r" || (token === "\n" && !afterReturn)) keys.push(enter(pasting));
    else if (token !== "\n") addKey(keys, token, pasting);
    afterReturn = token === "\r";
  }
  return { state: { bytes, rest: bounded(input.slice(at)), pasting, afterReturn }, keys };
}

/** The next token, or nothing where the input ends within one. */
function tokenAt(input: string, at: number, pasting: boolean): string | undefined {
  const unfinished = pasting ? PASTED_UNFINISHED : TYPED_UNFINISHED;
  unfinished.lastIndex = at;
  if (input[at] === "\x1b" && unfinished.test(input)) return undefined;
  const pattern = pasting ? PASTED : TYPED;
  pattern.lastIndex = at;
  return pattern.exec(input)?.[0];
}

function enter(pasting: boolean): Key {
  return pasting ? { kind: "enter", pasted: true } : { kind: "enter" };
}

/** Says that a paste is over, as what follows no longer belongs together. */
function endPaste(keys: Key[]): false {
  keys.push({ kind: "paste-end" });
  return false;
}

/** Appends what a token means; text next to text becomes one key, so that pasting is one step. */
function addKey(keys: Key[], token: string, pasting: boolean): void {
  const code = token.charCodeAt(0);
  if (pasting || (code >= 0x20 && code !== 0x7f)) {
    const last = keys.at(-1);
    const joins = last !== undefined && "text" in last && (last.pasted === true) === pasting;
    const text = joins ? last.text + token : token;
    const key: Key = pasting ? { kind: "text", text, pasted: true } : { kind: "text", text };
    keys[joins ? keys.length - 1 : keys.length] = key;
    return;
  }
  const name = SEQUENCES.get(token);
  if (name !== undefined) keys.push({ kind: name });
  else if (code >= 1 && code <= 26) {
    keys.push({ kind: `ctrl-${String.fromCharCode(code + 0x60)}` });
  }
}

/** A sequence this long is unknown; its kind is enough to find where it ends. */
function bounded(rest: string): string {
  return rest.length <= REST_CHARS_MAX ? rest : `${rest.slice(0, 2)}?`;
}

/** Decodes all characters that are complete. A BOM is a character like any other. */
function decodeUtf8(pending: Uint8Array, chunk: Uint8Array): { text: string; bytes: Uint8Array } {
  const input = new Uint8Array(pending.length + chunk.length);
  input.set(pending);
  input.set(chunk, pending.length);
  const complete = input.length - unfinishedBytes(input);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(input.subarray(0, complete));
  return { text, bytes: input.slice(complete) };
}

/** How many bytes at the end begin a character that is not complete. */
function unfinishedBytes(input: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, input.length); back++) {
    const byte = input[input.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}
