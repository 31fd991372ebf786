import { assertEquals } from "@std/assert";
import { namedLine, readRows } from "../../../src/apps/names/commands/rows.ts";
import { ORIGINS } from "../../helpers/history.ts";

const [OWNER] = ORIGINS;
const NAMED = { name: "a b", link: "x\u202e", owner: OWNER, owner_name: "ann", index: 3 };
const ROW = ["a b", "x\u202e", OWNER, "ann", "3"];

Deno.test("`readRows()` reads what a node answers, and no nonsense", () => {
  assertEquals(readRows([]), []);
  assertEquals(readRows([ROW]), [NAMED]);
  // Nobody has it any more, since another branch became the best.
  assertEquals(readRows([["gone"], ROW]), [NAMED]);
  for (const at of [0, 1, 2, 4]) {
    for (const bad of ["", " ", "\x1b[2J", "x\n"]) {
      assertEquals(readRows([ROW.with(at, bad)]), null, `${at}: ${JSON.stringify(bad)}`);
    }
  }
  for (const bad of [ROW.with(4, "-1"), ROW.with(4, "1e3"), ROW.slice(0, 4), ROW.slice(0, 2), []]) {
    assertEquals(readRows([bad]), null, bad.join());
  }
});

Deno.test("`namedLine()` is three words, or an object, and safe on a terminal", () => {
  const pipe = { json: false, shown: false }, terminal = { json: false, shown: true };
  assertEquals(namedLine(NAMED, pipe), `a\\x20b x\u202e ${OWNER}\n`);
  assertEquals(namedLine(NAMED, terminal), `a\\x20b x\\u202e ${OWNER}\n`);
  assertEquals(namedLine({ ...NAMED, name: "a\\x20b" }, pipe), `a\\x5cx20b x\u202e ${OWNER}\n`);
  for (const shown of [true, false]) {
    const line = namedLine(NAMED, { json: true, shown });
    assertEquals([JSON.parse(line), line.includes("\u202e")], [NAMED, !shown]);
  }
});
