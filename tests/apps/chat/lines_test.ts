import { assertEquals, assertMatch } from "@std/assert";
import { textFault } from "../../../src/apps/chat/lines.ts";
import type { Json } from "../../../src/core/types.ts";

Deno.test("`textFault()` takes text without newlines, and bytes without newlines", () => {
  for (
    const item of ["", "hello", "\t\r\0", { base64: "" }, { base64: "aGk=" }, { base64: "aGkh" }]
  ) {
    assertEquals(textFault(item), null);
  }
  for (const item of ["a\nb", { base64: "aApi" }]) assertMatch(textFault(item)!, /newline/);
  const others: Json[] = [
    null,
    1,
    [],
    {},
    { text: "x" },
    { base64: 1 },
    { base64: "aGk" },
    { base64: "a-_=" },
    { base64: "aGk=", more: 1 },
  ];
  for (const item of others) assertMatch(textFault(item)!, /must be text/);
});
