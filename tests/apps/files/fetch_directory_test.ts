import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { formatLink } from "../../../src/apps/files/link.ts";
import { formatManifest } from "../../../src/apps/files/manifest.ts";
import type { ManifestFile } from "../../../src/apps/files/tasks.ts";
import { Box, fetchAll, holder, nextFetch } from "./disks.ts";
import { assertSame, linkOf, noise } from "./noise.ts";

/** Lines of a manifest for some files. */
function linesOf(files: Readonly<Record<string, Uint8Array>>): readonly ManifestFile[] {
  return Object.entries(files).map(([path, bytes]) => ({
    path,
    link: linkOf(bytes),
    is_executable: path.endsWith(".sh"),
  }));
}

Deno.test("Disk fetches a directory file by file, and goes on with it", async () => {
  using box = new Box();
  const files = { "a.sh": noise(10), "b/c/d": noise(30_000), "b/e": noise(0) };
  for (const [path, bytes] of Object.entries(files)) box.file(`dir/${path}`, bytes);
  Deno.chmodSync(box.at("dir/a.sh"), 0o755);
  const from = box.disk(), shared = await box.share(from, box.at("dir"));
  for (const data of [null, "data"]) {
    const disk = box.disk({ data }), directory = box.dir(`to-${data}`);
    const target = (name: string) => box.target(name, { directory });
    const { path, manifest, file } = await fetchAll(from, disk, shared.link, target("got/"));
    assertEquals([path, manifest], [`${directory}/got`, linesOf(files)]);
    const { changed_ms: _, ...rest } = file;
    const { link } = shared, bytes = 30_010;
    assertEquals(rest, { link, name: "got", path, is_directory: true, files: 3, bytes });
    assertEquals([...Deno.readDirSync(path)], []);
    for (const line of manifest!) {
      const { is_executable } = line, to = { ...target(`got/${line.path}`), is_executable };
      await fetchAll(from, disk, line.link, to);
    }
    assertSame(Deno.readFileSync(`${path}/b/c/d`), noise(30_000));
    assert((Deno.statSync(`${path}/a.sh`).mode! & 0o100) !== 0);
    // Once more, at another node: all that is there need not be fetched again.
    const next = box.disk({ data: data && "data2" });
    await fetchAll(from, next, link, target("got/"));
    for (const line of manifest!) {
      const fetch = nextFetch(),
        begun = await next.begin(fetch, line.link, target(`got/${line.path}`));
      assertEquals(
        begun.has[0],
        line.path === "b/c/d" ? [[0, 4]] : line.path === "b/e" ? [] : [[0, 1]],
      );
      assertEquals((await next.finish(fetch)).path, `${path}/${line.path}`);
      assertEquals(next.has(line.link), null);
    }
    // But not something else.
    Deno.writeFileSync(`${path}/b/c/d`, noise(30_001).subarray(1));
    const other = () => next.begin(nextFetch(), linkOf(noise(30_000)), target("got/b/c/d"));
    await assertRejects(other, Error, "got/b/c/d exists");
  }
  // After a restart the files have hashes of their own.
  Deno.writeFileSync(box.at("to-data/got/b/c/d"), noise(30_000));
  const next = box.disk({ data: "data2" });
  await next.serve({ ...shared, path: box.at("to-data/got") });
  const link = linkOf(noise(30_000)), range = { level: 0, first: 0, count: 4 };
  assertSame(await next.read(link, range), noise(30_000));
  // They are there as long as one of two shares needs them.
  await box.share(next, box.file("alone", noise(30_000)));
  next.unshare(link);
  assertSame(await next.read(link, range), noise(30_000));
  next.unshare(shared.link);
  assertEquals(next.has(link), []);
  assert(!box.names("data2/files").includes(`${link}.tree`));
});

Deno.test("Disk refuses a directory with an unsafe list, and takes as a file what is no list at all", async () => {
  using box = new Box();
  const evil = formatManifest([{ path: "../../x", link: linkOf(noise(1)), is_executable: false }]);
  const held = await holder(box, evil), target = box.target("dir/");
  const { message } = await assertRejects(
    () => fetchAll(held.disk, box.disk(), held.link, target),
    Error,
  );
  assertMatch(message, /cannot be fetched as a directory: the list of its files has a path/);
  assertEquals(box.names("to"), []);
  for (const [at, bytes] of [noise(100), new Uint8Array(0)].entries()) {
    const { disk, link } = await holder(box, bytes);
    const target = box.target(`file${at}/`);
    const { path, manifest, file } = await fetchAll(disk, box.disk(), link, target);
    assertEquals([path, manifest], [box.at(`to/file${at}`), null]);
    assertEquals([file.is_directory, file.files, file.bytes], [false, 1, bytes.length]);
    assertSame(Deno.readFileSync(path), bytes);
  }
  const large = formatLink({ root: "a".repeat(64), size: 33_554_433 });
  const begun = () => box.disk().begin(nextFetch(), large, box.target("dir/"));
  await assertRejects(begun, Error, "too long");
});

Deno.test("Disk tells the files of what is fetched as a file, and is the manifest of a directory", async () => {
  using box = new Box();
  const lines = linesOf({ a: noise(10) }), held = await holder(box, formatManifest(lines));
  const { path, manifest } = await fetchAll(held.disk, box.disk(), held.link, box.target("list"));
  assertEquals([manifest, Deno.readFileSync(path)], [lines, formatManifest(lines)]);
});
