import { assertEquals, assertRejects } from "@std/assert";
import type { Target } from "../../../src/apps/files/tasks.ts";
import type { Handle, Open } from "../../../src/apps/files/worker/handle.ts";
import { openFile } from "../../../src/apps/files/worker/handle.ts";
import { Box, copy, fetchAll, nextFetch } from "./disks.ts";
import { assertSame, linkOf, noise } from "./noise.ts";

const BYTES = noise(50_000), LINK = linkOf(BYTES);

/** Begins a fetch that must not begin, because of what `why` says. */
async function refused(box: Box, target: Target, why: string): Promise<void> {
  await assertRejects(() => box.disk().begin(nextFetch(), LINK, target), Error, why);
}

Deno.test("Disk takes no name from others that is not safe, and no path out of the directory", async () => {
  using box = new Box();
  const bad = [
    "",
    ".",
    "..",
    "../x",
    "a/../../x",
    "/etc/x",
    "a//b",
    "C:x",
    "a\\b",
    "CON",
    "x.",
    "a\nb",
  ];
  for (const name of [...bad, "a\0b", "\u202ex", "x".repeat(300), "x.rumor-part", "../", "/"]) {
    await refused(box, box.target(name), "is no name for a file here, as it");
  }
  assertEquals(box.names("to"), []);
});

Deno.test("Disk takes odd names of the user, but none that leads elsewhere", async () => {
  using box = new Box();
  const from = box.disk(), { link } = await box.share(from, box.file("held/file", BYTES));
  for (const name of ["a:b", "x.", "CON", "a\\b", "x".repeat(255)]) {
    const { path } = await fetchAll(from, box.disk(), link, box.target(name, { is_chosen: true }));
    assertSame(Deno.readFileSync(path), BYTES);
  }
  for (const name of ["", "..", "a/../b", "a\0b"]) {
    await refused(box, box.target(name, { is_chosen: true }), "is no name for a file here");
  }
});

Deno.test("Disk writes over no file unasked, and over nothing but files", async () => {
  using box = new Box();
  const victim = box.file("victim", "victim"), target = box.target("file");
  box.file("to/file", "old");
  box.dir("to/dir");
  Deno.symlinkSync(victim, box.at("to/link"));
  Deno.symlinkSync(box.at("nowhere"), box.at("to/dangling"));
  await refused(box, target, "to/file exists; write over it with --force");
  for (const name of ["dir", "link", "dangling"]) {
    const why = `to/${name} exists and is no file that could be written over`;
    await refused(box, box.target(name, { force: true }), why);
  }
  const from = box.disk(), { link } = await box.share(from, box.file("held/file", BYTES));
  const { path } = await fetchAll(from, box.disk(), link, { ...target, force: true });
  assertSame(Deno.readFileSync(path), BYTES);
  assertEquals(Deno.readTextFileSync(victim), "victim");
});

Deno.test("Disk writes over no file that came while it fetched", async () => {
  using box = new Box();
  const from = box.disk(), { link } = await box.share(from, box.file("held/file", BYTES));
  const disk = box.disk(), fetch = nextFetch();
  await disk.begin(fetch, link, box.target("file"));
  await copy(from, disk, fetch, link);
  box.file("to/file", "new");
  await assertRejects(() => disk.finish(fetch), Error, "to/file exists");
  assertEquals(Deno.readTextFileSync(box.at("to/file")), "new");
  // It is still there, and gets its name when there is room.
  Deno.removeSync(box.at("to/file"));
  assertSame(Deno.readFileSync((await disk.finish(fetch)).path), BYTES);
});

Deno.test("Disk follows no symbolic link to a part, a map or a directory, and writes to no other name of a file", async () => {
  using box = new Box();
  const victim = box.file("victim/file", "victim"), target = box.target("file");
  const plant = (name: string) => Deno.symlinkSync(victim, box.at(`to/${name}`));
  plant("file.rumor-part");
  await refused(box, target, "file.rumor-part cannot be written: it is a symbolic link");
  Deno.removeSync(box.at("to/file.rumor-part"));
  plant("file.rumor-map");
  await refused(box, target, "file.rumor-map cannot be written: it is a symbolic link");
  Deno.removeSync(box.at("to/file.rumor-map"));
  Deno.linkSync(victim, box.at("to/file.rumor-part"));
  await refused(box, target, "file.rumor-part cannot be written: it has another name, too");
  Deno.symlinkSync(box.at("victim"), box.at("to/sub"));
  const why = "to/sub is a symbolic link, which is not followed";
  await refused(box, box.target("sub/file2"), why);
  await refused(box, box.target("sub/"), "to/sub exists");
  box.file("to/plain", "a file");
  await refused(box, box.target("plain/file"), "to/plain is there, and is no directory");
  await new Deno.Command("mkfifo", { args: [box.at("to/pipe.rumor-part")] }).output();
  await refused(
    box,
    box.target("pipe"),
    "pipe.rumor-part cannot be written: it is no regular file",
  );
  assertEquals([box.names("victim"), Deno.readTextFileSync(victim)], [["file"], "victim"]);
});

Deno.test("Disk does not give a file its name through a link that was planted meanwhile", async () => {
  using box = new Box();
  const from = box.disk(), { link } = await box.share(from, box.file("held/file", BYTES));
  const disk = box.disk(), fetch = nextFetch();
  await disk.begin(fetch, link, box.target("sub/file"));
  await copy(from, disk, fetch, link);
  box.dir("elsewhere");
  Deno.renameSync(box.at("to/sub"), box.at("moved"));
  Deno.symlinkSync(box.at("elsewhere"), box.at("to/sub"));
  await assertRejects(() => disk.finish(fetch), Error, "to/sub is a symbolic link");
  assertEquals(box.names("elsewhere"), []);
});

Deno.test("Disk leaves a map alone that is none", async () => {
  using box = new Box();
  for (const content of ["somebody's own", "rumor map 2 x\n".padEnd(200), "\n".repeat(300)]) {
    box.file("to/file.rumor-map", content);
    await refused(box, box.target("file"), "file.rumor-map is not of this program");
    assertEquals(Deno.readTextFileSync(box.at("to/file.rumor-map")), content);
  }
  // One that ended at once has left nothing in it.
  box.file("to/file.rumor-map", "");
  const from = box.disk(), { link } = await box.share(from, box.file("held/file", BYTES));
  const { path } = await fetchAll(from, box.disk(), link, box.target("file"));
  assertSame(Deno.readFileSync(path), BYTES);
});

Deno.test("Disk says where a file cannot go", async () => {
  using box = new Box();
  await refused(
    box,
    { ...box.target("file"), directory: box.at("none") },
    "none cannot be written to: it is not there",
  );
  await refused(
    box,
    { ...box.target("file"), directory: box.file("plain", "") },
    "plain is no directory",
  );
});

/** Opens files of a disk that is full as soon as `full` says so. */
function fullDisk(full: { is: boolean }, which: RegExp): Open {
  return (path, way) => {
    const file = openFile(path, way);
    if (!which.test(path)) return file;
    const writeAt: Handle["writeAt"] = (bytes, at) => {
      if (!full.is) return file.writeAt(bytes, at);
      // As the system does it: some of it may be written.
      file.writeAt(bytes.subarray(0, bytes.length / 2), at);
      throw new Error("No space left on device (os error 28)");
    };
    return new Proxy(file, {
      get: (_, name) => {
        if (name === "writeAt") return writeAt;
        const value = Reflect.get(file, name);
        return typeof value === "function" ? value.bind(file) : value;
      },
    });
  };
}

/** What cannot be written, and how many chunks were found there later: those of half the map may be. */
const FULL: readonly (readonly [which: RegExp, chunks: number])[] = [
  [/rumor-part$/, 64],
  [/rumor-map$/, 80],
];

for (const [which, chunks] of FULL) {
  Deno.test(`Disk says that it is full, loses nothing, and goes on later, at ${which}`, async () => {
    using box = new Box();
    const from = box.disk(), bytes = noise(2_500_000);
    const { link } = await box.share(from, box.file("held/file", bytes));
    const full = { is: false },
      disk = box.disk({ open: fullDisk(full, which) }),
      fetch = nextFetch();
    await disk.begin(fetch, link, box.target("file"));
    await copy(from, disk, fetch, link, (level, first) => level > 0 || first < 64);
    full.is = true;
    const range = { level: 0, first: 64, count: 32 }, more = await from.read(link, range);
    for (let time = 0; time < 2; time++) {
      assertEquals(await disk.put(fetch, range, more), {
        good: [],
        wrong: false,
        why: null,
        stuck: "the disk is full",
      });
    }
    assertEquals(disk.has(link), [[0, 64]]);
    await disk.stop(fetch);
    full.is = false;
    const next = nextFetch(), { has } = await disk.begin(next, link, box.target("file"));
    assertEquals(has, [[[0, chunks]], [[0, 2]], [[0, 1]]]);
    assertEquals((await disk.put(next, range, more)).good, [[64, 32]]);
    await copy(from, disk, next, link, (level, first) => level === 0 && first > 64);
    assertSame(Deno.readFileSync((await disk.finish(next)).path), bytes);
  });
}

Deno.test("Disk says that the disk of its data is full when it shares", async () => {
  using box = new Box();
  const disk = box.disk({ data: "data", open: fullDisk({ is: true }, /tree-new$/) });
  const shared = () => box.share(disk, box.file("file", BYTES));
  await assertRejects(shared, Error, "cannot be written: the disk is full");
  assertEquals(box.names("data/files"), []);
});
