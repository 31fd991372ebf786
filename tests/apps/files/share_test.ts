import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { parseLink } from "../../../src/apps/files/link.ts";
import { formatManifest, readManifest } from "../../../src/apps/files/manifest.ts";
import type { Range } from "../../../src/apps/files/tasks.ts";
import { hashChunks, levelsOf } from "../../../src/apps/files/tree.ts";
import { type Open, openFile } from "../../../src/apps/files/worker/handle.ts";
import { Box, levelOf } from "./disks.ts";
import { linkOf, noise, sha256 } from "./noise.ts";

const NEVER = new AbortController().signal;

for (const data of [null, "data"]) {
  const where = data === null ? "without data" : "with data";

  Deno.test(`Disk shares files of sizes around the ends of chunks, ${where}`, async () => {
    using box = new Box();
    const disk = box.disk({ data });
    for (const size of [0, 1, 8_191, 8_192, 8_193, 2_097_152, 2_097_153]) {
      const bytes = noise(size), path = box.file(`file${size}`, bytes);
      const { link, ...rest } = await box.share(disk, path);
      assertEquals(link, linkOf(bytes));
      assertEquals(rest, {
        name: `file${size}`,
        path,
        changed_ms: Math.floor(Deno.statSync(path).mtime!.getTime()),
        is_directory: false,
        files: 1,
        bytes: size,
      });
      assertEquals(disk.has(link), null);
      let level = bytes;
      for (let above = 0; above < levelsOf(size).length; above++) {
        assertEquals(await levelOf(disk, link, above), level);
        level = hashChunks(level, sha256) as Uint8Array<ArrayBuffer>;
      }
    }
  });

  Deno.test(`Disk shares a file and the file of its hashes, which have one root, ${where}`, async () => {
    using box = new Box();
    const disk = box.disk({ data }), bytes = noise(2_097_153), hashes = hashChunks(bytes, sha256);
    const one = await box.share(disk, box.file("one", bytes));
    const other = await box.share(disk, box.file("other", hashes));
    assertEquals(parseLink(one.link)!.root, parseLink(other.link)!.root);
    assertEquals(await levelOf(disk, one.link, 0), bytes);
    assertEquals(await levelOf(disk, other.link, 0), hashes);
    disk.unshare(one.link);
    assertEquals(disk.has(one.link), []);
    assertEquals(await levelOf(disk, other.link, 0), hashes);
  });

  Deno.test(`Disk shares a directory with all files in it, ${where}`, async () => {
    using box = new Box();
    const disk = box.disk({ data });
    box.file("dir/b/two", noise(20_000));
    box.file("dir/a", noise(10));
    box.file("dir/empty", "");
    box.file("dir/like a", noise(10));
    Deno.chmodSync(box.at("dir/a"), 0o755);
    box.dir("dir/nothing/in");
    const shared = await box.share(disk, box.at("dir/"));
    const manifest = [
      { path: "a", link: linkOf(noise(10)), is_executable: true },
      { path: "b/two", link: linkOf(noise(20_000)), is_executable: false },
      { path: "empty", link: linkOf(noise(0)), is_executable: false },
      { path: "like a", link: linkOf(noise(10)), is_executable: false },
      { path: "nothing/in/", link: "", is_executable: false },
    ];
    const text = formatManifest(manifest);
    const { changed_ms: _, ...rest } = shared;
    assertEquals(rest, {
      link: linkOf(text),
      name: "dir",
      path: box.at("dir"),
      is_directory: true,
      files: 4,
      bytes: 20_020,
    });
    assertEquals(await levelOf(disk, shared.link, 0), text);
    assertEquals(readManifest(text), manifest);
    assertEquals(await levelOf(disk, linkOf(noise(20_000)), 0), noise(20_000));
    // One of two equal files goes: the other is served.
    Deno.removeSync(box.at("dir/a"));
    assertEquals(await levelOf(disk, linkOf(noise(10)), 0), noise(10));
    assertEquals(box.changed.map(({ changed }) => changed), [linkOf(noise(10))]);
    assertMatch(box.changed[0].why, /dir\/a is gone, and is not served any more; share it again$/);
    disk.unshare(shared.link);
    for (const { link } of [shared, ...manifest]) assertEquals(disk.has(link), []);
  });
}

Deno.test("Disk says what it leaves out of a directory, and follows no symbolic link", async () => {
  using box = new Box();
  const disk = box.disk();
  box.file("secret/key", "secret");
  box.file("dir/a", "a");
  box.file("dir/b.rumor-part", "b");
  Deno.symlinkSync(box.at("secret"), box.at("dir/link"));
  Deno.symlinkSync(box.at("secret/key"), box.at("dir/key"));
  await new Deno.Command("mkfifo", { args: [box.at("dir/pipe")] }).output();
  const shared = await box.share(disk, box.at("dir"));
  assertEquals([shared.files, shared.bytes], [1, 1]);
  assertEquals(box.left_out.toSorted(), [
    `${box.at("dir/b.rumor-part")} is left out: it is not complete yet`,
    `${box.at("dir/key")} is left out: it is a symbolic link`,
    `${box.at("dir/link")} is left out: it is a symbolic link`,
    `${box.at("dir/pipe")} is left out: it is no regular file`,
  ]);
});

Deno.test("Disk tells of a few of many that it leaves out", async () => {
  using box = new Box();
  for (let number = 0; number < 30; number++) box.file(`dir/${number}.rumor-part`, "");
  await box.share(box.disk(), box.at("dir"));
  assertEquals([box.left_out.length, box.left_out.at(-1)], [21, "10 more are left out"]);
});

Deno.test("Disk shares what a symbolic link leads to that the user names, under the name of the link", async () => {
  using box = new Box();
  const disk = box.disk(), path = box.file("v1.txt", "one");
  Deno.symlinkSync(path, box.at("newest.txt"));
  const shared = await box.share(disk, box.at("newest.txt"));
  assertEquals([shared.name, shared.path], ["newest.txt", path]);
});

Deno.test("Disk refuses at once what cannot be shared, and says why", async () => {
  using box = new Box();
  const disk = box.disk();
  const refused = async (path: string, why: RegExp) => {
    const { message } = await assertRejects(() => box.share(disk, path), Error);
    assertMatch(message, why);
    assert(!message.includes("\n"));
  };
  await new Deno.Command("mkfifo", { args: [box.at("pipe")] }).output();
  await refused(box.at("pipe"), /pipe cannot be shared: it is neither a file nor a directory$/);
  await refused("/dev/zero", /zero cannot be shared: it is neither/);
  await refused(box.at("none"), /none cannot be shared: it is not there$/);
  await refused(box.file("a:b", ""), /a:b cannot be shared: its name has : in it.*rename it/);
  await refused(box.file("con.txt", ""), /its name is that of a device on Windows/);
  box.file("cases/Readme", "1"), box.file("cases/README", "2");
  await refused(box.at("cases"), /cases\/Readme cannot be shared: its name is one with README/);
  box.file("deep/x/a\nb", "");
  await refused(box.at("deep"), /its name has a part that has the control character U\+000A/);
});

Deno.test("Disk shares the name of a Mac in its usual form", async () => {
  using box = new Box();
  const disk = box.disk();
  assertEquals((await box.share(disk, box.file("cafe\u0301", "x"))).name, "caf\u00e9");
  box.file("dir/cafe\u0301", "y");
  const { link } = await box.share(disk, box.at("dir"));
  const text = await disk.read(link, { level: 0, first: 0, count: 1 });
  assert(new TextDecoder().decode(text).includes('"caf\u00e9"'));
  assertEquals(disk.has(linkOf(new TextEncoder().encode("y"))), null);
});

/** What may happen to a served file, and what is said of it. */
const CHANGES: readonly (readonly [what: string, change: (path: string) => void, why: RegExp])[] = [
  ["shrinks", (path) => Deno.truncateSync(path, 8_192), /has changed since it was shared/],
  ["grows", (path) => Deno.writeFileSync(path, noise(1), { append: true }), /has changed/],
  ["goes", (path) => Deno.removeSync(path), /is gone/],
  ["is touched", (path) => Deno.utimeSync(path, 1, 1), /has changed/],
  ["becomes a directory", (path) => (Deno.removeSync(path), Deno.mkdirSync(path)), /has changed/],
  [
    "becomes a symbolic link",
    (path) => (Deno.renameSync(path, `${path}2`), Deno.symlinkSync(`${path}2`, path)),
    /has changed/,
  ],
  ["becomes a pipe", (path) => {
    Deno.removeSync(path);
    new Deno.Command("mkfifo", { args: [path] }).outputSync();
  }, /has changed/],
  ["changes within its time", (path) => {
    const { mtime } = Deno.statSync(path), bytes = Deno.readFileSync(path);
    bytes[9_000] ^= 1;
    Deno.writeFileSync(path, bytes);
    Deno.utimeSync(path, mtime!, mtime!);
  }, /has changed/],
];

for (const [what, change, why] of CHANGES) {
  Deno.test(`Disk serves a file no more that ${what}, and says so once`, async () => {
    using box = new Box();
    const disk = box.disk(), path = box.file("file", noise(20_000));
    const { link } = await box.share(disk, path), range = { level: 0, first: 0, count: 3 };
    assertEquals((await disk.read(link, range)).length, 20_000);
    change(path);
    for (let time = 0; time < 2; time++) {
      await assertRejects(() => disk.read(link, range), Error, "not here");
      await assertRejects(
        () => disk.read(link, { ...range, level: 1, count: 1 }),
        Error,
        "not here",
      );
      assertEquals(disk.has(link), []);
    }
    assertEquals(box.changed.length, 1);
    assertEquals(box.changed[0].changed, link);
    assertMatch(box.changed[0].why, why);
  });
}

Deno.test("Disk sees without reading that a file has gone", async () => {
  using box = new Box();
  const disk = box.disk(),
    path = box.file("file", noise(10)),
    { link } = await box.share(disk, path);
  Deno.removeSync(path);
  assertEquals(disk.has(link), []);
  assertEquals(box.changed.length, 1);
});

Deno.test("Disk reads no chunks that there are not", async () => {
  using box = new Box();
  const disk = box.disk(), { link } = await box.share(disk, box.file("file", noise(20_000)));
  const bad: readonly Range[] = [
    { level: 0, first: 0, count: 4 },
    { level: 0, first: 3, count: 1 },
    { level: 0, first: -1, count: 1 },
    { level: 0, first: 0, count: 0 },
    { level: 2, first: 0, count: 1 },
    { level: 1, first: 1, count: 1 },
  ];
  for (const range of bad) await assertRejects(() => disk.read(link, range), Error, "not here");
  await assertRejects(() => disk.read("x", { level: 0, first: 0, count: 1 }), Error, "not here");
  assertEquals(box.changed, []);
  assertEquals(disk.has(link), null);
});

Deno.test("Disk stops sharing when it is told to, and keeps nothing of it", async () => {
  using box = new Box();
  const disk = box.disk({ data: "data" }), control = new AbortController();
  const path = box.file("large", new Uint8Array(4_000_000));
  const shared = disk.share(path, control.signal, () => {});
  control.abort(new Error("enough"));
  await assertRejects(() => shared, Error, "enough");
  assertEquals(box.names("data/files"), []);
});

Deno.test("Disk shares nothing that changes while it is hashed, or is longer than it says", async () => {
  using box = new Box();
  const path = box.file("file", noise(100_000)), why = "changes while it is read";
  const changes: readonly (() => void)[] = [
    () => Deno.writeFileSync(path, noise(1), { append: true }),
    () => Deno.utimeSync(path, 1, 1),
    () => Deno.truncateSync(path, 90_000),
  ];
  for (const change of changes) {
    const open: Open = (at, way) => {
      const file = openFile(at, way), read = file.read.bind(file);
      return Object.assign(file, {
        read: async (into: Uint8Array, from: number) => {
          const count = await read(into, from);
          change();
          return count;
        },
      });
    };
    await assertRejects(() => box.share(box.disk({ open }), path), Error, why);
  }
  if (Deno.build.os === "linux") {
    await assertRejects(() => box.share(box.disk(), "/proc/version"), Error, why);
  }
});

Deno.test("Disk says how far it is with hashing", async () => {
  using box = new Box();
  const told: unknown[] = [], path = box.file("large", new Uint8Array(3_000_000));
  await box.disk().share(path, NEVER, (news) => told.push(news));
  assertEquals(told[0], { hashed_bytes: 1_048_576, size: 3_000_000 });
});
