/**
 * Files that are complete and served where they are. Nothing of them is copied, so each chunk is hashed
 * again when it is read, and a file that is no longer what it was is served no more.
 */

import { CHUNK_BYTES, HASH_BYTES } from "../limits.ts";
import { type Link, type LinkParts, parseLink } from "../link.ts";
import type { Changed, Range } from "../tasks.ts";
import { spanOf } from "../tree.ts";
import { reasonOf } from "./faults.ts";
import { type Handle, type Info, infoAt, type Open, type Source } from "./handle.ts";
import { areSame, sha256, TreeFile } from "./tree_file.ts";

/** Where a file is. One link may be in many places, as equal files are. */
export interface Place {
  /** The share that it came with. */
  readonly owner: Link;
  /** Absolute. */
  readonly path: string;
  /** Time of its last change in milliseconds; null where its bytes are in `source`, before its hashes. */
  readonly changed_ms: number | null;
  /** Its hashes begin at `at`. */
  readonly source: Source;
  readonly at: number;
}

/** Files whose hashes are looked up again and again, which is quicker while they are known. */
const TREES_MAX = 64;

export class Served {
  readonly #open: Open;
  readonly #tell: (changed: Changed) => void;
  readonly #places = new Map<Link, Place[]>();
  /** What came with a share. */
  readonly #links = new Map<Link, Set<Link>>();
  readonly #trees = new Map<Place, TreeFile>();

  /** `tell` hears once of each file that is served no more. */
  constructor(open: Open, tell: (changed: Changed) => void) {
    this.#open = open;
    this.#tell = tell;
  }

  add(link: Link, place: Place): void {
    const places = this.#places.get(link);
    if (places === undefined) this.#places.set(link, [place]);
    else places.push(place);
    const links = this.#links.get(place.owner);
    if (links === undefined) this.#links.set(place.owner, new Set([link]));
    else links.add(link);
  }

  /** Where a file is; null where it is not served. */
  pathOf(link: Link): string | null {
    return this.#places.get(link)?.[0]?.path ?? null;
  }

  /** Forgets all that came with a share. */
  remove(owner: Link): void {
    for (const link of this.#links.get(owner) ?? []) {
      this.#drop(link, (place) => place.owner === owner);
    }
    this.#links.delete(owner);
  }

  /** Whether a file is here, as far as can be seen without reading it. */
  has(link: Link): boolean {
    const size = parseLink(link)?.size;
    for (const place of this.#places.get(link)?.slice() ?? []) {
      const fault = size === undefined ? "" : faultOf(size, place, lookAt(place.path));
      if (fault === null) return true;
      this.#lose(link, place, fault);
    }
    return false;
  }

  /** Chunks joined, each verified, in `into` if it is there; null where no place has them (any more). */
  read(link: Link, range: Range, into: Uint8Array | null): Uint8Array | null {
    const parts = parseLink(link);
    for (const place of this.#places.get(link)?.slice() ?? []) {
      const read = this.#readAt(parts!, place, range, into);
      if (typeof read !== "string") return read;
      this.#lose(link, place, read);
    }
    return null;
  }

  /** What is there, or why this place has it no more. */
  #readAt(
    parts: LinkParts,
    place: Place,
    range: Range,
    into: Uint8Array | null,
  ): Uint8Array | string {
    const tree = this.#treeOf(parts, place), { level, first, count } = range;
    if (level > 0) return tree.read(range) ?? "has lost its hashes";
    const due = tree.hashesOf(range);
    if (due === null) return "has lost its hashes";
    const { at, bytes } = spanOf(tree.levels[level], first, count);
    const content = into?.subarray(0, bytes) ?? new Uint8Array(bytes);
    const fault = this.#fill(parts.size, place, content, at);
    if (fault !== null) return fault;
    for (let from = 0, hash = 0; from < bytes; from += CHUNK_BYTES, hash += HASH_BYTES) {
      const chunk = content.subarray(from, from + CHUNK_BYTES);
      if (!areSame(sha256(chunk), due.subarray(hash, hash + HASH_BYTES))) return CHANGED;
    }
    return content;
  }

  /** Reads bytes of a file; says why they are not there. */
  #fill(size: number, place: Place, into: Uint8Array, at: number): string | null {
    if (place.changed_ms === null) {
      return place.source.readAt(into, place.at - size + at) < into.length ? CHANGED : null;
    }
    let file: Handle | null = null;
    try {
      file = this.#open(place.path, "read");
      const fault = faultOf(size, place, file.info());
      if (fault !== null) return fault;
      return file.readAt(into, at) < into.length ? CHANGED : null;
    } catch (error) {
      // What stands there now says more than why it could not be opened.
      const fault = faultOf(size, place, lookAt(place.path));
      return fault ?? `cannot be read any more: ${reasonOf(error)}`;
    } finally {
      file?.close();
    }
  }

  #treeOf(parts: LinkParts, place: Place): TreeFile {
    const tree = this.#trees.get(place) ?? new TreeFile(parts, place.source, place.at);
    // What was not used for longest comes first.
    this.#trees.delete(place);
    this.#trees.set(place, tree);
    if (this.#trees.size > TREES_MAX) {
      for (const [oldest] of this.#trees) {
        this.#trees.delete(oldest);
        break;
      }
    }
    return tree;
  }

  #lose(link: Link, place: Place, fault: string): void {
    this.#drop(link, (other) => other === place);
    const why = `${place.path} ${fault}, and is not served any more; share it again`;
    this.#tell({ changed: link, why });
  }

  #drop(link: Link, which: (place: Place) => boolean): void {
    const left = (this.#places.get(link) ?? []).filter((place) => {
      const is_over = which(place);
      if (is_over) this.#trees.delete(place);
      return !is_over;
    });
    if (left.length > 0) this.#places.set(link, left);
    else this.#places.delete(link);
  }
}

const CHANGED = "has changed since it was shared";

/** Why what stands at a place is not what was shared; null where it may be. */
function faultOf(size: number, place: Place, info: Info | string | null): string | null {
  if (place.changed_ms === null) return null;
  if (typeof info === "string") return info;
  if (info === null) return "is gone";
  const is_same = info.kind === "file" && info.size === size &&
    info.changed_ms === place.changed_ms;
  return is_same ? null : CHANGED;
}

function lookAt(path: string): Info | string | null {
  try {
    return infoAt(path);
  } catch (error) {
    return `cannot be read any more: ${reasonOf(error)}`;
  }
}
