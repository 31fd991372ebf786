/** What goes wrong with files, in words for the user. */

import { plainError } from "../../../shell/files/files.ts";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "it is not there",
  ENOTDIR: "something on the way to it is no directory",
  EISDIR: "it is a directory",
  ELOOP: "it is a symbolic link",
  ENAMETOOLONG: "its name is too long here",
  EMFILE: "too many files are open",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk is full",
  EROFS: "it is read-only",
  EFBIG: "no file may be so large here",
  EIO: "the disk has failed",
};

/** What Linux calls by numbers; other systems have texts that say enough. */
const NUMBERS: Readonly<Record<string, string>> = {
  1: "EPERM",
  2: "ENOENT",
  5: "EIO",
  13: "EACCES",
  17: "EEXIST",
  18: "EXDEV",
  20: "ENOTDIR",
  21: "EISDIR",
  27: "EFBIG",
  28: "ENOSPC",
  30: "EROFS",
  36: "ENAMETOOLONG",
  40: "ELOOP",
  122: "EDQUOT",
};

/** The system's name of what went wrong: `ENOENT`; "" where it has none. */
export function codeOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === "string") return code;
  const [, number] = /\(os error (\d+)\)/.exec(`${message}`) ?? [];
  return NUMBERS[number] ?? "";
}

/** Why something could not be done with a file, in a few words. */
export function reasonOf(error: unknown): string {
  // Deno keeps programs out of /dev, /proc and the like, unless they may do everything.
  if (error instanceof Deno.errors.NotCapable) return "this program may not go there";
  return REASONS[codeOf(error)] ?? plainError(error);
}

/** What is said of a file to the user, as an error. */
export function faultOf(path: string, what: string, error: unknown): Error {
  return new Error(`${path} ${what}: ${reasonOf(error)}`);
}

/** A path within a sentence: what would end the line is written as an escape. */
export function shown(path: string): string {
  return path.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}
