/**
 * Fetches a file of noise into a directory, in a process of its own that may be killed, or whose disk may
 * be full. Says each piece that is there on a line.
 *
 *     deno run -A fetch_child.ts DIRECTORY BYTES
 */

import { formatLink } from "../../../src/apps/files/link.ts";
import { PIECE_CHUNKS } from "../../../src/apps/files/limits.ts";
import { hashChunks, levelsOf, rootOf, spanOf } from "../../../src/apps/files/tree.ts";
import { Disk } from "../../../src/apps/files/worker/disk.ts";
import { noise, sha256 } from "./noise.ts";

if (import.meta.main) await run(Deno.args[0], Number(Deno.args[1]));

async function run(directory: string, size: number): Promise<void> {
  const levels: Uint8Array[] = [noise(size)], shapes = levelsOf(size);
  while (levels.length < shapes.length) levels.push(hashChunks(levels[levels.length - 1], sha256));
  const link = formatLink({ root: rootOf(levels[0], sha256).toHex(), size });
  const disk = new Disk({ data: null });
  const target = {
    directory,
    name: "file",
    is_chosen: false,
    is_executable: false,
    force: false,
    passes: false,
  };
  const { has } = await disk.begin(1, link, target);
  say({ link, has });
  for (let level = levels.length - 1; level >= 0; level--) {
    for (let first = 0; first < shapes[level].chunks; first += PIECE_CHUNKS) {
      const count = Math.min(PIECE_CHUNKS, shapes[level].chunks - first);
      const { at, bytes } = spanOf(shapes[level], first, count);
      const got = await disk.put(
        1,
        { level, first, count },
        levels[level].subarray(at, at + bytes),
      );
      say({ level, first, ...got });
      if (got.stuck !== null) return disk.close();
    }
  }
  say(await disk.finish(1));
}

function say(what: unknown): void {
  const line = new TextEncoder().encode(`${JSON.stringify(what)}\n`);
  for (let at = 0; at < line.length;) at += Deno.stdout.writeSync(line.subarray(at));
}
