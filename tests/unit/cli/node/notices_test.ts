import { assertEquals } from "@std/assert";
import type { Notice } from "../../../../src/core/types.ts";
import { APPS } from "../../../../src/apps/registry.ts";
import { EXIT } from "../../../../src/cli/args/exit.ts";
import { messageWord } from "../../../../src/cli/node/apps.ts";
import { LeftOut, noticeCode, noticeText } from "../../../../src/cli/node/notices.ts";

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

Deno.test("`noticeCode()` takes the node's own bad items for its failure, and not those of others", () => {
  const ignored = (origin: string) =>
    noticeCode({ kind: "ignored", origin, topic: "ledger", why: "bad" }, "me");
  assertEquals([ignored("me"), ignored("you")], [EXIT.failed, EXIT.done]);
  const refused: Notice = { kind: "refused", source: { kind: "local", tag: 1 }, why: "bad" };
  assertEquals(noticeCode(refused, "me"), EXIT.failed);
  const to = "x".repeat(43);
  const undelivered: Notice = { kind: "undelivered", app: "private", to, tag: 3, why: "it left" };
  assertEquals(noticeCode(undelivered, "me"), EXIT.unacknowledged);
  assertEquals(noticeCode({ kind: "done", tag: 1 }, "me"), EXIT.done);
});

Deno.test("`LeftOut` names ten items, and counts all where there are more", () => {
  const left_out = new LeftOut();
  const told = Array.from({ length: 10 }, () => left_out.isToldOf());
  assertEquals([told.every((is_told) => is_told), left_out.more], [true, null]);
  assertEquals(left_out.isToldOf(), false);
  assertEquals(left_out.more, "11 items of other nodes were left out");
});

/** What the user reads of a message of an app, to anna, who left. */
function textOf(app: string): string | null {
  const notice = { kind: "undelivered", app, to: "x".repeat(43), tag: 3, why: "it left" } as const;
  return noticeText(notice, {
    labelOf: (id) => id === notice.to ? "anna" : id,
    messageOf: (name) => messageWord(APPS, name),
  });
}
