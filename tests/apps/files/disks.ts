/** Disks in a directory of their own, and what is done with them. */

import { assertEquals } from "@std/assert";
import { PIECE_CHUNKS } from "../../../src/apps/files/limits.ts";
import { type Link, parseLink } from "../../../src/apps/files/link.ts";
import type {
  Changed,
  Finished,
  Range,
  SharedFile,
  Target,
} from "../../../src/apps/files/tasks.ts";
import { levelsOf } from "../../../src/apps/files/tree.ts";
import { Disk } from "../../../src/apps/files/worker/disk.ts";
import type { Open } from "../../../src/apps/files/worker/handle.ts";

/** A temporary directory, and the disks of nodes that are used in it. */
export class Box implements Disposable {
  readonly path: string = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "rumor-disk-" }));
  readonly changed: Changed[] = [];
  readonly left_out: string[] = [];
  readonly #disks: Disk[] = [];

  /** Another node; `data` is the name of its directory. */
  disk({ data = null, open }: { data?: string | null; open?: Open } = {}): Disk {
    const disk = new Disk({ data: data === null ? null : this.dir(data) }, open);
    disk.onChanged = (changed) => this.changed.push(changed);
    this.#disks.push(disk);
    return disk;
  }

  /** Makes a directory, and gives its path. */
  dir(name: string): string {
    Deno.mkdirSync(this.at(name), { recursive: true });
    return this.at(name);
  }

  at(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Writes a file, and gives its path. */
  file(name: string, bytes: Uint8Array | string): string {
    const content = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    if (name.includes("/")) this.dir(name.slice(0, name.lastIndexOf("/")));
    Deno.writeFileSync(this.at(name), content);
    return this.at(name);
  }

  /** Where a file goes, in the directory `to`, which is made. */
  target(name: string, more: Partial<Target> = {}): Target {
    const directory = this.dir("to");
    return {
      directory,
      name,
      is_chosen: false,
      is_executable: false,
      force: false,
      passes: false,
      ...more,
    };
  }

  share(disk: Disk, path: string): Promise<SharedFile> {
    return disk.share(path, new AbortController().signal, (news) => {
      if ("left_out" in news) this.left_out.push(news.left_out);
    });
  }

  /** Names of what is in a directory. */
  names(name: string): readonly string[] {
    return [...Deno.readDirSync(this.at(name))].map((entry) => entry.name).sort();
  }

  [Symbol.dispose](): void {
    for (const disk of this.#disks) disk.close();
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Takes pieces of a file from one disk to another, from its highest hashes down; those that `only` lets. */
export async function copy(
  from: Disk,
  to: Disk,
  fetch: number,
  link: Link,
  only: (level: number, first: number) => boolean = () => true,
): Promise<void> {
  const levels = levelsOf(parseLink(link)!.size);
  for (let level = levels.length - 1; level >= 0; level--) {
    for (let first = 0; first < levels[level].chunks; first += PIECE_CHUNKS) {
      if (!only(level, first)) continue;
      const count = Math.min(PIECE_CHUNKS, levels[level].chunks - first);
      const range = { level, first, count };
      const got = await to.put(fetch, range, await from.read(link, range));
      assertEquals(got, { good: [[first, count]], wrong: false, why: null, stuck: null });
    }
  }
}

/** Fetches a whole file from one disk to another. */
export async function fetchAll(
  from: Disk,
  to: Disk,
  link: Link,
  target: Target,
): Promise<Finished> {
  const fetch = nextFetch();
  await to.begin(fetch, link, target);
  await copy(from, to, fetch, link);
  return await to.finish(fetch);
}

let fetches = 0;

/** A number that no other fetch has. */
export function nextFetch(): number {
  return ++fetches;
}

/** Reads a level of a file. */
export async function levelOf(disk: Disk, link: string, level: number): Promise<Uint8Array> {
  const { chunks, bytes } = levelsOf(parseLink(link)!.size)[level], all = new Uint8Array(bytes);
  for (let first = 0; first < chunks; first += 32) {
    const range: Range = { level, first, count: Math.min(32, chunks - first) };
    all.set(await disk.read(link, range), first * 8_192);
  }
  return all;
}

/** A node that shares some bytes. */
export async function holder(
  box: Box,
  bytes: Uint8Array,
  name = "from",
): Promise<{ disk: Disk; link: string }> {
  const disk = box.disk(), { link } = await box.share(disk, box.file(`held/${name}`, bytes));
  return { disk, link };
}
