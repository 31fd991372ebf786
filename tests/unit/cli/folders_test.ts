/** The folders of src/cli import in one direction, and the line editor has one door. */

import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url);
const CLI = new URL("src/cli/", ROOT);

/** The order that ARCHITECTURE.md states; what is at the top of src/cli stands behind it. */
async function statedOrder(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(".github/ARCHITECTURE.md", ROOT));
  const from = text.indexOf("`src/cli` is folders in one order");
  const section = text.slice(from, text.indexOf("\n## ", from));
  const folders = [...section.matchAll(/^\| `([a-z]+)\/` +\| /gm)].map(([, name]) => name);
  return [...folders, "run.ts"];
}

/** Every import between files of src/cli, as two paths. */
async function importsOf(folder: URL): Promise<(readonly [string, string])[]> {
  const found: (readonly [string, string])[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await importsOf(new URL(`${name}/`, folder)));
    if (isDirectory) continue;
    const file = new URL(name, folder);
    const source = await Deno.readTextFile(file);
    for (const [, path] of source.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
      const target = new URL(path, file);
      if (target.href.startsWith(CLI.href)) found.push([pathOf(file), pathOf(target)]);
    }
  }
  return found;
}

function pathOf(file: URL): string {
  return file.href.slice(CLI.href.length);
}

function folderOf(path: string): string {
  return path.split("/")[0];
}

Deno.test("the folders of src/cli import only from those before them", async () => {
  const order = await statedOrder(), imports = await importsOf(CLI);
  assert(imports.length > 100, `${imports.length} imports were found`);
  const named = new Set(imports.flat().map(folderOf));
  assertEquals([...named].sort(), [...order].sort());
  const wrong = imports.filter(([from, to]) =>
    order.indexOf(folderOf(to)) > order.indexOf(folderOf(from))
  );
  assertEquals(wrong, []);
});

Deno.test("no file of src/cli imports itself by way of others", async () => {
  const imports = await importsOf(CLI);
  let left = imports;
  // What imports nothing that is left is in no circle.
  for (let before = -1; before !== left.length;) {
    before = left.length;
    const importing = new Set(left.map(([from]) => from));
    left = left.filter(([, to]) => importing.has(to));
  }
  assertEquals(left, []);
});

Deno.test("the line editor is reached through its door alone", async () => {
  const around = (await importsOf(CLI)).filter(([from, to]) =>
    folderOf(to) === "prompt" && folderOf(from) !== "prompt" && to !== "prompt/mod.ts"
  );
  assertEquals(around, []);
});
