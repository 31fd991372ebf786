import { assertEquals } from "@std/assert";
import { progressText } from "../../../../src/cli/sim/progress.ts";

Deno.test("`progressText()` shows how much is done, and what", () => {
  assertEquals(progressText("paths", 0), `[${".".repeat(30)}]   0% paths`);
  assertEquals(progressText("paths", 0.5), `[${"#".repeat(15)}${".".repeat(15)}]  50% paths`);
  assertEquals(progressText("paths", 7), `[${"#".repeat(30)}] 100% paths`);
});
