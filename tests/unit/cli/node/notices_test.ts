import { assertEquals } from "@std/assert";
import { noticeText } from "../../../../src/cli/node/notices.ts";

Deno.test("`noticeText()` says to whom a private message did not come, as people call it", () => {
  const notice = { kind: "undelivered", to: "x".repeat(43), tag: 3, why: "it left" } as const;
  assertEquals(
    noticeText(notice, (id) => id === notice.to ? "anna" : id),
    "rumor: private message to anna not acknowledged: it left",
  );
});
