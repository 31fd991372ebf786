/** What a node alone acknowledged is on its disk only. */

import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { LINUX } from "../helpers/arena.ts";
import { Nodes } from "../helpers/network.ts";
import { runRumor } from "../helpers/process.ts";
import { LONG } from "../helpers/long.ts";

const LINES = Array.from({ length: 40 }, (_, at) => `line ${at} ${"x".repeat(2_000)}`);

Deno.test({
  name: "a node alone gives out all that it acknowledged when the page above its entries is lost",
  ignore: !LINUX || !LONG,
  fn: async () => {
    const place = Deno.makeTempDirSync();
    try {
      await using network = new Nodes();
      const data = ["--data", `${place}/data`, "--keep-open"];
      const before = network.start(data);
      for (const line of LINES) {
        const pub = await runRumor(["pub", "--join", await before.address(), line]);
        assertEquals([pub.code, pub.stderr], [0, []]);
      }
      before.signal("SIGTERM");
      await before.result();
      damageRoot(`${place}/data/rumor.db`);
      const after = network.start(data);
      const join = ["--join", await after.address()];
      const sub = await runRumor(["sub", ...join, "-C", String(LINES.length), "-W", "20"]);
      assertEquals([sub.code, sub.stdout], [0, LINES]);
    } finally {
      Deno.removeSync(place, { recursive: true });
    }
  },
});

/** Flips a bit of the page through which SQLite reaches every entry. */
function damageRoot(path: string): void {
  const db = new DatabaseSync(path, { readOnly: true });
  const { rootpage } = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'entries'")
    .get()!;
  db.close();
  const bytes = Deno.readFileSync(path);
  const at = (Number(rootpage) - 1) * 4_096;
  // It has other pages below it, not rows.
  assertEquals(bytes[at], 0x05);
  bytes[at] ^= 0x40;
  Deno.writeFileSync(path, bytes);
}
