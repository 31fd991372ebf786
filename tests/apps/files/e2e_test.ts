/** `rumor share`, `get`, `files` and `unshare` through real nodes. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { endAll, Nodes } from "../../helpers/network.ts";
import { bytesOf, guest, share, withDirectories } from "./guests.ts";

Deno.test("`rumor share` and `rumor get` bring files of every size over", async (t) => {
  await withDirectories(async (here, there) => {
    await using network = new Nodes();
    const [anna, ben] = await network.star(2);
    // Of b"x" * n:
    // python3 -c 'import hashlib as h,sys
    // def root(b,c=8192):
    //   while 1:
    //     b=b"".join(h.sha256(b[i:i+c]).digest() for i in range(0,len(b),c))
    //     if len(b)<=c: return h.sha256(b).hexdigest()'
    for (const size of [0, 1, 8_191, 8_192, 8_193, 2_097_152, 2_097_153]) {
      await t.step(`of ${size} bytes`, async () => {
        const name = `file${size}`, bytes = bytesOf(size);
        await Deno.writeFile(join(here, name), bytes);
        const link = await share(anna, here, name);
        assertMatch(link, new RegExp(`^[0-9a-f]{64}\\.${size}$`));
        const { code, stdout, stderr } = await guest(ben, there, "get", link);
        assertEquals([code, stdout, stderr], [0, [join(there, name)], []]);
        assertEquals(await Deno.readFile(join(there, name)), bytes);
        assertEquals([...Deno.readDirSync(there)].filter((one) => one.name.includes("part")), []);
      });
    }
    await endAll([anna, ben]);
  });
});

Deno.test("`rumor get` finds a file by its name, and never writes over another unasked", async () => {
  await withDirectories(async (here, there) => {
    await using network = new Nodes();
    const [anna, ben] = await network.star(2);
    await Deno.writeTextFile(join(here, "a.txt"), "hello\n");
    await share(anna, here, "a.txt");
    const got = await guest(ben, there, "get", "a.txt");
    assertEquals([got.code, got.stderr], [0, []]);
    await Deno.writeTextFile(join(there, "a.txt"), "mine\n");
    const again = await guest(ben, there, "get", "a.txt");
    assertEquals([again.code, again.stdout], [1, []]);
    assertStringIncludes(again.stderr.join(), "a.txt");
    assertEquals(await Deno.readTextFile(join(there, "a.txt")), "mine\n");
    const forced = await guest(ben, there, "get", "a.txt", "--force");
    assertEquals([forced.code, forced.stderr], [0, []]);
    assertEquals(await Deno.readTextFile(join(there, "a.txt")), "hello\n");
    const out = await guest(ben, there, "get", "a.txt", "-o", "-");
    assertEquals([out.code, out.stdout, out.stderr], [0, ["hello"], []]);
    const none = await guest(ben, there, "get", "b.txt", "--timeout", "1");
    assertEquals([none.code, none.stdout, none.stderr.length], [69, [], 1]);
    await endAll([anna, ben]);
  });
});

Deno.test("`rumor share` shares a directory, and `rumor get` brings it as it was", async () => {
  await withDirectories(async (here, there) => {
    await using network = new Nodes();
    const [anna, ben] = await network.star(2);
    await Deno.mkdir(join(here, "tree", "deep"), { recursive: true });
    await Deno.writeTextFile(join(here, "tree", "a"), "a");
    await Deno.writeTextFile(join(here, "tree", "deep", "b"), "b".repeat(10_000));
    await Deno.writeTextFile(join(here, "tree", "empty"), "");
    const link = await share(anna, here, "tree");
    const { code, stdout, stderr } = await guest(ben, there, "get", link);
    assertEquals([code, stdout, stderr], [0, [join(there, "tree")], []]);
    assertEquals(await Deno.readTextFile(join(there, "tree", "a")), "a");
    assertEquals(await Deno.readTextFile(join(there, "tree", "deep", "b")), "b".repeat(10_000));
    assertEquals(await Deno.readTextFile(join(there, "tree", "empty")), "");
    assertEquals([...Deno.readDirSync(there)].map(({ name }) => name), ["tree"]);
    await endAll([anna, ben]);
  });
});

Deno.test("`rumor unshare` ends it, and who fetched it goes on serving it", async () => {
  await withDirectories(async (here, there) => {
    await using network = new Nodes();
    const [anna, ben, carl] = await network.star(3);
    await Deno.writeTextFile(join(here, "a.txt"), "hello\n");
    const link = await share(anna, here, "a.txt");
    const got = await guest(ben, there, "get", link);
    assertEquals([got.code, got.stderr], [0, []]);
    const { code, stdout, stderr } = await guest(anna, here, "unshare", "a.txt");
    assertEquals([code, stdout, stderr], [0, [], []]);
    assertEquals((await guest(anna, here, "files")).stdout, []);
    assertEquals((await guest(anna, here, "unshare", "a.txt")).code, 1);
    const again = await guest(carl, here, "get", link, "-o", "copy");
    assertEquals([again.code, again.stderr], [0, []]);
    assertEquals(await Deno.readTextFile(join(here, "copy")), "hello\n");
    await endAll([anna, ben, carl]);
  });
});

Deno.test("`rumor get` brings nothing of a file that changed, and says so at its node", async () => {
  await withDirectories(async (here, there) => {
    await using network = new Nodes();
    const [anna, ben] = await network.star(2);
    await Deno.writeFile(join(here, "f"), bytesOf(100_000));
    const link = await share(anna, here, "f");
    const other = bytesOf(100_000);
    other[50_000] ^= 1;
    await Deno.writeFile(join(here, "f"), other);
    const { code, stdout } = await guest(ben, there, "get", link, "--timeout", "2");
    assert(code === 75 || code === 69, `it ended with ${code}`);
    assertEquals(stdout, []);
    await anna.waitForStderr((line) => line.includes("f is no longer shared"));
    await endAll([anna, ben]);
  });
});
