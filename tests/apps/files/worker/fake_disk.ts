/** A disk whose files have bytes that follow from their links; nothing is hashed. */

import { CHUNK_BYTES } from "../../../../src/apps/files/limits.ts";
import type { Link } from "../../../../src/apps/files/link.ts";
import { rangeBytes } from "../../../../src/apps/files/range_bytes.ts";
import type { Runs } from "../../../../src/apps/files/runs.ts";
import type {
  Begun,
  Changed,
  Finished,
  Got,
  Hashed,
  Range,
  SharedFile,
} from "../../../../src/apps/files/tasks.ts";
import type { FilesDisk } from "../../../../src/apps/files/worker/files_disk.ts";

/** A link of a file that long. */
export function linkOf(size: number, digit = "a"): Link {
  return `${digit.repeat(64)}.${size}`;
}

/** What is begun of this is never there. */
export const ENDLESS = linkOf(1, "e");

/** The bytes of a range, in the file and in its lists. */
export function contentOf(link: Link, range: Range): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(rangeBytes(link, range)!);
  const from = range.first * CHUNK_BYTES + range.level;
  return bytes.map((_, at) => (from + at) * 31 >> 3);
}

/** A file of that link, as if it were somewhere. */
function fileOf(link: Link): SharedFile {
  const path = "/there", name = "there";
  return { link, name, path, changed_ms: 0, is_directory: false, files: 1, bytes: 1 };
}

/** All of it went well. */
export function good({ first, count }: Range): Got {
  return { good: [[first, count]], wrong: false, why: null, stuck: null };
}

export class FakeDisk implements FilesDisk {
  /** What is here of each file. */
  readonly files = new Map<Link, Runs | null>();
  /** What was read. */
  readonly reads: Range[] = [];
  /** What was taken in, and whether each had the right bytes. */
  readonly puts: { readonly range: Range; readonly is_right: boolean }[] = [];
  /** What each read, and each put, waits for. */
  gate: Promise<void> = Promise.resolve();
  put_gate: Promise<void> = Promise.resolve();
  closed = false;
  onChanged: (changed: Changed) => void = () => {};
  onMore: (link: Link) => void = () => {};
  readonly #links = new Map<number, Link>();
  #stopped: (why: Error) => void = () => {};

  share(path: string, signal: AbortSignal, report: (hashed: Hashed) => void): Promise<SharedFile> {
    if (path === "/endless") {
      report({ hashed_bytes: 1, size: 2 });
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    }
    if (path === "/crash") setTimeout(() => Promise.reject(new Error("out of luck")));
    if (path === "/crash") return new Promise(() => {});
    const link = linkOf(Number(path.slice(1)));
    this.files.set(link, null);
    return Promise.resolve(fileOf(link));
  }

  serve({ link }: SharedFile): Promise<void> {
    this.files.set(link, null);
    return Promise.resolve();
  }

  unshare(link: Link): void {
    this.files.delete(link);
  }

  has(link: Link): Runs | null {
    return this.files.has(link) ? this.files.get(link)! : [];
  }

  async read(link: Link, range: Range): Promise<Uint8Array> {
    this.reads.push(range);
    await this.gate;
    if (!this.files.has(link)) throw new Error("no such file");
    return contentOf(link, range);
  }

  about(link: Link): { readonly name: string; readonly is_directory: boolean } {
    return { name: link.slice(0, 8), is_directory: false };
  }

  begin(fetch: number, link: Link): Promise<Begun> {
    this.#links.set(fetch, link);
    if (link === ENDLESS) return new Promise((_, reject) => this.#stopped = reject);
    return Promise.resolve({ path: "/there", has: [] });
  }

  async put(fetch: number, range: Range, bytes: Uint8Array): Promise<Got> {
    const expected = contentOf(this.#links.get(fetch)!, range);
    const is_right = bytes.length === expected.length && bytes.every((b, at) => b === expected[at]);
    this.puts.push({ range, is_right });
    await this.put_gate;
    return is_right ? good(range) : { good: [], wrong: true, why: null, stuck: null };
  }

  finish(fetch: number): Promise<Finished> {
    const file = fileOf(this.#links.get(fetch)!);
    this.#links.delete(fetch);
    return Promise.resolve({ path: file.path, manifest: null, file });
  }

  stop(fetch: number): Promise<void> {
    this.#links.delete(fetch);
    this.#stopped(new Error("stopped"));
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
  }
}
