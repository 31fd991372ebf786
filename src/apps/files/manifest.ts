/**
 * What is in a shared directory, as a text of its own, which is shared like any file: a line that says
 * what it is, then one JSON object a line for each file and each empty directory, sorted by the bytes of
 * their paths. A directory has one spelling, so it has one link, too.
 *
 *     rumor directory 1
 *     {"path":"docs/","link":"","executable":false}
 *     {"path":"run.sh","link":"b613...2a96.8192","executable":true}
 */

import {
  DIRECTORY_FILES_MAX,
  FILE_BYTES_MAX,
  MANIFEST_BYTES_MAX,
  PATH_BYTES_MAX,
} from "./limits.ts";
import { parseLink } from "./link.ts";
import { foldName, pathFault } from "./safe_names.ts";
import type { ManifestFile } from "./tasks.ts";

/** The first line, without its end. */
export const MANIFEST_LINE = "rumor directory 1";

/** No line of a good path and link is longer. */
const LINE_CHARS_MAX = 2 * PATH_BYTES_MAX;

const encoder = new TextEncoder();

/** The text of the manifest of some files, in any order. That they may be in one is for `readManifest()`. */
export function formatManifest(files: readonly ManifestFile[]): Uint8Array {
  const lines = sortByPath(files, ({ path }) => path).map(formatLine);
  return encoder.encode([MANIFEST_LINE, ...lines, ""].join("\n"));
}

/** Things sorted by the bytes of their paths, as a manifest has them. */
export function sortByPath<T>(things: readonly T[], path: (thing: T) => string): readonly T[] {
  return things.map((thing) => ({ thing, bytes: encoder.encode(path(thing)) }))
    .sort((a, b) => compareBytes(a.bytes, b.bytes))
    .map(({ thing }) => thing);
}

/** One line of a manifest, without its end. */
export function formatLine({ path, link, is_executable }: ManifestFile): string {
  return JSON.stringify({ path, link, executable: is_executable });
}

/** Whether some bytes begin like a manifest. */
export function isManifest(bytes: Uint8Array): boolean {
  const line = encoder.encode(`${MANIFEST_LINE}\n`);
  return line.every((byte, at) => bytes[at] === byte);
}

/** What a manifest says, or what is wrong with it, so that it goes on "the list of its files ...". */
export function readManifest(bytes: Uint8Array): readonly ManifestFile[] | string {
  if (bytes.length > MANIFEST_BYTES_MAX) return `has more than ${MANIFEST_BYTES_MAX} bytes`;
  if (!isManifest(bytes)) return "is none";
  const text = decode(bytes);
  if (text === null) return "is not valid UTF-8";
  if (!text.endsWith("\n")) return "does not end with a whole line";
  const tree = new Tree(), files: ManifestFile[] = [];
  let before = encoder.encode(""), sum = 0, number = 1;
  // Not cut into lines at once: they may be many more than are allowed.
  for (let at = MANIFEST_LINE.length + 1, end = at; at < text.length; at = end + 1) {
    if (++number > DIRECTORY_FILES_MAX + 1) return `has more than ${DIRECTORY_FILES_MAX} files`;
    end = text.indexOf("\n", at);
    const file = readLine(text.slice(at, end));
    if (file === null) return `has something else in line ${number}`;
    const path = encoder.encode(file.path);
    if (compareBytes(before, path) >= 0) {
      return `is not sorted, or has a path twice, in line ${number}`;
    }
    const fault = tree.add(file.path);
    if (fault !== null) return `has a path in line ${number} that ${fault}`;
    sum += parseLink(file.link)?.size ?? 0;
    if (sum > FILE_BYTES_MAX) return "has more bytes in its files than can be counted";
    files.push(file);
    before = path;
  }
  return files;
}

/** Why files cannot be in one directory: the path that cannot, and what is wrong with it; else null. */
export function pathsFault(
  paths: Iterable<string>,
): { readonly path: string; readonly why: string } | null {
  const tree = new Tree();
  for (const path of paths) {
    const why = tree.add(path);
    if (why !== null) return { path, why };
  }
  return null;
}

/** A line in its one spelling; null for every other one. */
function readLine(line: string): ManifestFile | null {
  if (line.length > LINE_CHARS_MAX) return null;
  try {
    const { path, link, executable } = JSON.parse(line);
    if (typeof path !== "string" || typeof executable !== "boolean") return null;
    const is_directory = path.endsWith("/");
    if (is_directory ? link !== "" || executable : parseLink(`${link}`) === null) return null;
    const file = { path, link, is_executable: executable };
    return formatLine(file) === line ? file : null;
  } catch {
    return null;
  }
}

/** A name on the way to files. */
interface Branch {
  readonly name: string;
  /** What is in it, by folded names; null for a file, and a directory that is said to be empty. */
  readonly within: Map<string, Branch> | null;
}

/** The paths of a directory so far. Only while they are read: nobody sees it change. */
class Tree {
  readonly #top = new Map<string, Branch>();
  #directories = 0;

  /** Adds a path; says why it cannot be beside the others. Paths come sorted. */
  add(path: string): string | null {
    const is_directory = path.endsWith("/"), plain = is_directory ? path.slice(0, -1) : path;
    const fault = pathFault(plain);
    if (fault !== null) return fault;
    const names = plain.split("/"), last = names.length - 1;
    let within = this.#top;
    for (let at = 0; at <= last; at++) {
      const name = names[at], key = foldName(name), known = within.get(key);
      if (known === undefined) {
        if ((at < last || is_directory) && ++this.#directories > DIRECTORY_FILES_MAX) {
          return `has more than ${DIRECTORY_FILES_MAX} directories before it`;
        }
        const below: Map<string, Branch> | null = at < last ? new Map() : null;
        within.set(key, { name, within: below });
        if (below === null) return null;
        within = below;
      } else {
        if (known.name !== name) return `is one with ${known.name} on some systems`;
        if (at === last) return "is there already";
        if (known.within === null) return "is below a file, or an empty directory";
        within = known.within;
      }
    }
    return null;
  }
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** As `memcmp()`: below 0 where the first comes before the second. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const both = Math.min(a.length, b.length);
  for (let at = 0; at < both; at++) if (a[at] !== b[at]) return a[at] - b[at];
  return a.length - b.length;
}
