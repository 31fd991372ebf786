import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { visible } from "../../../../src/cli/output/escape.ts";
import { anyText } from "../../../helpers/any_text.ts";

/** Written apart from the source: code points, not property names. */
const UNSAFE_RANGES = [
  [0, 8],
  [10, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x180e, 0x180e],
  [0x200b, 0x200b],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x2064],
  [0x2066, 0x206f],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe007f],
];

function isUnsafe(character: string): boolean {
  const code = character.codePointAt(0)!;
  return UNSAFE_RANGES.some(([first, last]) => first <= code && code <= last);
}

const hostileText = fc.oneof(
  anyText(),
  fc.array(fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)))
    .map((units) => units.join("")),
  fc.array(fc.constantFrom("\x1b", "\x9b", "\u202e", "\ud800", "\udc00", "\u{e0041}", "a", "\t"))
    .map((parts) => parts.join("")),
);

Deno.test("`visible()` shows what a terminal would obey as an escape", () => {
  assertEquals(visible("\x1b]52;c;aGk=\x07"), "\\x1b]52;c;aGk=\\x07");
  assertEquals(visible("safe\rfake"), "safe\\x0dfake");
  assertEquals(visible("\0\x08\n\x7f\x80\x9b"), "\\x00\\x08\\x0a\\x7f\\x80\\x9b");
  assertEquals(visible("abc\u202edef\u2066\u200e\u061c"), "abc\\u202edef\\u2066\\u200e\\u061c");
  assertEquals(visible("a\u2028b\u2029c"), "a\\u2028b\\u2029c");
  assertEquals(visible("a\u200bb\u2060c\ufeffd"), "a\\u200bb\\u2060c\\ufeffd");
  assertEquals(visible("\ud800 \udfff"), "\\ud800 \\udfff");
  assertEquals(visible("hi\u{e0041}\u{e007f}"), "hi\\u{e0041}\\u{e007f}");
});

Deno.test("`visible()` leaves tabs, emoji, joiners and every script alone", () => {
  const family = "👨‍👩‍👧", persian = "می\u200cخواهم";
  for (const text of ["", "a\tb", family, persian, "e\u0301", "ไทย", "🇩🇪", "❤️", "%c%s", "\\x1b"]) {
    assertStrictEquals(visible(text), text);
  }
});

Deno.test("`visible()` escapes exactly the characters that are unsafe", () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    if ((visible(character) !== character) !== isUnsafe(character)) throw new Error(`${code}`);
  }
});

Deno.test("`visible()` never returns a control, bidi or hidden character", () => {
  fc.assert(fc.property(hostileText, (text) => {
    const shown = visible(text);
    if ([...shown].some(isUnsafe)) throw new Error(JSON.stringify(shown));
    // Once is enough, and what was safe is unchanged.
    assertStrictEquals(visible(shown), shown);
    assertEquals([...text].some(isUnsafe) || shown === text, true);
  }));
});
