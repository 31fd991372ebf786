import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import fc from "fast-check";
import { formatLink } from "../../../src/apps/files/link.ts";
import { formatManifest } from "../../../src/apps/files/manifest.ts";
import type { Got, ManifestFile } from "../../../src/apps/files/tasks.ts";
import { hashChunks } from "../../../src/apps/files/tree.ts";
import type { Disk } from "../../../src/apps/files/worker/disk.ts";
import { check } from "../../helpers/check.ts";
import { Box, copy, fetchAll, nextFetch } from "./disks.ts";
import { assertSame, linkOf, noise, sha256 } from "./noise.ts";

const GOOD: Got = { good: [], wrong: false, why: null, stuck: null };

/** A node that shares some bytes. */
async function holder(
  box: Box,
  bytes: Uint8Array,
  name = "from",
): Promise<{ disk: Disk; link: string }> {
  const disk = box.disk(), { link } = await box.share(disk, box.file(`held/${name}`, bytes));
  return { disk, link };
}

for (const data of [null, "data"]) {
  const where = data === null ? "without data" : "with data";

  Deno.test(`Disk fetches files of sizes around the ends of chunks, and goes on serving them, ${where}`, async () => {
    using box = new Box();
    const disk = box.disk({ data });
    for (const size of [0, 1, 8_191, 8_192, 8_193, 2_097_152, 2_097_153]) {
      const bytes = noise(size), held = await holder(box, bytes);
      const name = `file${size}`, path = box.at(`to/${name}`), fetch = nextFetch();
      const begun = await disk.begin(fetch, held.link, box.target(name));
      const levels = size > 2_097_152 ? 3 : 2;
      assertEquals(begun, { path, has: Array.from({ length: levels }, () => []) });
      await copy(held.disk, disk, fetch, held.link);
      assertEquals(disk.has(held.link), null);
      const { file, ...finished } = await disk.finish(fetch);
      assertEquals(finished, { path, manifest: null });
      const changed_ms = Math.floor(Deno.statSync(path).mtime!.getTime());
      const { link } = held;
      assertEquals(file, {
        link,
        name,
        path,
        changed_ms,
        is_directory: false,
        files: 1,
        bytes: size,
      });
      assertSame(Deno.readFileSync(path), bytes);
      const again = await fetchAll(disk, box.disk(), link, box.target("again", { force: true }));
      assertSame(Deno.readFileSync(again.path), bytes);
      if (data === null) continue;
      const next = box.disk({ data });
      await next.serve(file);
      assertEquals(next.has(link), null);
      if (size > 0) {
        assertEquals((await next.read(link, { level: 1, first: 0, count: 1 })).length > 0, true);
      }
      next.unshare(link);
    }
    assert(box.names("to").every((name) => !name.includes("rumor")), "parts are left");
  });
}

Deno.test("Disk fetches a file and the file of its hashes at once, which have one root", async () => {
  using box = new Box();
  const bytes = noise(2_097_153), hashes = hashChunks(bytes, sha256), disk = box.disk();
  const one = await holder(box, bytes, "one"), other = await holder(box, hashes, "other");
  const [first, second] = [nextFetch(), nextFetch()];
  await disk.begin(first, one.link, box.target("one"));
  await disk.begin(second, other.link, box.target("other"));
  await copy(one.disk, disk, first, one.link);
  await copy(other.disk, disk, second, other.link);
  assertSame(Deno.readFileSync((await disk.finish(second)).path), hashes);
  assertSame(Deno.readFileSync((await disk.finish(first)).path), bytes);
});

Deno.test("Disk serves what it has of a file that it fetches, and tells when that is more", async () => {
  using box = new Box();
  const bytes = noise(500_000), held = await holder(box, bytes), disk = box.disk();
  const more: string[] = [], fetch = nextFetch();
  disk.onMore = (link) => more.push(link);
  await disk.begin(fetch, held.link, box.target("file"));
  assertEquals(disk.has(held.link), []);
  const top = { level: 1, first: 0, count: 1 };
  await assertRejects(() => disk.read(held.link, top), Error, "not here");
  await copy(held.disk, disk, fetch, held.link, (level, first) => level > 0 || first === 32);
  assertEquals([disk.has(held.link), more], [[[32, 30]], [held.link]]);
  assertEquals(await disk.read(held.link, top), hashChunks(bytes, sha256));
  const range = { level: 0, first: 40, count: 2 };
  assertEquals(await disk.read(held.link, range), bytes.subarray(40 * 8_192, 42 * 8_192));
  await assertRejects(() => disk.read(held.link, { ...range, first: 31 }), Error, "not here");
  await assertRejects(() => disk.finish(fetch), Error, "not complete");
  await disk.stop(fetch);
  assertEquals(disk.has(held.link), []);
});

Deno.test("Disk takes nothing of what has another hash, and says who sent it is to blame", async () => {
  using box = new Box();
  const bytes = noise(20_000),
    held = await holder(box, bytes),
    disk = box.disk(),
    fetch = nextFetch();
  await disk.begin(fetch, held.link, box.target("file"));
  const all = { level: 0, first: 0, count: 3 }, hashes = hashChunks(bytes, sha256);
  const put = (level: number, first: number, content: Uint8Array, count = 1) =>
    disk.put(fetch, { level, first, count }, content);
  assertEquals(await disk.put(fetch, all, bytes), {
    ...GOOD,
    why: "the hashes of these chunks are not here yet",
  });
  assertEquals(await put(1, 0, noise(96)), { ...GOOD, wrong: true });
  assertEquals(await put(1, 0, hashes.subarray(0, 64)), { ...GOOD, wrong: true });
  assertEquals(await put(1, 0, hashes), { ...GOOD, good: [[0, 1]] });
  const bad = bytes.slice();
  bad[9_000] ^= 1;
  assertEquals(await disk.put(fetch, all, bad), { ...GOOD, good: [[0, 1], [2, 1]], wrong: true });
  assertEquals(disk.has(held.link), [[0, 1], [2, 1]]);
  for (const length of [0, 1, 19_999]) {
    assertEquals(await disk.put(fetch, all, bytes.subarray(0, length)), { ...GOOD, wrong: true });
  }
  assertEquals(await disk.put(fetch, all, noise(20_001)), { ...GOOD, wrong: true });
  // A chunk of hashes is no chunk of the file, and the other way round.
  assertEquals(await put(0, 2, hashes), { ...GOOD, wrong: true });
  for (const [level, first, count] of [[0, 3, 1], [0, 0, 4], [2, 0, 1], [0, -1, 1], [0, 0, 0]]) {
    const { why } = await put(level, first, bytes, count);
    assertEquals(why, "there are no such chunks in the file");
  }
  assertEquals(await put(0, 1, bytes.subarray(8_192, 16_384)), { ...GOOD, good: [[1, 1]] });
  assertSame(Deno.readFileSync((await disk.finish(fetch)).path), bytes);
});

/** What a killed program leaves in a directory of its own: everything that was written until then. */
function killed(box: Box, to: string): void {
  for (const name of box.names("to")) {
    Deno.copyFileSync(box.at(`to/${name}`), `${box.dir(to)}/${name}`);
  }
}

Deno.test("Disk goes on where it was, whether it was stopped or killed", async () => {
  using box = new Box();
  const bytes = noise(2_500_000), held = await holder(box, bytes), disk = box.disk();
  const fetch = nextFetch();
  await disk.begin(fetch, held.link, box.target("file"));
  // The last chunks, the first hashes, and what these vouch for.
  await copy(held.disk, disk, fetch, held.link, (level, first) => level > 0 || first >= 64);
  killed(box, "killed");
  await disk.stop(fetch);
  const has = [[[64, 242]], [[0, 2]], [[0, 1]]];
  for (const directory of [box.at("to"), box.at("killed")]) {
    const next = box.disk(), fetch = nextFetch();
    const begun = await next.begin(fetch, held.link, { ...box.target("file"), directory });
    assertEquals<unknown>(begun.has, has);
    await copy(held.disk, next, fetch, held.link, (level, first) => level === 0 && first < 64);
    const { path } = await next.finish(fetch);
    assertEquals([path, Deno.readFileSync(path)], [`${directory}/file`, bytes]);
    assertEquals([...Deno.readDirSync(directory)].length, 1);
  }
});

Deno.test("Disk believes nothing of what was left that has another hash", async () => {
  using box = new Box();
  const bytes = noise(300_000), held = await holder(box, bytes);
  const first = box.disk(), fetch = nextFetch();
  await first.begin(fetch, held.link, box.target("file"));
  await copy(held.disk, first, fetch, held.link);
  await first.stop(fetch);
  const [part, map] = ["part", "map"].map((end) =>
    Deno.readFileSync(box.at(`to/file.rumor-${end}`))
  );
  const damage = fc.record({
    part: fc.array(fc.nat(part.length - 1), { maxLength: 4 }),
    map: fc.array(fc.integer({ min: 128, max: map.length - 1 }), { maxLength: 2 }),
    part_bytes: fc.oneof(fc.constant(part.length), fc.nat(part.length + 9_000)),
    map_bytes: fc.oneof(fc.constant(map.length), fc.integer({ min: 128, max: map.length })),
  });
  await checkEach(damage, async (found) => {
    const disk = box.disk(), fetch = nextFetch();
    Deno.writeFileSync(box.at("to/file.rumor-part"), spoilt(part, found.part, found.part_bytes));
    Deno.writeFileSync(box.at("to/file.rumor-map"), spoilt(map, found.map, found.map_bytes));
    const { has: [chunks, hashes] } = await disk.begin(fetch, held.link, box.target("file"));
    for (const [first, count] of chunks) {
      const range = { level: 0, first, count };
      assertEquals(await disk.read(held.link, range), await held.disk.read(held.link, range));
    }
    const is_whole = found.part_bytes >= part.length && found.map_bytes === map.length;
    if (is_whole && found.map.length === 0) {
      const spoilt_chunks = new Set(found.part.map((at) => Math.floor(at / 8_192)));
      assertEquals(chunks.reduce((sum, [, count]) => sum + count, 0), 37 - spoilt_chunks.size);
      assertEquals(hashes, [[0, 1]]);
    }
    await copy(held.disk, disk, fetch, held.link);
    const { path } = await disk.finish(fetch);
    assertSame(Deno.readFileSync(path), bytes);
    Deno.removeSync(path);
  });
});

async function checkEach<T>(
  cases: fc.Arbitrary<T>,
  run: (found: T) => Promise<void>,
): Promise<void> {
  const found: T[] = [];
  check(fc.property(cases, (each) => void found.push(each)), 100, 30);
  for (const each of found) await run(each);
}

function spoilt(bytes: Uint8Array, flips: readonly number[], length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(0, length));
  for (const at of new Set(flips)) if (at < length) copy[at] ^= 1;
  return copy;
}

Deno.test("Disk gives one target to one fetch at a time", async () => {
  using box = new Box();
  const held = await holder(box, noise(100)), other = await holder(box, noise(200), "other");
  const disk = box.disk(), fetch = nextFetch();
  await disk.begin(fetch, held.link, box.target("file"));
  for (
    const [who, link] of [[disk, held.link], [box.disk(), held.link], [disk, other.link]] as const
  ) {
    const again = () => who.begin(nextFetch(), link, box.target("file"));
    await assertRejects(again, Error, "to/file is being fetched already");
  }
  await copy(held.disk, disk, fetch, held.link);
  assertSame(Deno.readFileSync((await disk.finish(fetch)).path), noise(100));
});

Deno.test("Disk does not mix the parts of two files of one name", async () => {
  using box = new Box();
  const held = await holder(box, noise(50_000)), other = await holder(box, noise(60_000), "other");
  const disk = box.disk(), fetch = nextFetch();
  await disk.begin(fetch, held.link, box.target("file"));
  await copy(held.disk, disk, fetch, held.link);
  await disk.stop(fetch);
  const again = () => disk.begin(nextFetch(), other.link, box.target("file"));
  await assertRejects(again, Error, `file.rumor-part is the part of another file, ${held.link}`);
  const { path } = await fetchAll(
    other.disk,
    disk,
    other.link,
    box.target("file", { force: true }),
  );
  assertSame(Deno.readFileSync(path), noise(60_000));
});

Deno.test("Disk leaves nothing behind of a fetch that got nothing", async () => {
  using box = new Box();
  const held = await holder(box, noise(50_000)), disk = box.disk(), fetch = nextFetch();
  await disk.begin(fetch, held.link, box.target("file"));
  assertEquals(box.names("to"), ["file.rumor-map", "file.rumor-part"]);
  await disk.stop(fetch);
  assertEquals(box.names("to"), []);
});

Deno.test("Disk takes what it has itself of a file that it is to fetch", async () => {
  using box = new Box();
  const bytes = noise(400_000), { disk, link } = await holder(box, bytes), fetch = nextFetch();
  const { has } = await disk.begin(fetch, link, box.target("copy"));
  assertEquals(has, [[[0, 49]], [[0, 1]]]);
  assertSame(Deno.readFileSync((await disk.finish(fetch)).path), bytes);
});

Deno.test("Disk takes no room for zeros, and writes zeros over what is there", async () => {
  using box = new Box();
  const zeros = new Uint8Array(1_000_000), held = await holder(box, zeros);
  const { path } = await fetchAll(held.disk, box.disk(), held.link, box.target("zeros"));
  assertSame(Deno.readFileSync(path), zeros);
  assert(Deno.statSync(path).blocks! * 512 < 100_000);
  const disk = box.disk(), fetch = nextFetch();
  await disk.begin(fetch, held.link, box.target("more"));
  Deno.writeFileSync(box.at("to/more.rumor-part"), noise(1_000_000));
  await copy(held.disk, disk, fetch, held.link);
  assertSame(Deno.readFileSync((await disk.finish(fetch)).path), zeros);
});

Deno.test("Disk makes files that may be run where they are to be", async () => {
  using box = new Box();
  const held = await holder(box, noise(10)), before = Deno.umask(0o027);
  try {
    for (const [is_executable, mode] of [[false, 0o640], [true, 0o750]] as const) {
      const target = box.target(`file${mode}`, { is_executable });
      const { path } = await fetchAll(held.disk, box.disk(), held.link, target);
      assertEquals(Deno.statSync(path).mode! & 0o777, mode);
    }
  } finally {
    Deno.umask(before);
  }
});

Deno.test("Disk gives up a chunk of a part that somebody else has changed", async () => {
  using box = new Box();
  const bytes = noise(50_000),
    held = await holder(box, bytes),
    disk = box.disk(),
    fetch = nextFetch();
  await disk.begin(fetch, held.link, box.target("file"));
  await copy(held.disk, disk, fetch, held.link);
  using part = Deno.openSync(box.at("to/file.rumor-part"), { write: true });
  part.writeSync(new Uint8Array(10));
  const range = { level: 0, first: 0, count: 2 };
  await assertRejects(() => disk.read(held.link, range), Error, "not here");
  assertEquals(disk.has(held.link), [[1, 6]]);
  await assertRejects(() => disk.finish(fetch), Error, "not complete");
  const got = await disk.put(fetch, range, await held.disk.read(held.link, range));
  assertEquals(got.good, [[0, 2]]);
  assertSame(Deno.readFileSync((await disk.finish(fetch)).path), bytes);
});

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
  assertEquals(next.has(linkOf(noise(30_000))), null);
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
    const { path, manifest, file } = await fetchAll(
      disk,
      box.disk(),
      link,
      box.target(`file${at}/`),
    );
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

Deno.test("Disk begins nothing for links of no file, and takes no room for sizes that are lies", async () => {
  using box = new Box();
  const root = "a".repeat(64), disk = box.disk();
  for (const link of ["x", `${root}.0`, `${root}.-1`, `${root}.9007199254740992`]) {
    await assertRejects(
      () => disk.begin(nextFetch(), link, box.target("file")),
      Error,
      "of no file",
    );
  }
  for (const size of [2 ** 50, Number.MAX_SAFE_INTEGER]) {
    const link = formatLink({ root, size }), fetch = nextFetch();
    // Some disks take it, as it takes no room; others say at once that they do not.
    const begun = await disk.begin(fetch, link, box.target("file")).catch((error) => `${error}`);
    if (typeof begun === "string") assertMatch(begun, /cannot be made: no file may be so large/);
    else {assertEquals(
        (await disk.put(fetch, { level: 4, first: 0, count: 1 }, noise(10))).wrong,
        true,
      );}
    await disk.stop(fetch);
  }
  assertEquals(box.names("to"), []);
});

Deno.test("Disk stops a fetch that is only beginning", async () => {
  using box = new Box();
  const bytes = noise(4_000_000), held = await holder(box, bytes), disk = held.disk;
  const fetch = nextFetch(), begun = disk.begin(fetch, held.link, box.target("file"));
  await disk.stop(fetch);
  await assertRejects(() => begun, Error, "no longer fetched");
  await assertRejects(() => disk.finish(fetch), Error, "not being fetched");
  const next = nextFetch();
  await disk.begin(next, held.link, box.target("file"));
  assertSame(Deno.readFileSync((await disk.finish(next)).path), bytes);
});
