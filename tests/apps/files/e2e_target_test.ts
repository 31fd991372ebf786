/** Where `rumor get` writes, and where it does not, with the rights that the program has. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { endAll, Nodes, WINDOWS } from "../../helpers/network.ts";
import { guest, namesIn, share, withDirectories } from "./guests.ts";

Deno.test("`rumor get` follows no symbolic link, and writes over nothing unasked", async (t) => {
  if (WINDOWS) return;
  await withDirectories(async (here, there) => {
    await using network = new Nodes();
    const [anna, ben] = await network.star(2);
    await Deno.writeTextFile(join(here, "f"), "hello\n");
    const link = await share(anna, here, "f");
    const victim = join(here, "victim");
    await Deno.writeTextFile(victim, "victim");
    /** Gets it as a name, which must not be; gives what is said. */
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await guest(ben, there, "get", link, ...args);
      assertEquals([code, stdout, stderr.length], [1, [], 1]);
      assertEquals(await Deno.readTextFile(victim), "victim");
      return stderr[0];
    };
    for (const [planted, why] of [["part", "is a symbolic link"], ["map", "is a symbolic link"]]) {
      await t.step(`not one that stands where its ${planted} goes`, async () => {
        await Deno.symlink(victim, join(there, `${planted}.rumor-${planted}`));
        assertStringIncludes(await refused("-o", planted), why);
      });
    }
    await t.step("not one that is its target, wherever that leads, nor with --force", async () => {
      await Deno.symlink(victim, join(there, "link"));
      await Deno.symlink("nowhere", join(there, "dangling"));
      for (const name of ["link", "dangling"]) {
        assertStringIncludes(await refused("-o", name, "--force"), `${name} exists`);
      }
    });
    await t.step("not a directory, nor a file without --force", async () => {
      await Deno.mkdir(join(there, "d", "f"), { recursive: true });
      assertStringIncludes(await refused("-o", "d", "--force"), "d/f exists");
      assertStringIncludes(await refused("-o", victim), "victim exists");
    });
    await t.step("into directories that are there, or under another name", async () => {
      assertStringIncludes(await refused("-o", "none/"), "none cannot be written to");
      assertStringIncludes(await refused("-o", "none/f"), "none cannot be written to");
      await Deno.mkdir(join(there, "e"));
      for (const [output, path] of [["e", "e/f"], ["e/", ""], ["e/g", "e/g"], ["a:b.", "a:b."]]) {
        const { code, stdout } = await guest(ben, there, "get", link, "-o", output);
        assertEquals([code, stdout], path === "" ? [1, []] : [0, [join(there, path)]]);
      }
    });
    assertEquals(namesIn(there), [
      "a:b.",
      "d",
      "dangling",
      "e",
      "link",
      "map.rumor-map",
      "part.rumor-part",
    ]);
    await endAll([anna, ben]);
  });
});
