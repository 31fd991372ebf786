import { assertEquals } from "@std/assert";
import { objectsText, tableText, timeText } from "../../../../src/cli/output/table.ts";

Deno.test("`tableText()` aligns for a terminal, and for nobody else", () => {
  const rows = [["anna", "1s"], ["", "12s"], ["benedict", ""]];
  assertEquals(tableText(rows, true), "anna     1s\n-        12s\nbenedict -\n");
  assertEquals(tableText(rows, false), "anna 1s\n- 12s\nbenedict -\n");
  assertEquals(tableText([], true), "");
});

Deno.test("`tableText()` and `objectsText()` give a terminal nothing to obey", () => {
  assertEquals(tableText([["a\x1b[2Jb"]], true), "a\\x1b[2Jb\n");
  const [line] = objectsText([{ name: "a\u202eb" }], true).split("\n");
  assertEquals([line.includes("\u202e"), JSON.parse(line)], [false, { name: "a\u202eb" }]);
});

Deno.test("`timeText()` makes a time of what is one", () => {
  assertEquals(timeText("1795000000000"), "2026-11-18T11:06:40.000Z");
  for (const none of ["", "x", "1e99", "-1e99"]) assertEquals(timeText(none), "");
});
