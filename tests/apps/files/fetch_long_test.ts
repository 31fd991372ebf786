import { assert, assertEquals } from "@std/assert";
import type { Begun } from "../../../src/apps/files/tasks.ts";
import { LONG_ONLY } from "../../helpers/long.ts";
import { Box, copy, nextFetch } from "./disks.ts";
import { assertSame, noise } from "./noise.ts";

const CHILD = import.meta.resolve("./fetch_child.ts");
const SIZE = 60_000_000;

type Said = { readonly link: string; readonly has: Begun["has"]; readonly stuck?: string | null };

Deno.test(
  "a fetch that is killed at any moment goes on with all but the piece under way",
  LONG_ONLY,
  async () => {
    using box = new Box();
    const directory = box.dir("to"), bytes = noise(SIZE);
    let before = 0;
    // A quarter further each time.
    for (const pieces of [20, 80, 140, 200]) {
      const process = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", CHILD, directory, `${SIZE}`],
        stdout: "piped",
      }).spawn();
      let said = "", lines: readonly string[] = [];
      for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
        said += text;
        lines = said.split("\n").slice(0, -1);
        if (lines.length > pieces) process.kill("SIGKILL");
      }
      await process.status;
      const { has: [chunks] } = JSON.parse(lines[0]) as Said;
      const found = chunks.reduce((sum, [, count]) => sum + count, 0);
      // What was said is there; what was not may be, but for the piece that was being written.
      assert(found >= before, `${found} of ${before} chunks`);
      before = 32 * (lines.length - 1 - Math.ceil(7_325 / 256 / 32) - 1);
    }
    const from = box.disk(), { link } = await box.share(from, box.file("held/file", bytes));
    const disk = box.disk(), fetch = nextFetch(), target = { ...box.target("file"), directory };
    const { has } = await disk.begin(fetch, link, target);
    assert(has[0].reduce((sum, [, count]) => sum + count, 0) >= before);
    await copy(from, disk, fetch, link);
    assertSame(Deno.readFileSync((await disk.finish(fetch)).path), bytes);
  },
);

Deno.test(
  "a fetch to a disk that is full says so, and goes on when there is room",
  LONG_ONLY,
  async () => {
    using box = new Box();
    const small = box.dir("small");
    // A disk of its own in a namespace of its own; where the system lets nobody have that, nothing is tested.
    const script = `mount -t tmpfs -o size=$1 tmpfs ${small} || exit 99
    shift; "$@" ${small} 10000000; mount -o remount,size=20m ${small}; "$@" ${small} 10000000
    sha256sum < ${small}/file; ls ${small}`;
    const { code, stdout } = await new Deno.Command("unshare", {
      args: [
        "-Urm",
        "sh",
        "-c",
        script,
        "sh",
        "6m",
        Deno.execPath(),
        "run",
        "-A",
        "--no-check",
        CHILD,
      ],
      stderr: "null",
    }).output().catch(() => ({ code: 99, stdout: new Uint8Array() }));
    if (code === 99) return;
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    const stuck = lines.findIndex((line) => line.includes('"stuck":"the disk is full"'));
    assert(stuck > 10, lines[0]);
    const begun = JSON.parse(lines[stuck + 1]) as Said;
    const there = begun.has[0].reduce((sum, [, count]) => sum + count, 0);
    // All pieces that were said to be good: not the first line, the two of hashes, and the one that stuck.
    assertEquals(there, 32 * (stuck - 1 - 2));
    const digest = await crypto.subtle.digest("SHA-256", noise(10_000_000));
    assertEquals(lines.slice(-2), [`${new Uint8Array(digest).toHex()}  -`, "file"]);
  },
);

Deno.test("10 GB are shared and fetched within 200 MB of memory", LONG_ONLY, async () => {
  using box = new Box();
  const path = box.file("sparse", "");
  Deno.truncateSync(path, 10_000_000_000);
  const child = import.meta.resolve("./share_child.ts");
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", child, path, box.dir("to")],
    stderr: "inherit",
  }).output();
  const most = Number(new TextDecoder().decode(stdout));
  assert(most > 0 && most < 200_000_000, `${most} bytes`);
  assertEquals(Deno.statSync(box.at("to/copy")).size, 10_000_000_000);
});
