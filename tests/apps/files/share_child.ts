/**
 * Shares a file, and fetches it to another from itself, in a process of its own. Says how much memory it
 * took at most, in bytes.
 *
 *     deno run -A share_child.ts FILE DIRECTORY
 */

import { Disk } from "../../../src/apps/files/worker/disk.ts";

if (import.meta.main) await run(Deno.args[0], Deno.args[1]);

async function run(path: string, directory: string): Promise<void> {
  let most = 0;
  const look = () => void (most = Math.max(most, Deno.memoryUsage().rss));
  const timer = setInterval(look, 100), disk = new Disk({ data: null });
  const { link } = await disk.share(path, new AbortController().signal, look);
  const target = {
    directory,
    name: "copy",
    is_chosen: false,
    is_executable: false,
    force: false,
    passes: false,
  };
  await disk.begin(1, link, target);
  await disk.finish(1);
  clearInterval(timer);
  disk.close();
  Deno.stdout.writeSync(new TextEncoder().encode(`${most}\n`));
}
