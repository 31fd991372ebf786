/** Where a fetched file goes: nothing that others name leads out of the directory that the user named. */

import { hash } from "node:crypto";
import { FILE_NAME_BYTES_MAX } from "../limits.ts";
import { cutName, MAP_SUFFIX, PART_SUFFIX, pathFault } from "../safe_names.ts";
import type { Target } from "../tasks.ts";
import { codeOf, faultOf } from "./faults.ts";
import { type Info, infoAt } from "./handle.ts";

/** The files of a fetch. All are in one directory, so that nothing is copied at the end. */
export interface Paths {
  /** Where it will be. */
  readonly path: string;
  /** What is there of it. */
  readonly part: string;
  /** What of it is there, and its hashes. */
  readonly map: string;
  /** Whether the name is one of a directory, whose manifest this is. */
  readonly is_directory: boolean;
  /** The directories below that of the target, down to the file's own. */
  readonly within: readonly string[];
  readonly directory: string;
}

/** The files of a target. Throws where its name is not safe. */
export function pathsOf({ directory, name, is_chosen }: Target): Paths {
  const is_directory = name.endsWith("/"), plain = is_directory ? name.slice(0, -1) : name;
  const fault = is_chosen ? chosenFault(plain) : pathFault(plain);
  if (fault !== null) {
    throw new Error(
      `${JSON.stringify(plain)} is no name for a file here, as it ${fault}; choose one`,
    );
  }
  const names = plain.split("/"), last = names[names.length - 1];
  const within: string[] = [];
  let at = directory.replace(/(?<=.)\/+$/, "");
  for (const each of names.slice(0, -1)) within.push(at = `${at}/${each}`);
  const short = shorten(last);
  return {
    path: `${at}/${last}`,
    part: `${at}/${short}${PART_SUFFIX}`,
    map: `${at}/${short}${MAP_SUFFIX}`,
    is_directory,
    within,
    directory,
  };
}

/** What is wrong with a name that the user chose, who may have good reasons for an odd one. */
function chosenFault(name: string): string | null {
  for (const part of name.split("/")) {
    if (part === "") return "is empty";
    if (part === "." || part === "..") return `has ${part} in it`;
    if (part.includes("\0")) return "has a zero character in it";
    if (Deno.build.os === "windows" && /[\\:]/.test(part)) return "has \\ or : in it";
  }
  return null;
}

/** A name that leaves room for the endings; two long ones do not get the same. */
function shorten(name: string): string {
  const room = FILE_NAME_BYTES_MAX - PART_SUFFIX.length;
  if (new TextEncoder().encode(name).length <= room) return name;
  const tail = `.${hash("sha256", name, "hex").slice(0, 12)}`;
  return cutName(name, room - tail.length) + tail;
}

/**
 * Checks that the directory of a target is one, and that those below it are, and no symbolic links.
 * Where `makes`, those that are missing are made. Whoever can write there may still put a link there
 * between this and the next call: so it is called again before a file gets its name.
 */
export function checkDirectories({ directory, within }: Paths, makes: boolean): void {
  let top: Deno.FileInfo;
  try {
    top = Deno.statSync(directory);
  } catch (error) {
    throw faultOf(directory, "cannot be written to", error);
  }
  if (!top.isDirectory) throw new Error(`${directory} is no directory`);
  for (const path of within) makeDirectory(path, makes);
}

/** Makes a directory, or finds that it is one, and no symbolic link to one. */
export function makeDirectory(path: string, makes = true): void {
  try {
    if (makes) Deno.mkdirSync(path);
    else checkDirectory(path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw faultOf(path, "cannot be made", error);
    checkDirectory(path);
  }
}

/** Makes a directory below another, and those on the way to it: `path` is relative, and ends with "/". */
export function makeDirectories(top: string, path: string): void {
  let at = top;
  for (const name of path.slice(0, -1).split("/")) makeDirectory(at = `${at}/${name}`);
}

function checkDirectory(path: string): void {
  const info = infoAt(path);
  if (info?.kind === "directory") return;
  const what = info === null
    ? "is gone"
    : info.kind === "link"
    ? "is a symbolic link, which is not followed"
    : "is there, and is no directory";
  throw new Error(`${path} ${what}`);
}

/** Throws where a file must not get its name, because of what is there. Gives what is there, else null. */
export function checkFree({ path, is_directory }: Paths, force: boolean): Info | null {
  let info: Info | null;
  try {
    info = infoAt(path);
  } catch (error) {
    throw faultOf(path, "cannot be written", error);
  }
  if (info === null || is_directory && info.kind === "directory") return info;
  if (force && info.kind === "file" && !is_directory) return info;
  const more = info.kind !== "file" || is_directory
    ? "and is no file that could be written over"
    : "write over it with --force, or choose another name with -o";
  throw new Error(`${path} exists${more.startsWith("and") ? " " : "; "}${more}`);
}
