import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { check } from "../../helpers/check.ts";
import { Box, copy, holder, nextFetch } from "./disks.ts";
import { assertSame, noise } from "./noise.ts";

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
  check(fc.property(cases, (each) => void found.push(each)), 100, 15);
  for (const each of found) await run(each);
}

function spoilt(bytes: Uint8Array, flips: readonly number[], length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(0, length));
  for (const at of new Set(flips)) if (at < length) copy[at] ^= 1;
  return copy;
}
