import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { linkFault, nameFault } from "../../../src/apps/names/texts.ts";
import { anyText } from "../../helpers/any_text.ts";
import { check } from "../../helpers/check.ts";

/** Names that people may want to have. */
const GOOD_NAMES: readonly string[] = [
  "a",
  "printer",
  "meeting room",
  "Meeting  Room",
  "caf\u00e9",
  "Gro\u00dfe Stra\u00dfe",
  "\u5370\u5237\u673a",
  "\u043f\u0440\u0438\u043d\u0442\u0435\u0440",
  "\u{1f600}",
  "__proto__",
  "constructor",
  "claim",
  "-x",
  "--help",
  ".",
  "..",
  "a\\b",
  '"quoted"',
  "$HOME",
  "x".repeat(255),
  "\u00e4".repeat(127),
  // Joiners where they are written: a Persian word, a Bengali one, a family, a rainbow flag, a key.
  "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
  "\u09b0\u200d\u09cd\u09af\u09be\u09ac",
  "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  "\u{1f3f3}\ufe0f\u200d\u{1f308}",
  "\u2764\ufe0f",
  "1\ufe0f\u20e3",
  // Private use, and what no version of Unicode has assigned yet.
  "\ue000",
  "\u{3fffd}",
];

/** What is none, and what is said of it. */
const BAD_NAMES: readonly (readonly [name: unknown, why: RegExp])[] = [
  [undefined, /is no text/],
  [null, /is no text/],
  [7, /is no text/],
  [["a"], /is no text/],
  [{}, /is no text/],
  ["", /is empty/],
  [" ", /a space/],
  [" a", /begins or ends with a space/],
  ["a ", /begins or ends with a space/],
  ["x".repeat(256), /more than 255 bytes/],
  ["\u00e4".repeat(128), /more than 255 bytes/],
  ["a/b", /has a \/ in it/],
  ["/", /has a \/ in it/],
  ["a\x00b", /control characters/],
  ["a\tb", /control characters/],
  ["a\nb", /control characters/],
  ["a\x1b[2Jb", /control characters/],
  ["a\x7f", /control characters/],
  ["a\x9b", /control characters/],
  ["a\u2028b", /control characters/],
  ["a\u2029", /control characters/],
  ["\ud800", /not valid Unicode/],
  ["a\udc00b", /not valid Unicode/],
  // Forms that are not NFC: two characters for one, another order of marks, a singleton.
  ["cafe\u0301", /NFC/],
  ["a\u0301\u0323", /NFC/],
  ["\u212b", /NFC/],
  // What nobody sees.
  ["a\u00a0b", /U\+00A0/],
  ["a\u3000b", /U\+3000/],
  ["\u2800", /U\+2800/],
  ["a\u00adb", /U\+00AD/],
  ["a\u200bb", /U\+200B/],
  ["a\u200cb", /U\+200C/],
  ["a\u200db", /U\+200D/],
  ["a\u200e", /U\+200E/],
  ["a\u202eb", /U\+202E/],
  ["a\u2066b\u2069", /U\+2066/],
  ["a\u2060b", /U\+2060/],
  ["\u3164", /U\+3164/],
  ["\ufeffa", /U\+FEFF/],
  ["a\ufe0f", /U\+FE0F/],
  ["1\ufe0f", /U\+FE0F/],
  ["\u2764\ufe0f\ufe0f", /U\+FE0F/],
  ["a\u{e0041}", /U\+E0041/],
  ["\u{1f468}\u200d", /U\+200D/],
  ["\u0645\u200c", /U\+200C/],
  ["\u0645\u200c\u200c\u0645", /U\+200C/],
];

const GOOD_LINKS: readonly string[] = [
  "x",
  "10.0.0.9:631",
  "https://example.org/a?b=c#d",
  `${"0a".repeat(32)}.123456`,
  "__proto__",
  "a\u202eb",
  "x".repeat(1_024),
];

const BAD_LINKS: readonly (readonly [link: unknown, why: RegExp])[] = [
  [undefined, /is no text/],
  [null, /is no text/],
  [{}, /is no text/],
  ["", /is empty/],
  ["x".repeat(1_025), /more than 1024 bytes/],
  ["\u00e4".repeat(513), /more than 1024 bytes/],
  ["a b", /white space/],
  [" a", /white space/],
  ["a\u00a0b", /white space/],
  ["a\u3000", /white space/],
  ["\ufeffa", /white space/],
  ["a\tb", /control characters/],
  ["a\n", /control characters/],
  ["a\x1b[2J", /control characters/],
  ["a\x85", /control characters/],
  ["a\u2028", /control characters/],
  ["\ud800", /not valid Unicode/],
];

Deno.test("`nameFault()` takes names of all scripts, and of emoji", () => {
  for (const name of GOOD_NAMES) assertEquals(nameFault(name), null, JSON.stringify(name));
});

Deno.test("`nameFault()` says what is wrong with what is no name", () => {
  for (const [name, why] of BAD_NAMES) assertMatch(nameFault(name) ?? "", why, String(name));
});

Deno.test("`linkFault()` takes what is one word", () => {
  for (const link of GOOD_LINKS) assertEquals(linkFault(link), null, link);
  for (const [link, why] of BAD_LINKS) assertMatch(linkFault(link) ?? "", why, String(link));
});

Deno.test("`nameFault()` takes of the forms of a name at most NFC", () => {
  const text = anyText({ minLength: 1, maxLength: 20 });
  check(
    fc.property(text, (name) => {
      if (nameFault(name) !== null) return;
      assertEquals(name.normalize("NFC"), name);
      assertEquals(name.trim(), name);
      const other = name.normalize("NFD");
      if (other !== name) assertMatch(nameFault(other)!, /NFC|bytes/);
    }),
    300,
  );
});
