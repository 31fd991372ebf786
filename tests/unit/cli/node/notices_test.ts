import { assertEquals } from "@std/assert";
import { APPS } from "../../../../src/apps/registry.ts";
import { messageWord } from "../../../../src/cli/node/apps.ts";
import { noticeText } from "../../../../src/cli/node/notices.ts";

Deno.test("`noticeText()` says to whom a private message did not come, as people call it", () => {
  assertEquals(textOf("private"), "rumor: private message to anna not acknowledged: it left");
});

Deno.test("`noticeText()` names the app of a message that has no word of its own", () => {
  assertEquals(textOf("counter"), "rumor: message of counter to anna not acknowledged: it left");
});

Deno.test("`noticeText()` puts the program's name before what an app tells, but not where that is bare", () => {
  const told = { kind: "told", app: "counter", text: "gone 7" } as const;
  const words = { labelOf: (id: string) => id, messageOf: () => "" };
  assertEquals(noticeText(told, words), "rumor: gone 7");
  assertEquals(noticeText({ ...told, bare: true }, words), "gone 7");
});

/** What the user reads of a message of an app, to anna, who left. */
function textOf(app: string): string | null {
  const notice = { kind: "undelivered", app, to: "x".repeat(43), tag: 3, why: "it left" } as const;
  return noticeText(notice, {
    labelOf: (id) => id === notice.to ? "anna" : id,
    messageOf: (name) => messageWord(APPS, name),
  });
}
