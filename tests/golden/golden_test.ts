import { assertEquals } from "@std/assert";
import { rewriteScript } from "../helpers/golden.ts";

const folder = new URL("./", import.meta.url);
const update = Deno.env.get("UPDATE_GOLDEN") === "1";

for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => (a.name < b.name ? -1 : 1))) {
  if (!name.endsWith(".txt")) continue;
  Deno.test(`golden/${name} happens as it is written`, () => {
    const file = new URL(name, folder);
    const script = Deno.readTextFileSync(file).replaceAll("\r\n", "\n");
    const rewritten = rewriteScript(script);
    if (update) Deno.writeTextFileSync(file, rewritten);
    else assertEquals(rewritten, script, `UPDATE_GOLDEN=1 writes golden/${name} anew`);
  });
}
