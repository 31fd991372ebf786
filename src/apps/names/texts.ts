/**
 * What may be a name, and what a link. Nodes must agree on that for ever, because it decides whether a
 * block is good. So characters are listed here by their codes: what a library knows of them changes.
 */

export const NAME_BYTES_MAX = 255;
export const LINK_BYTES_MAX = 1_024;

/** Control characters, and what ends a line or a paragraph. */
const CONTROL = String.raw`\u0000-\u001f\u007f-\u009f\u2028\u2029`;
/** White space but U+0020, and the blank of Braille: whoever reads them takes them for a space. */
const OTHER_SPACES = String.raw`\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000`;
/**
 * What has no look of its own: soft hyphens, fillers, joiners, marks and overrides of direction,
 * selectors of variations, tags (Unicode's Default_Ignorable_Code_Point, and what frames annotations).
 */
const HIDDEN = String.raw`\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f` +
  String.raw`\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb` +
  String.raw`\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}`;
/** Symbols, of which emoji are made. */
const SYMBOL = String.raw`\u00a9\u00ae\u203c-\u2bff\u3030\u303d\u3297\u3299\u{1f000}-\u{1faff}`;

const ANY_CONTROL = new RegExp(`[${CONTROL}]`, "u");
const ANY_BLANK = new RegExp(`[${OTHER_SPACES}${HIDDEN}]`, "u");
/** Joiners between letters of scripts that are not written without (Arabic to Sinhala), and in emoji. */
const NEEDED = new RegExp(
  String.raw`(?<=[\u0600-\u0dff])[\u200c\u200d](?=[\u0600-\u0dff])|` +
    String.raw`(?<=[${SYMBOL}\ufe0f])\u200d(?=[${SYMBOL}])|` +
    String.raw`(?<=[${SYMBOL}])\ufe0f|(?<=[0-9#*])\ufe0f(?=\u20e3)`,
  "gu",
);
const ANY_SPACE = new RegExp(`[ ${CONTROL}${OTHER_SPACES}\\ufeff]`, "u");
const encoder = new TextEncoder();

/** What is wrong with a name, or null. */
export function nameFault(name: unknown): string | null {
  const fault = textFault("NAME", name, NAME_BYTES_MAX);
  if (fault !== null) return fault;
  const text = name as string;
  if (text !== text.normalize("NFC")) return "NAME is not in the normal form NFC";
  if (text.startsWith(" ") || text.endsWith(" ")) return "NAME begins or ends with a space";
  if (text.includes("/")) return "NAME has a / in it";
  if (!ANY_BLANK.test(text)) return null;
  const blank = ANY_BLANK.exec(text.replace(NEEDED, ""));
  return blank === null ? null : `NAME has ${codeOf(blank[0])} in it, which cannot be seen`;
}

/** What is wrong with a link, or null. */
export function linkFault(link: unknown): string | null {
  const fault = textFault("LINK", link, LINK_BYTES_MAX);
  if (fault !== null) return fault;
  return ANY_SPACE.test(link as string) ? "LINK has white space in it" : null;
}

function textFault(what: string, text: unknown, bytes_max: number): string | null {
  if (typeof text !== "string") return `${what} is no text`;
  if (text === "") return `${what} is empty`;
  // Before anything else is looked at, which takes longer.
  if (text.length > bytes_max || encoder.encode(text).length > bytes_max) {
    return `${what} has more than ${bytes_max} bytes`;
  }
  if (!text.isWellFormed()) return `${what} is not valid Unicode`;
  return ANY_CONTROL.test(text) ? `${what} has control characters in it` : null;
}

/** A character as people look it up: `U+202E`. */
function codeOf(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}
