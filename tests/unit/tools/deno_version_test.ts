import { assert, assertEquals, assertMatch } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url);

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

Deno.test("tools/deno-version is one version on one line", () => {
  assertMatch(read("tools/deno-version"), /^\d+\.\d+\.\d+\r?\n$/);
});

Deno.test("README.md names the pinned Deno wherever it names one", () => {
  let readme: string;
  try {
    readme = read("README.md");
  } catch (error) {
    assert(error instanceof Deno.errors.NotFound);
    return;
  }
  const pinned = read("tools/deno-version").trim();
  for (const [, version] of readme.matchAll(/\bdeno@([\w.^~-]+)/g)) assertEquals(version, pinned);
});
