/** `rumor get` of what has unusual content, and several at once, through real nodes. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { endAll, Nodes } from "../../helpers/network.ts";
import { FakeHolder, treeOf } from "./fake_holder.ts";
import { bytesOf, guest, namesIn, startGuest, withDirectories } from "./guests.ts";
import { OwnGuest } from "./own_guest.ts";

/**
 * Roots of zeros, computed by
 *     python3 -c 'import hashlib as h,sys
 *     def root(b):
 *       while 1:
 *         b=b"".join(h.sha256(b[i:i+8192]).digest() for i in range(0,len(b),8192))
 *         if len(b)<=8192: return h.sha256(b).hexdigest()
 *     for n in map(int,sys.argv[1:]): print(n,root(bytes(n)))' 0 1 8191 8192 ...
 */
const ZEROS: Readonly<Record<number, string>> = {
  0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  1: "1406e05881e299367766d313e26c05564ec91bf721d31726bd6e46e60689539a",
  8_191: "8ba146b4c9989a31386dd818bcf9b0cfeb0ee159bbf5cb61f1d9f1dea40cfaf1",
  8_192: "49c4818b147974a0cbf2333da06c0023911f55553727b91bd837d4049f884e19",
  8_193: "c8cd2b4684c1fd34a13c5fcf9246e0dc7c4c1ba2158bd81eea30a0b5b6078bbc",
  2_097_152: "44a96d1f6187618f5704553bf495c26d1f98bf1e290b559ffdb9f0f43f36135e",
  2_097_153: "74523706d15b55c18d8da97e23951e903fb7451d5ea19b0aa55fc68b7d6c9734",
  4_194_304: "d2666957f05a0291d41637357bfa55769a23c0fc07e2ca965113b6c8df4a7c9b",
};

Deno.test("`rumor get` brings files of only zeros, a file and its list at once, and says what is there", async (t) => {
  await withDirectories(async (here, there) => {
    await using network = new Nodes();
    const [anna, ben] = await network.star(2);
    await using from = await OwnGuest.join(anna);
    await using to = await OwnGuest.join(ben);
    const same = async (name: string, bytes: Uint8Array) =>
      assertEquals(await Deno.readFile(join(there, name)), bytes);

    await t.step("zeros of every size", async () => {
      for (const [size, root] of Object.entries(ZEROS)) {
        const name = `zeros${size}`, bytes = new Uint8Array(Number(size));
        await Deno.writeFile(join(here, name), bytes);
        const link = await from.share(join(here, name));
        assertEquals(link, `${root}.${size}`);
        assertEquals(await to.get(link, there, { into: true }), { why: null, late: false });
        await same(name, bytes);
      }
    });
    await t.step("a file and the list of its hashes, which have one root", async () => {
      const file = bytesOf(2_200_000), [, list] = treeOf(file).levels;
      const links: string[] = [];
      for (const [name, bytes] of [["file", file], ["list", list]] as const) {
        await Deno.writeFile(join(here, name), bytes);
        links.push(await from.share(join(here, name)));
      }
      assertEquals(links[0].split(".")[0], links[1].split(".")[0]);
      const got = links.map((link) => to.get(link, there, { into: true }));
      assertEquals((await Promise.all(got)).map(({ why }) => why), [null, null]);
      await same("file", file);
      await same("list", list);
    });
    await t.step("to stdout, without taking it from where it is shared", async () => {
      const link = `${ZEROS[8_193]}.8193`, before = await from.ask("files");
      const { code, stdout, stderr } = await guest(anna, here, "get", link, "-o", "-");
      assertEquals([code, stdout.join("").length, stderr], [0, 8_193, []]);
      assertEquals(await from.ask("files"), before);
      const dir = await from.share(here);
      const { code: bad, stderr: why } = await guest(ben, there, "get", dir, "-o", "-");
      assertEquals([bad, why.length], [1, 1]);
      assertStringIncludes(why[0], "that is a directory, which does not go to stdout");
    });
    assertEquals(namesIn(there).filter((name) => name.includes(".rumor-")), []);
    await endAll([anna, ben]);
  });
});

Deno.test("gets that meet at one node and one holder leave each other alone", async () => {
  await withDirectories(async (_, there) => {
    await using network = new Nodes();
    const [ben] = await network.star(1);
    await using holder = await FakeHolder.join(ben, "holder");
    await using to = await OwnGuest.join(ben);
    const [slow, quick] = [bytesOf(500_000), bytesOf(20_000, 2)];
    // It gets the end of the first when the others are over.
    const link = holder.offer(slow, { name: "slow", has: [[0, 24]] });
    const second = holder.offer(quick, { name: "q" });
    const first = to.begin(link, join(there, "slow"), { patience_ms: 20_000 });
    while ((await to.transfer(first.key)).bytes_here === 0);
    assertEquals(await to.get(second, join(there, "q")), { why: null, late: false });
    const { why } = await to.get(link, join(there, "slow"), { patience_ms: 20_000 });
    assertStringIncludes(why!, "slow is being fetched already");
    await holder.getsAll(link);
    assertEquals(await first.outcome, { why: null, late: false });
    assertEquals(await Deno.readFile(join(there, "slow")), slow);
    assertEquals(await Deno.readFile(join(there, "q")), quick);
    await endAll([ben]);
  });
});

Deno.test("Ctrl-C ends a get and keeps its part, and the same command goes on", async () => {
  await withDirectories(async (_, there) => {
    await using network = new Nodes();
    const [ben] = await network.star(1);
    await using holder = await FakeHolder.join(ben, "holder");
    await using to = await OwnGuest.join(ben);
    const bytes = bytesOf(400_000), link = holder.offer(bytes, { name: "f", has: [[0, 24]] });
    const get = await startGuest(ben, there, "get", link);
    while (Number((await to.ask("files"))[0]?.[3] ?? 0) < 24 * 8_192);
    get.signal("SIGINT");
    const { code, stdout, stderr } = await get.result();
    assertEquals([code, stdout, stderr], [130, [], []]);
    while ((await to.ask("files")).length > 0);
    assertEquals(namesIn(there), ["f.rumor-map", "f.rumor-part"]);
    holder.offer(bytes, { name: "f" });
    holder.asked.length = 0;
    assertEquals((await guest(ben, there, "get", link)).code, 0);
    assertEquals(await Deno.readFile(join(there, "f")), bytes);
    assert(holder.asked.every(({ level, first }) => level === 0 && first >= 24));
    await endAll([ben]);
  });
});
