import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Answer,
  encodeLine,
  readAnswer,
  readOpening,
  readRequest,
  type Request,
} from "../../../../src/apps/files/worker/protocol.ts";
import { linkOf } from "./fake_disk.ts";

const encoder = new TextEncoder();
const link = linkOf(1_000_000);

const REQUESTS: readonly Request[] = [
  { k: "ask", n: 3, link, level: 0, first: 90, count: 32 },
  { k: "drop", n: 3 },
  { k: "watch", link },
  { k: "ping" },
];
const ANSWERS: readonly Answer[] = [
  { k: "files", v: 1 },
  { k: "data", n: 3, bytes: 0 },
  { k: "no", n: 3 },
  { k: "has", link, has: null },
  { k: "has", link, has: [[0, 3]] },
  { k: "pong" },
  { k: "bye", why: "busy" },
];
const OPENING = { k: "files", v: 1, token: "t" } as const;

Deno.test("`readRequest()`, `readAnswer()` and `readOpening()` read what `encodeLine()` writes", () => {
  const line = (value: Request | Answer | typeof OPENING) => encodeLine(value).slice(0, -1);
  for (const request of REQUESTS) assertEquals(readRequest(line(request)), request);
  for (const answer of ANSWERS) assertEquals(readAnswer(line(answer)), answer);
  assertEquals(readOpening(line(OPENING)), OPENING);
});

Deno.test("`readRequest()` and `readAnswer()` pass over what a later version may say", () => {
  const line = encoder.encode(`{"k":"later","n":{}}`);
  assertEquals(readRequest(line), { k: "unknown" });
  assertEquals(readAnswer(line), { k: "unknown" });
  assertEquals(readOpening(line), null);
});

Deno.test("`readRequest()` and `readAnswer()` refuse what is shaped wrongly", () => {
  const bad = [
    `null`,
    `3`,
    `[]`,
    `{}`,
    `{"k":1}`,
    `{"k":"ask","n":1,"link":"${link}","level":0,"first":0,"count":33}`,
    `{"k":"ask","n":1,"link":"${link}","level":0,"first":122,"count":2}`,
    `{"k":"ask","n":-1,"link":"${link}","level":0,"first":0,"count":1}`,
    `{"k":"ask","n":1,"link":"a","level":0,"first":0,"count":1}`,
    `{"k":"drop"}`,
    `{"k":"watch","link":[]}`,
    `{"k":"data","n":1,"bytes":-1}`,
    `{"k":"data","n":1,"bytes":1e99}`,
    `{"k":"no","n":"1"}`,
    `{"k":"has","link":"${link}"}`,
    `{"k":"bye","why":"toString"}`,
    `{"k":"files"}`,
    `{"k":"ping"`,
    `{"k":"watch","link":"${link}.1"}`,
  ];
  for (const text of bad) {
    const line = encoder.encode(text);
    const [request, answer] = [readRequest(line), readAnswer(line)];
    assertEquals([null, "unknown"].includes(request?.k ?? null), true, text);
    assertEquals([null, "unknown"].includes(answer?.k ?? null), true, text);
    assertEquals(request === null || answer === null, true, text);
    assertEquals(readOpening(line), null);
  }
});

/** Good lines of which something is another thing. */
const crooked = fc.tuple(
  fc.constantFrom<Request | Answer>(...REQUESTS, ...ANSWERS),
  fc.constantFrom("k", "n", "link", "level", "first", "count", "bytes", "has", "why", "v"),
  fc.jsonValue(),
).map(([line, key, value]) => encoder.encode(JSON.stringify({ ...line, [key]: value })));

Deno.test("`readRequest()`, `readAnswer()` and `readOpening()` never throw", () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array(), crooked), (line) => {
    readRequest(line);
    readAnswer(line);
    readOpening(line);
  }));
});
