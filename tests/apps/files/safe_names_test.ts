import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  cutName,
  foldName,
  nameFault,
  pathFault,
  safeName,
} from "../../../src/apps/files/safe_names.ts";
import { check } from "../../helpers/check.ts";

/** Names that people give their files. */
const GOOD: readonly string[] = [
  "a",
  "README",
  "report.final (2).pdf",
  ".gitignore",
  "...x",
  "~$letter.docx",
  "notes~",
  "-rf",
  "--help",
  "$HOME `id` ; rm",
  "%c%s",
  " leading",
  "café",
  "文件.txt",
  "__proto__",
  "console.log",
  "com",
  "com10",
  "lpt",
  "nullable",
  "auxiliary.txt",
  "PROGRA~1",
  // What a Mac calls pictures of its screen.
  "Screenshot at 1.23.45\u202fPM.png",
  // A family, a heart, a key, a Persian word.
  "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}.png",
  "\u2764\ufe0f",
  "1\ufe0f\u20e3",
  "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
  "x".repeat(255),
  "\u00e4".repeat(127),
];

/** Names that are not safe, what is said of them, and what is made of them. */
const BAD: readonly (readonly [name: string, why: RegExp, made: string | null])[] = [
  ["", /empty/, null],
  [".", /another directory/, null],
  ["..", /another directory/, null],
  ["...", /ends with a dot/, null],
  ["~", /home/, null],
  ["../x", /has \/ in it/, null],
  ["/x", /has \/ in it/, null],
  ["a/b", /has \/ in it/, null],
  ["..\\x", /has \\ in it/, null],
  ["\\\\?\\C:\\x", /has \\ in it/, null],
  ["C:x", /has : in it/, "C_x"],
  ["file.txt:stream", /has : in it/, "file.txt_stream"],
  ["a*b?.txt", /has \* in it/, "a_b_.txt"],
  ['"<|>"', /has " in it/, "_____"],
  ["CON", /device/, "_CON"],
  ["con.txt", /device/, "_con.txt"],
  ["NUL.tar.gz", /device/, "_NUL.tar.gz"],
  ["Com1 .log", /device/, "_Com1 .log"],
  ["LPT\u00b9", /device/, "_LPT\u00b9"],
  ["conin$", /device/, "_conin$"],
  ["trailing.", /ends with a dot/, "trailing_"],
  ["trailing ", /ends with a dot or a space/, "trailing_"],
  ["a\0b", /U\+0000/, "a_b"],
  ["a\nb", /U\+000A/, "a_b"],
  ["\x1b]52;c;YQ==\x07", /U\+001B/, "_]52;c;YQ==_"],
  ["a\u009bb", /U\+009B/, "a_b"],
  ["a\u2028b", /U\+2028/, "a_b"],
  ["photo\u202egpj.exe", /U\+202E in it, which cannot be seen/, "photo_gpj.exe"],
  ["a\u200bb", /U\+200B/, "a_b"],
  ["a\u00adb", /U\+00AD/, "a_b"],
  ["a\u2066b", /U\+2066/, "a_b"],
  ["\u{e0041}", /U\+E0041/, "_"],
  ["a\u200db", /U\+200D/, "a_b"],
  ["a\uf03ab", /U\+F03A/, "a_b"],
  ["a\uffff", /U\+FFFF/, "a_"],
  ["cafe\u0301", /NFC/, "caf\u00e9"],
  ["\ud800", /Unicode/, null],
  ["x".repeat(256), /more than 255 bytes/, "x".repeat(255)],
  ["x".repeat(300) + ".tar", /more than 255 bytes/, "x".repeat(251) + ".tar"],
  ["\u00e4".repeat(128), /more than 255 bytes/, "\u00e4".repeat(127)],
  ["a.rumor-part", /under way/, "a.rumor-part_"],
  ["a.Rumor-MAP", /under way/, "a.Rumor-MAP_"],
  ["x".repeat(244) + ".rumor-part", /under way/, "x".repeat(243) + ".rumor-part_"],
];

Deno.test("nameFault() lets names be that people give their files", () => {
  for (const name of GOOD) assertEquals(nameFault(name), null, name);
});

Deno.test("nameFault() says what is wrong with each name that is not safe somewhere", () => {
  for (const [name, why] of BAD) assertMatch(nameFault(name) ?? "good", why, JSON.stringify(name));
});

Deno.test("safeName() makes a name of what others say, or none", () => {
  for (const [name, , made] of BAD) assertEquals(safeName(name), made, JSON.stringify(name));
  for (const name of GOOD) {
    assertEquals(safeName(name), name.startsWith(".") ? `_${name.slice(1)}` : name);
  }
});

Deno.test("safeName() shows what a dot would hide", () => {
  assertEquals(safeName(".bashrc"), "_bashrc");
});

/** Texts with much in them that is not safe. */
const NASTY = fc.array(
  fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      ...BAD.map(([name]) => name),
      ".",
      " ",
      "CON",
      "\u200d",
      "e\u0301",
      "\u{1f468}",
    ),
  ),
  { maxLength: 6 },
).map((parts) => parts.join(""));

Deno.test("safeName() gives nothing but safe names, and each of them as it is", () => {
  check(fc.property(NASTY, (given) => {
    const name = safeName(given);
    if (name === null) return;
    assertEquals(nameFault(name), null);
    assertEquals(safeName(name), name);
    assert(!/[/\\]/.test(given));
  }));
});

Deno.test("nameFault() is quick with what is very long", () => {
  assertMatch(nameFault("\u200d".repeat(10_000_000))!, /more than 255/);
  assertEquals(safeName("a".repeat(10_000_000))?.length, 255);
});

Deno.test("pathFault() looks at each name of a path", () => {
  for (const path of ["a", "a/b", "a/.b/c d/e.f"]) assertEquals(pathFault(path), null);
  const bad: readonly (readonly [string, RegExp])[] = [
    ["", /^is empty/],
    ["/a", /a part that is empty/],
    ["a/", /a part that is empty/],
    ["a//b", /a part that is empty/],
    ["a/../b", /a part that is \.\./],
    ["a/./b", /a part that is \./],
    ["a\\..\\b", /has \\ in it/],
    ["a/nul/b", /device/],
    ["a/b./c", /dot/],
    ["a/".repeat(200) + "a", /more than 128 directories/],
    ["a".repeat(5_000), /more than 4096 bytes/],
  ];
  for (const [path, why] of bad) assertMatch(pathFault(path) ?? "good", why, path);
});

Deno.test("foldName() is one for names that some systems take for one", () => {
  const pairs = [["a", "A"], ["\u00e9", "E\u0301"], ["\u03c3", "\u03c2"], ["\u00df", "SS"], [
    "\u212a",
    "k",
  ]];
  for (const [one, other] of pairs) assertEquals(foldName(one), foldName(other));
  assert(foldName("a") !== foldName("b") && foldName("a") !== foldName("\u00e4"));
});

Deno.test("cutName() keeps whole characters and a short ending", () => {
  assertEquals(cutName("abcdef.txt", 8), "abcd.txt");
  assertEquals(cutName("\u00e4\u00e4\u00e4.txt", 7), "\u00e4.txt");
  assertEquals(cutName("a\u{1f600}b", 4), "a");
  assertEquals(cutName(".profile", 4), ".pro");
});
