import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { TOKENS_MAX } from "../../../../src/apps/files/limits.ts";
import { Tokens } from "../../../../src/apps/files/worker/tokens.ts";
import { FakeClock } from "./fake_clock.ts";

Deno.test("`Tokens.issue()` gives 128 bits that are one node's for ten minutes", () => {
  const clock = new FakeClock(), tokens = new Tokens(clock);
  const token = tokens.issue("ben");
  assertEquals(Uint8Array.fromBase64(token, { alphabet: "base64url" }).length, 16);
  assertNotEquals(tokens.issue("cleo"), token);
  clock.advance(599_999);
  assertEquals(tokens.peerOf(token), "ben");
  clock.advance(1);
  assertEquals(tokens.peerOf(token), null);
});

Deno.test("`Tokens.issue()` gives the same token again while it is fresh; the old one stays good", () => {
  const clock = new FakeClock(), tokens = new Tokens(clock);
  const first = tokens.issue("ben");
  assertEquals(tokens.issue("ben"), first);
  clock.advance(300_000);
  const second = tokens.issue("ben");
  assertNotEquals(second, first);
  assertEquals([tokens.peerOf(first), tokens.peerOf(second)], ["ben", "ben"]);
});

Deno.test("`Tokens.peerOf()` knows nobody by what is no token of it", () => {
  const tokens = new Tokens(new FakeClock());
  const token = tokens.issue("ben");
  for (const other of ["", "ben", token.slice(1), `${token}A`, "__proto__"]) {
    assertEquals(tokens.peerOf(other), null);
  }
});

Deno.test("`Tokens.issue()` forgets the oldest beyond the limit", () => {
  const tokens = new Tokens(new FakeClock());
  const issued = Array.from({ length: TOKENS_MAX + 1 }, (_, at) => tokens.issue(`node ${at}`));
  assertEquals(tokens.peerOf(issued[0]), null);
  assert(issued.slice(1).every((token, at) => tokens.peerOf(token) === `node ${at + 1}`));
  assertNotEquals(tokens.issue("node 0"), issued[0]);
});
