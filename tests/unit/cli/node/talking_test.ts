import { assertEquals, assertRejects } from "@std/assert";
import { pipedReplies, typedReplies } from "../../../../src/cli/node/talking.ts";
import type { TerminalEvent } from "../../../../src/cli/prompt/mod.ts";

const encoder = new TextEncoder();

/** Reads these pieces, and counts how many were read. */
function reader(pieces: readonly (string | Uint8Array)[]) {
  const read = { pieces: 0 };
  const next = (buffer: Uint8Array): Promise<number | null> => {
    const piece = pieces[read.pieces++];
    if (piece === undefined) return Promise.resolve(null);
    const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
    buffer.set(bytes);
    return Promise.resolve(bytes.length);
  };
  return { read, next };
}

Deno.test("`pipedReplies()` gives one line after the other, and null at the end, again and again", async () => {
  const replies = pipedReplies(reader(["a\nann\n", "\nre", "d\nlast"]).next);
  const lines = [];
  for (let at = 0; at < 7; at++) lines.push(await replies.next());
  assertEquals(lines, ["a", "ann", "", "red", "last", null, null]);
});

Deno.test("`pipedReplies()` says where a line is none, so that the next is not taken for it", async () => {
  const long = "x".repeat(40_000);
  const pieces = ["one\n", new Uint8Array([0xff, 0x0a]), long, long, long, long, "\ntwo\n"];
  const replies = pipedReplies(reader(pieces).next);
  assertEquals(await replies.next(), "one");
  // Nothing good must come before it is told.
  const [bad, too_long] = [await replies.next(), await replies.next()] as { fault: string }[];
  assertEquals([bad.fault.slice(0, 23), too_long.fault.slice(0, 21)], [
    "line 2: not valid UTF-8",
    "line 3: 160000 bytes,",
  ]);
  assertEquals([await replies.next(), await replies.next()], ["two", null]);
});

Deno.test("`pipedReplies()` reads on when what it read was taken", async () => {
  const { read, next } = reader(["1\n2\n", "3\n", "4\n"]);
  const replies = pipedReplies(next);
  assertEquals([await replies.next(), read.pieces], ["1", 1]);
  assertEquals([await replies.next(), await replies.next()], ["2", "3"]);
});

Deno.test("`pipedReplies()` tells whoever asks that the input cannot be read", async () => {
  const replies = pipedReplies(() => Promise.reject(new Error("gone")));
  await assertRejects(() => replies.next(), Error, "gone");
});

Deno.test("`typedReplies()` says what was too long, and hears of an interrupt at once", async () => {
  const events: readonly TerminalEvent[] = [
    { kind: "line", text: "a" },
    { kind: "refused", bytes: 200_000 },
    { kind: "interrupt" },
    { kind: "line", text: "never" },
  ];
  const interrupted = Promise.withResolvers<void>();
  const lines = async function* () {
    yield* events;
  };
  const replies = typedReplies({ lines }, interrupted.resolve);
  await interrupted.promise;
  const fault = "200000 bytes are too long for a line";
  assertEquals([await replies.next(), await replies.next()], ["a", { fault }]);
  assertEquals(await replies.next(), null);
});
