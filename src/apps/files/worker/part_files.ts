/** The files of a fetch: the part, and the map beside it, which is locked while somebody fetches. */

import type { Link } from "../link.ts";
import { codeOf, faultOf } from "./faults.ts";
import { type Handle, infoAt, type Open } from "./handle.ts";
import type { Paths } from "./target.ts";

/** The first bytes of a map say what it is. */
export const HEADER_BYTES = 128;
const HEADER = "rumor map 1 ";

/** The files of a fetch, open and locked. */
export interface PartFiles {
  readonly part: Handle;
  readonly map: Handle;
  /** Whether nothing was there. */
  readonly is_new: boolean;
  /** Closes both, and lets others have them. */
  close(): void;
}

/**
 * Opens the part of a file and its map, and makes what is not there. Throws where somebody else is
 * fetching to it, where what is there is something else, or, unless `force`, of another file.
 */
export function openParts(paths: Paths, link: Link, force: boolean, open: Open): PartFiles {
  const { file: map, is_made } = openOwn(paths.map, open);
  let lock: Deno.FsFile | null = null, part: Handle | null = null;
  try {
    lock = lockFile(paths, map);
    const known = readHeader(map, paths.map);
    if (known !== null && known !== link && !force) {
      throw new Error(
        `${paths.part} is the part of another file, ${known}; ` +
          `remove it, write over it with --force, or choose another name with -o`,
      );
    }
    part = openOwn(paths.part, open).file;
    const is_new = known !== link;
    if (is_new) {
      map.setSize(0);
      map.writeAt(headerOf(link), 0);
      part.setSize(0);
    }
    return { part, map, is_new, close: () => closeAll(part, map, lock) };
  } catch (error) {
    closeAll(part, map, lock);
    if (is_made) Deno.removeSync(paths.map);
    throw error;
  }
}

function closeAll(part: Handle | null, map: Handle, lock: Deno.FsFile | null): void {
  part?.close();
  map.close();
  lock?.close();
}

/** Opens a file, or makes it. What is there must be this user's own, under no other name. */
function openOwn(path: string, open: Open): { readonly file: Handle; readonly is_made: boolean } {
  try {
    return { file: open(path, "create"), is_made: true };
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw faultOf(path, "cannot be made", error);
  }
  let file: Handle;
  try {
    file = open(path, "write");
  } catch (error) {
    throw faultOf(path, "cannot be written", error);
  }
  const { names, owner } = file.info();
  const is_ours = names === 1 && (owner === null || owner === Deno.uid());
  if (is_ours) return { file, is_made: false };
  file.close();
  const why = names === 1 ? "it belongs to another user" : "it has another name, too";
  throw new Error(`${path} cannot be written: ${why}; remove it, or choose another name with -o`);
}

/** Null on Windows, where nobody could write what is locked, not even this program. */
function lockFile({ path, map }: Paths, file: Handle): Deno.FsFile | null {
  if (Deno.build.os === "windows") return null;
  const lock = Deno.openSync(map, { read: true, write: true });
  // Whoever had it before may have finished, and removed it, meanwhile.
  if (lock.tryLockSync(true) && infoAt(map)?.identity === file.info().identity) return lock;
  lock.close();
  throw new Error(`${path} is being fetched already`);
}

/** The link that a map is of; null where it is new. Throws where it is none. */
function readHeader(map: Handle, path: string): Link | null {
  const bytes = new Uint8Array(HEADER_BYTES), count = map.readAt(bytes, 0);
  const text = new TextDecoder().decode(bytes.subarray(0, count));
  // One that ended while it made the file has left it empty.
  if (/^\0*$/.test(text)) return null;
  const line = text.slice(0, text.indexOf("\n"));
  if (count === HEADER_BYTES && line.startsWith(HEADER)) return line.slice(HEADER.length);
  throw new Error(`${path} is not of this program; remove it, or choose another name with -o`);
}

function headerOf(link: Link): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  new TextEncoder().encodeInto(`${HEADER}${link}\n`, header);
  return header;
}
