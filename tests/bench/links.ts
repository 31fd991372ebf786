/** Sees from outside, in /proc, how many TCP connections processes have among them. */

const ESTABLISHED = "01";

/** How many established TCP connections a process has, or null where /proc cannot tell. */
export function countLinks(pid: number): number | null {
  try {
    const inodes = new Set<string>();
    for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
      const socket = /^socket:\[(\d+)\]$/.exec(linkTarget(`/proc/${pid}/fd/${name}`));
      if (socket) inodes.add(socket[1]);
    }
    const rows = ["tcp", "tcp6"].flatMap((table) =>
      Deno.readTextFileSync(`/proc/${pid}/net/${table}`).trim().split("\n").slice(1)
    ).map((row) => row.trim().split(/\s+/));
    return rows.filter((row) => row[3] === ESTABLISHED && inodes.has(row[9])).length;
  } catch {
    return null;
  }
}

function linkTarget(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return "";
  }
}

/** Resolves when each of the processes has a connection to each other, as far as /proc can tell. */
export async function untilMeshed(pids: readonly number[], timeout_ms = 20_000): Promise<void> {
  const deadline = performance.now() + timeout_ms;
  for (;;) {
    const links = pids.map(countLinks);
    if (links.every((count) => count === null || count >= pids.length - 1)) return;
    if (performance.now() > deadline) {
      throw new Error(`no full mesh after ${timeout_ms} ms: links per node ${links.join(", ")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
