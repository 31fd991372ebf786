/**
 * Text from outside, made safe to show. A terminal obeys what it is sent: an escape sequence may
 * write to the clipboard, a carriage return may hide what came before it, a bidi override may turn
 * a sentence around, and an invisible character may make two names look the same.
 */

/**
 * What is escaped. Joiners (U+200C and U+200D) are left alone, because emoji and Persian words need
 * them; a surrogate without its pair is category Cs.
 */
const UNSAFE = String.raw`[[\p{Cc}--\t]\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u00ad\u180e\u200b` +
  String.raw`\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]`;
const ANY_UNSAFE = new RegExp(UNSAFE, "v");
const EVERY_UNSAFE = new RegExp(UNSAFE, "gv");

/**
 * Shows what a terminal would obey or hide as an escape: `\x1b`, `\u202e`, `\u{e0041}`. A tab stays
 * a tab. Text that needs no escaping is returned as it is.
 */
export function visible(text: string): string {
  return ANY_UNSAFE.test(text) ? text.replace(EVERY_UNSAFE, escapeOf) : text;
}

/** The same for a text of JSON, which stays JSON and means the same. */
export function visibleJson(json: string): string {
  if (!ANY_UNSAFE.test(json)) return json;
  return json.replace(
    EVERY_UNSAFE,
    (character) =>
      character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
        .join(""),
  );
}

/** The escape of one character, as it would be written in a string literal. */
function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}
