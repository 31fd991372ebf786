/**
 * Names of files that are safe on every system: they name one file in the directory that they are put
 * into, the same one everywhere, and look like what they are. What is refused, and why:
 *
 * - Separators, drive letters, streams and wildcards (`/ \ : * ? " < > |`): on Windows they lead
 *   elsewhere, or cannot be made; `.` and `..` lead elsewhere everywhere.
 * - Names of devices (`CON`, `nul.txt`, `COM1 .log`, and `CONIN$`): Windows opens the device.
 * - A dot or a space at the end: Windows drops it, so two names become one file.
 * - Control characters, and what cannot be seen or turns the direction of text: a terminal obeys them,
 *   and `exe.gpj` can be made to look like `jpg.exe`. Joiners and selectors stay where scripts and emoji
 *   are written with them. The private characters U+F000 to U+F0FF stand for forbidden ones on some
 *   systems (WSL, Samba, Cygwin), and become them there.
 * - What is not in the normal form NFC: systems differ in whether it is the same name.
 * - `~` alone, which a careless `rm -r ~` takes for the home. Else `~` and `-` are letters like others:
 *   only a shell that is handed them without quotes sees more in them. The short names of Windows
 *   (`PROGRA~1`) can only meet a file that is there already, and such are never written over unasked.
 * - The endings of what is under way here: such a name would meet the part of another file.
 */

import { FILE_NAME_BYTES_MAX, PATH_BYTES_MAX, PATH_DEPTH_MAX } from "./limits.ts";

/** How the names of what is fetched, but not complete yet, end: its bytes, and the map of them. */
export const PART_SUFFIX = ".rumor-part";
export const MAP_SUFFIX = ".rumor-map";

const FORBIDDEN = /[/\\:*?"<>|]/;
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const HIDDEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\uf000-\uf0ff]/u;
/** What is hidden, but written in emoji, and in scripts from Arabic to Sinhala. */
const WRITTEN = new RegExp(
  String.raw`(?<=[\u0600-\u0dff])[\u200c\u200d](?=[\u0600-\u0dff])|` +
    String
      .raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d(?=\p{Extended_Pictographic})|` +
    String.raw`(?<=\p{Extended_Pictographic})\ufe0f|(?<=[0-9#*])\ufe0f(?=\u20e3)`,
  "gu",
);
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$) *(?:\.|$)/i;
/** What stands for a character that is not allowed. */
const INSTEAD = "_";

const encoder = new TextEncoder();

/** Why a name of a file is not safe on every system, so that it goes on "its name ..."; null where it is. */
export function nameFault(name: string): string | null {
  if (name === "") return "is empty";
  if (name === "." || name === "..") return `is ${name}, which means another directory`;
  if (name === "~") return "is ~, which means the home directory";
  // Before anything that takes longer.
  if (name.length > FILE_NAME_BYTES_MAX || bytesOf(name) > FILE_NAME_BYTES_MAX) {
    return `has more than ${FILE_NAME_BYTES_MAX} bytes`;
  }
  if (!name.isWellFormed()) return "is not valid Unicode";
  if (CONTROL.test(name)) return `has the control character ${codeOf(CONTROL, name)} in it`;
  const forbidden = FORBIDDEN.exec(name);
  if (forbidden !== null) return `has ${forbidden[0]} in it, which not every system allows`;
  const rest = name.replace(WRITTEN, "");
  if (HIDDEN.test(rest)) return `has ${codeOf(HIDDEN, rest)} in it, which cannot be seen`;
  if (name !== name.normalize("NFC")) return "is not in the normal form NFC";
  if (/[.\s]$/u.test(name)) return "ends with a dot or a space, which Windows drops";
  if (DEVICE.test(name)) return "is that of a device on Windows";
  const folded = foldName(name);
  for (const suffix of [PART_SUFFIX, MAP_SUFFIX]) {
    if (folded.endsWith(suffix)) return `ends with ${suffix}, as files do that are under way`;
  }
  return null;
}

/**
 * Why a relative path, with "/", is not safe on every system; null where it is. Each part of it is a
 * name; it does not begin or end with "/".
 */
export function pathFault(path: string): string | null {
  if (path.length > PATH_BYTES_MAX || bytesOf(path) > PATH_BYTES_MAX) {
    return `has more than ${PATH_BYTES_MAX} bytes`;
  }
  const names = path.split("/");
  if (names.length > PATH_DEPTH_MAX) return `has more than ${PATH_DEPTH_MAX} directories in it`;
  for (const name of names) {
    const fault = nameFault(name);
    if (fault !== null) return names.length === 1 ? fault : `has a part that ${fault}`;
  }
  return null;
}

/**
 * The name under which a file is stored that somebody else named: safe on every system, and as given
 * where that is. Null where nothing can be made of it: where it is a path, or no name at all. What is
 * hidden by a dot at its beginning is shown, as programs run some such files unasked.
 */
export function safeName(given: string): string | null {
  if (!given.isWellFormed() || /[/\\]/.test(given) || /^[.\s]*$/.test(given)) return null;
  // What is very long is cut before anything that takes longer.
  let name = given.slice(0, 4 * FILE_NAME_BYTES_MAX).toWellFormed().normalize("NFC")
    .replace(/^\./, INSTEAD)
    .replace(new RegExp(`${FORBIDDEN.source}|${CONTROL.source}`, "gu"), INSTEAD);
  if (HIDDEN.test(name.replace(WRITTEN, ""))) {
    name = name.replace(new RegExp(HIDDEN, "gu"), INSTEAD);
  }
  name = cutName(name, FILE_NAME_BYTES_MAX).replace(/[.\s]$/u, INSTEAD);
  for (const suffix of [PART_SUFFIX, MAP_SUFFIX]) {
    if (foldName(name).endsWith(suffix)) name = cutName(name, FILE_NAME_BYTES_MAX - 1) + INSTEAD;
  }
  if (DEVICE.test(name)) name = cutName(INSTEAD + name, FILE_NAME_BYTES_MAX);
  return nameFault(name) === null ? name : null;
}

/**
 * The same text for names that are one file on some system: those that differ only in case or in their
 * normal form.
 */
export function foldName(name: string): string {
  return name.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");
}

/** A name of at most so many bytes of UTF-8: the last characters before its ending are left out. */
export function cutName(name: string, bytes_max: number): string {
  if (bytesOf(name) <= bytes_max) return name;
  const dot = name.lastIndexOf(".");
  const ending = dot > 0 && name.length - dot <= ENDING_CHARS_MAX ? name.slice(dot) : "";
  let left = bytes_max - bytesOf(ending), kept = "";
  for (const character of name.slice(0, name.length - ending.length)) {
    left -= bytesOf(character);
    if (left < 0) break;
    kept += character;
  }
  return kept + ending;
}

/** Longer endings say nothing of what a file is. */
const ENDING_CHARS_MAX = 16;

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}

/** The first character of a kind as people look it up: `U+202E`. */
function codeOf(kind: RegExp, text: string): string {
  const code = kind.exec(text)![0].codePointAt(0)!;
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
