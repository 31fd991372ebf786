import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import {
  decodeKeys,
  DECODER_START,
  type DecoderState,
  type Key,
} from "../../../../src/cli/prompt/keys.ts";

const encoder = new TextEncoder();

function bytesOf(input: string | Uint8Array): Uint8Array {
  return typeof input === "string" ? encoder.encode(input) : input;
}

/** All keys of some chunks; text next to text is joined, as chunks may part it anywhere. */
function decodeAll(...chunks: (string | Uint8Array)[]): { keys: Key[]; state: DecoderState } {
  let state = DECODER_START;
  const keys: Key[] = [];
  for (const chunk of chunks) {
    const step = decodeKeys(state, bytesOf(chunk));
    state = step.state;
    for (const key of step.keys) {
      const last = keys.at(-1);
      if ("text" in key && last !== undefined && "text" in last && key.pasted === last.pasted) {
        keys[keys.length - 1] = { ...key, text: last.text + key.text };
      } else keys.push(key);
    }
  }
  return { keys, state };
}

/** Keys as one readable string. */
function read(...chunks: (string | Uint8Array)[]): string {
  return decodeAll(...chunks).keys
    .map((key) => "text" in key ? JSON.stringify(key.text) : key.kind).join(" ");
}

Deno.test("`decodeKeys()` returns typed text as one key", () => {
  assertEquals(read("hello wörld 世界 👋"), '"hello wörld 世界 👋"');
  assertEquals(decodeKeys(DECODER_START, bytesOf("abc")).keys.length, 1);
});

Deno.test("`decodeKeys()` knows the keys of the common terminals", () => {
  assertEquals(read("\x1b[A\x1bOB\x1b[C\x1bOD"), "up down right left");
  assertEquals(read("\x1b[H\x1bOH\x1b[1~\x1b[7~"), "home home home home");
  assertEquals(read("\x1b[F\x1bOF\x1b[4~\x1b[8~"), "end end end end");
  assertEquals(read("\x7f\x08\x1b[3~"), "backspace backspace delete");
  assertEquals(read("\x1b[1;5D\x1b[1;3C\x1bb\x1bf"), "word-left word-right word-left word-right");
  assertEquals(read("\x01\x05\x15\x0b\x17"), "ctrl-a ctrl-e ctrl-u ctrl-k ctrl-w");
  assertEquals(read("\x03\x04\t"), "ctrl-c ctrl-d tab");
  assertEquals(read("a\t\tb"), '"a" tab tab "b"');
});

Deno.test("`decodeKeys()` takes CR, LF and CR LF for one Enter each", () => {
  assertEquals(
    read("a\rb\nc\r\nd\n\n\r\r\n"),
    '"a" enter "b" enter "c" enter "d" enter enter ' +
      "enter enter",
  );
  assertEquals(read("a\r", "\nb"), '"a" enter "b"');
});

Deno.test("`decodeKeys()` waits for the rest of a character and of a sequence", () => {
  assertEquals(read(new Uint8Array([0xc3]), new Uint8Array([0xa4])), '"ä"');
  assertEquals(read(new Uint8Array([0xf0, 0x9f]), new Uint8Array([0x91, 0x8b])), '"👋"');
  assertEquals(read("\x1b", "[", "1", ";5", "D"), "word-left");
  assertEquals(read("\x1bO", "A"), "up");
  assertEquals(read("x\x1b"), '"x"');
});

Deno.test("`decodeKeys()` takes an ESC that begins nothing for the escape key", () => {
  assertEquals(read("\x1bhello"), 'escape "hello"');
  assertEquals(read("\x1b\x1b[A"), "escape up");
  assertEquals(read("\x1b\x03"), "escape ctrl-c");
});

Deno.test("`decodeKeys()` ignores unknown sequences", () => {
  assertEquals(read("a\x1b[99;3u\x1b[?1;2c\x1b[[A\x1bOP\x1b[12;40Rb"), '"ab"');
  assertEquals(read("a\x1b]11;rgb:0000/0000/0000\x1b\\b\x1bP1$r0m\x1b\\c"), '"abc"');
  assertEquals(read("a\x1b]0;title\x07b"), '"a" ctrl-g "b"');
});

Deno.test("`decodeKeys()` ignores a sequence of any length", () => {
  assertEquals(read("\x1b[" + "1".repeat(100) + "Ab"), '"b"');
  assertEquals(read("\x1b[" + "1".repeat(100), "Ab"), '"b"');
  assertEquals(read("\x1b[" + "1".repeat(100), "2".repeat(100), "[b"), '"b"');
});

Deno.test("`decodeKeys()` lets Ctrl-C out of a sequence that never ends", () => {
  assertEquals(read("\x1b[1;2", "\x03"), "ctrl-c");
  assertEquals(read("\x1b]" + "x".repeat(100_000), "\x03"), "ctrl-c");
});

Deno.test("`decodeKeys()` keeps control characters within a bracketed paste", () => {
  assertEquals(
    read("\x1b[200~a\x03\x1b[A\x7f\tb\x1b[201~\x03"),
    '"a\\u0003\\u001b[A\x7f\\tb" paste-end ctrl-c',
  );
  assertEquals(
    read("\x1b[200~one\rtwo\nthree\r", "\nfour\x1b[20", "1~"),
    '"one" enter "two" enter "three" enter "four" paste-end',
  );
  assertEquals(read("\x1b[200~\x1b[201", "x\x1b[201~"), '"\\u001b[201x" paste-end');
});

Deno.test("`decodeKeys()` says what stood in a bracketed paste", () => {
  assertEquals(decodeAll("a\r\x1b[200~b\r\x1b[201~c\r").keys, [
    { kind: "text", text: "a" },
    { kind: "enter" },
    { kind: "text", text: "b", pasted: true },
    { kind: "enter", pasted: true },
    { kind: "paste-end" },
    { kind: "text", text: "c" },
    { kind: "enter" },
  ]);
  // Text next to text is not one key where only one of them was pasted.
  assertEquals(decodeKeys(DECODER_START, bytesOf("a\x1b[200~b")).keys, [
    { kind: "text", text: "a" },
    { kind: "text", text: "b", pasted: true },
  ]);
});

Deno.test("`decodeKeys()` reports invalid UTF-8 as U+FFFD and keeps a BOM", () => {
  assertEquals(read(new Uint8Array([0x61, 0xff, 0x62])), '"a\ufffdb"');
  assertEquals(read(new Uint8Array([0xe2, 0x82]), "\x03"), '"\ufffd" ctrl-c');
  assertEquals(read("\ufeffa"), '"\ufeffa"');
});

const PARTS: (string | Uint8Array)[] = [
  ..."ab\r\n\t\x03\x04\x7f\x1b[]OP;~019DA?\\".split(""),
  ..."é,世,👋,e\u0301,\x1b[A,\x1bOH,\x1b[1;5C,\x1bb,\x1b[200~,\x1b[201~,\x1b[3~,\x1b[[A,\x1b]0;x"
    .split(","),
  "\x1b[" + "1;".repeat(60),
  ...[0x80, 0xc3, 0xe2, 0xf0, 0xf5, 0xff].map((byte) => new Uint8Array([byte])),
];
const someBytes = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 40 }).map((parts) => joined(parts)),
  fc.uint8Array({ maxLength: 200 }),
);

function joined(parts: (string | Uint8Array)[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...bytesOf(part)]));
}

Deno.test("`decodeKeys()` gives the same keys however the bytes are cut", () => {
  fc.assert(
    fc.property(someBytes, fc.array(fc.nat({ max: 200 })), (bytes, cuts) => {
      const ends = [
        ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b),
        bytes.length,
      ];
      const chunks = ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
      const whole = decodeAll(bytes), cut = decodeAll(...chunks);
      assertEquals(cut.keys, whole.keys);
      // What follows is understood alike, too; what is left may have been shortened.
      assertEquals(
        decodeAll(...chunks, "~\x03x\r").keys,
        decodeAll(bytes, "~\x03x\r").keys,
      );
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("`decodeKeys()` never throws, keeps little, and gives no text with a line break", () => {
  fc.assert(fc.property(fc.array(someBytes), (chunks) => {
    const { keys, state } = decodeAll(...chunks);
    assertLessOrEqual(state.rest.length, 64);
    assertLessOrEqual(state.bytes.length, 3);
    assert(!keys.some((key) => "text" in key && /[\r\n]|^$/.test(key.text)));
  }));
});

Deno.test("`decodeKeys()` leaves its input alone", () => {
  const chunk = bytesOf("a\x1b[200~é"), copy = chunk.slice();
  const state = Object.freeze({ ...DECODER_START });
  decodeKeys(state, chunk);
  assertEquals(chunk, copy);
});
