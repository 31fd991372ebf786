import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { SharedFile } from "../../../src/apps/files/tasks.ts";
import { hashChunks } from "../../../src/apps/files/tree.ts";
import type { Disk } from "../../../src/apps/files/worker/disk.ts";
import { Box, levelOf } from "./disks.ts";
import { linkOf, noise, sha256 } from "./noise.ts";

/** Shares in one run, and serves in the next. */
async function restart(
  box: Box,
  path: string,
  between: (shared: SharedFile) => void = () => {},
): Promise<{ shared: SharedFile; disk: Disk }> {
  const first = box.disk({ data: "data" }), shared = await box.share(first, path);
  first.close();
  between(shared);
  const disk = box.disk({ data: "data" });
  await disk.serve(JSON.parse(JSON.stringify(shared)));
  return { shared, disk };
}

Deno.test("Disk serves after a restart what it shared, and hashes nothing again", async () => {
  using box = new Box();
  const bytes = noise(3_000_000), path = box.file("file", bytes);
  const { shared, disk } = await restart(box, path, ({ link }) => {
    // If it hashed the file, it would make this good again.
    const tree = box.at(`data/files/${link}.tree`), hashes = Deno.readFileSync(tree);
    hashes[40] ^= 1;
    Deno.writeFileSync(tree, hashes);
  });
  assertEquals(disk.has(shared.link), null);
  const last = { level: 0, first: 300, count: 1 };
  assertEquals(await disk.read(shared.link, last), bytes.subarray(300 * 8_192, 301 * 8_192));
  // What the root does not vouch for is not believed.
  await assertRejects(
    () => disk.read(shared.link, { level: 0, first: 0, count: 1 }),
    Error,
    "not here",
  );
  assertMatch(box.changed[0].why, /has lost its hashes/);
});

Deno.test("Disk hashes again what lost its hashes before a restart", async () => {
  using box = new Box();
  const { shared, disk } = await restart(box, box.file("file", noise(50_000)), ({ link }) => {
    Deno.removeSync(box.at(`data/files/${link}.tree`));
    box.file("data/files/left.tree-new", "of a run that was killed");
  });
  assertEquals(await levelOf(disk, shared.link, 0), noise(50_000));
  assertEquals(box.names("data/files"), [`${shared.link}.tree`]);
});

Deno.test("Disk says after a restart what has changed or gone meanwhile", async () => {
  using box = new Box();
  const path = box.file("file", noise(50_000)), dir = box.dir("dir");
  const change = () => Deno.writeFileSync(path, noise(1), { append: true });
  await assertRejects(() => restart(box, path, change), Error, "has changed since it was shared");
  const touch = () => Deno.utimeSync(path, 1, 1);
  await assertRejects(() => restart(box, path, touch), Error, "has changed since it was shared");
  await assertRejects(() => restart(box, path, () => Deno.removeSync(path)), Error, "is gone");
  box.file("dir/one", "1"), box.file("dir/two", "2");
  const gone = restart(box, dir, () => Deno.removeSync(box.at("dir/two")));
  await assertRejects(() => gone, Error, "dir/two is gone");
});

Deno.test("Disk serves a directory after a restart, with its hashes and without", async () => {
  using box = new Box();
  box.file("dir/one", noise(30_000)), box.file("dir/sub/two", noise(9_000));
  for (const loses of [false, true]) {
    const { shared, disk } = await restart(box, box.at("dir"), () => {
      if (loses) Deno.removeSync(box.at("data/files"), { recursive: true });
    });
    assertEquals(await levelOf(disk, linkOf(noise(30_000)), 0), noise(30_000));
    assertEquals(await levelOf(disk, linkOf(noise(9_000)), 1), hashChunks(noise(9_000), sha256));
    assertEquals(disk.has(shared.link), null);
    disk.unshare(shared.link);
    assertEquals(box.names("data/files"), []);
  }
});

Deno.test("Disk forgets the hashes of what is unshared, also where it could not serve it", async () => {
  using box = new Box();
  const path = box.file("file", noise(50_000));
  const first = box.disk({ data: "data" }), { link } = await box.share(first, path);
  assertEquals(box.names("data/files"), [`${link}.tree`]);
  box.disk({ data: "data" }).unshare(link);
  assertEquals(box.names("data/files"), []);
  for (let time = 0; time < 2; time++) await box.share(first, path);
  first.unshare(link);
  assertEquals(box.names("data/files"), []);
});

Deno.test("Disk keeps the hashes of one share when an equal file of another goes", async () => {
  using box = new Box();
  for (const data of [null, "data"]) {
    const disk = box.disk({ data });
    box.file("dir/same", noise(30_000));
    const dir = await box.share(disk, box.at("dir"));
    const file = await box.share(disk, box.file("same", noise(30_000)));
    disk.unshare(file.link);
    assertEquals(await levelOf(disk, file.link, 0), noise(30_000));
    disk.unshare(dir.link);
    assertEquals(disk.has(file.link), []);
  }
});
