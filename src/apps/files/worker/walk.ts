/** What is in a directory that is shared. No symbolic link is followed. */

import { DIRECTORY_FILES_MAX } from "../limits.ts";
import { pathsFault, sortByPath } from "../manifest.ts";
import { MAP_SUFFIX, PART_SUFFIX } from "../safe_names.ts";
import { reasonOf, shown } from "./faults.ts";
import { type Info, infoAt } from "./handle.ts";
import type { Progress } from "./progress.ts";

/** A file in it, or an empty directory. */
export interface Found {
  /** As others are told it: relative, in the normal form NFC; one of an empty directory ends with "/". */
  readonly path: string;
  /** Where it is on this disk. */
  readonly place: string;
  /** Null for an empty directory. */
  readonly info: Info | null;
}

/** All that a directory has to share, sorted by path. */
export interface Walked {
  readonly found: readonly Found[];
  /** What is not shared, a sentence each. */
  readonly left_out: readonly string[];
}

/**
 * Looks through a directory. Throws where something cannot be read, has a name that is not safe on every
 * system, or where there is too much.
 */
export async function walk(top: string, progress: Progress): Promise<Walked> {
  const found: Found[] = [], left_out: string[] = [];
  const waiting: { readonly place: string; readonly path: string }[] = [{ place: top, path: "" }];
  let directories = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const before = found.length + waiting.length;
    if (++directories > DIRECTORY_FILES_MAX) throw tooMany(top, "directories");
    for (const name of namesIn(next.place)) {
      const place = `${next.place}/${name}`, path = next.path + name.normalize("NFC");
      const why = whyLeftOut(name), info = why === null ? lookAt(place) : null;
      if (info?.kind === "directory") waiting.push({ place, path: `${path}/` });
      else if (info?.kind === "file") found.push({ path, place, info });
      else left_out.push(`${place} is left out: ${why ?? whatElse(info!)}`);
      if (found.length > DIRECTORY_FILES_MAX) throw tooMany(top, "files");
    }
    const is_empty = found.length + waiting.length === before;
    if (is_empty && next.path !== "") {
      found.push({ path: next.path, place: next.place, info: null });
    }
    await progress.add(0);
  }
  const sorted = sortByPath(found, ({ path }) => path);
  const fault = pathsFault(sorted.map(({ path }) => path));
  if (fault === null) return { found: sorted, left_out };
  throw new Error(
    `${
      shown(`${top}/${fault.path}`)
    } cannot be shared: its name ${fault.why}; rename it, or move it away`,
  );
}

function whyLeftOut(name: string): string | null {
  const is_part = name.endsWith(PART_SUFFIX) || name.endsWith(MAP_SUFFIX);
  return is_part ? "it is not complete yet" : null;
}

function whatElse({ kind }: Info): string {
  return kind === "link" ? "it is a symbolic link" : "it is no regular file";
}

function namesIn(directory: string): readonly string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch (error) {
    throw new Error(`${directory} cannot be read: ${reasonOf(error)}`);
  }
}

function lookAt(place: string): Info {
  const info = infoAt(place);
  if (info !== null) return info;
  throw new Error(`${place} cannot be shared: it is gone, or its name is not valid Unicode`);
}

function tooMany(top: string, what: string): Error {
  return new Error(`${top} cannot be shared: it has more than ${DIRECTORY_FILES_MAX} ${what}`);
}
