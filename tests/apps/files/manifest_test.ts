import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { DIRECTORY_FILES_MAX, MANIFEST_BYTES_MAX } from "../../../src/apps/files/limits.ts";
import {
  formatManifest,
  isManifest,
  pathsFault,
  readManifest,
} from "../../../src/apps/files/manifest.ts";
import type { ManifestFile } from "../../../src/apps/files/tasks.ts";
import { check } from "../../helpers/check.ts";
import { LONG_ONLY } from "../../helpers/long.ts";

const ROOT = "0123456789abcdef".repeat(4), LINK = `${ROOT}.7`;
const HEAD = "rumor directory 1\n";
const encode = (text: string) => new TextEncoder().encode(text);
const line = (path: string, link = LINK, executable = false) =>
  JSON.stringify({ path, link, executable }) + "\n";
const file = (path: string): ManifestFile => ({ path, link: LINK, is_executable: false });

Deno.test("formatManifest() has one spelling, sorted by the bytes of the paths", () => {
  const files: readonly ManifestFile[] = [
    { path: "run.sh", link: LINK, is_executable: true },
    { path: "\u{1f600}", link: LINK, is_executable: false },
    { path: "empty/", link: "", is_executable: false },
    { path: "\ue000", link: LINK, is_executable: false },
    { path: "a/b", link: LINK, is_executable: false },
    { path: "a.b", link: LINK, is_executable: false },
  ];
  const bytes = formatManifest(files);
  assertEquals(
    new TextDecoder().decode(bytes),
    HEAD + line("a.b") + line("a/b") + line("empty/", "") + line("run.sh", LINK, true) +
      line("\ue000") + line("\u{1f600}"),
  );
  assertEquals(formatManifest(files.toReversed()), bytes);
  assert(isManifest(bytes));
});

Deno.test("readManifest() takes an empty directory", () => {
  assertEquals(readManifest(encode(HEAD)), []);
});

/** What is no manifest, and what is said of it. */
const BAD: readonly (readonly [text: string, why: RegExp])[] = [
  ["", /is none/],
  ["rumor directory 2\n", /is none/],
  ["rumor directory 1", /is none/],
  ["\ufeff" + HEAD, /is none/],
  [HEAD + line("a").trimEnd(), /whole line/],
  [HEAD + "\n", /something else in line 2/],
  [HEAD + "{}\n", /something else/],
  [HEAD + "null\n", /something else/],
  [HEAD + "7\n", /something else/],
  [HEAD + "[]\n", /something else/],
  [HEAD + " " + line("a"), /something else/],
  [HEAD + line("a").replace("a", "\\u0061"), /something else/],
  [HEAD + line("a").replace("{", '{"__proto__":1,'), /something else/],
  [HEAD + line("a").replace("false", "0"), /something else/],
  [HEAD + line("a", "x"), /something else/],
  [HEAD + line("a", ""), /something else/],
  [HEAD + line("a/", LINK), /something else/],
  [HEAD + line("a/", "", true), /something else/],
  [HEAD + line("x".repeat(100_000)), /something else/],
  [HEAD + line("b") + line("a"), /not sorted.*line 3/],
  [HEAD + line("a") + line("a"), /twice/],
  [HEAD + line("../a"), /line 2 that has a part that is \.\./],
  [HEAD + line("/a"), /empty/],
  [HEAD + line("a/../../b"), /\.\./],
  [HEAD + line("CON"), /device/],
  [HEAD + line("\ud800"), /Unicode/],
  [HEAD + line("A") + line("a"), /one with A on some systems/],
  [HEAD + line("A/x") + line("a/y"), /one with A on some systems/],
  [HEAD + line("a") + line("a/b"), /below a file/],
  [HEAD + line("a/", "") + line("a/b"), /below a file, or an empty directory/],
  [HEAD + line("a") + line("a/", ""), /there already/],
  [HEAD + line("a", `${ROOT}.9007199254740991`) + line("b"), /counted/],
];

Deno.test("readManifest() says what is wrong with each that is none", () => {
  for (const [text, why] of BAD) {
    const read = readManifest(encode(text));
    assert(typeof read === "string", text);
    assertMatch(read, why, text);
  }
  assertEquals(readManifest(Uint8Array.of(...encode(HEAD), 0xff, 10)), "is not valid UTF-8");
});

Deno.test("readManifest() has limits", () => {
  assertMatch(readManifest(new Uint8Array(MANIFEST_BYTES_MAX + 1)) as string, /more than 33554432/);
  const deep = Array.from({ length: 900 }, (_, at) => line(`${1_000 + at}/${"x/".repeat(120)}x`));
  assertMatch(readManifest(encode(HEAD + deep.join(""))) as string, /more than 100000 directories/);
});

Deno.test("readManifest() takes as many files as a directory may have", LONG_ONLY, () => {
  const lines = Array.from({ length: DIRECTORY_FILES_MAX + 1 }, (_, at) => line(`${1e6 + at}`));
  assertMatch(readManifest(encode(HEAD + lines.join(""))) as string, /more than 100000 files/);
  lines.pop();
  assertEquals(readManifest(encode(HEAD + lines.join(""))).length, DIRECTORY_FILES_MAX);
});

Deno.test("readManifest() gives back what formatManifest() was given", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "Z", "\u00e4", "."), minLength: 1 });
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
  check(fc.property(fc.uniqueArray(path, { maxLength: 8 }), (paths) => {
    const files = paths.map(file), read = readManifest(formatManifest(files));
    assertEquals(typeof read === "string", pathsFault(paths) !== null);
    if (typeof read === "string") return;
    assertEquals(read.map(({ path }) => path).toSorted(), paths.toSorted());
    assertEquals(formatManifest(read), formatManifest(files));
  }));
});

Deno.test("pathsFault() names the path that cannot be beside the others", () => {
  assertEquals(pathsFault(["a", "b/c", "b/d", "e/"]), null);
  assertEquals(pathsFault(["a", "b", "B"]), { path: "B", why: "is one with b on some systems" });
});

Deno.test("readManifest() throws at no bytes", () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.string().map((text) => encode(HEAD + text)),
  );
  check(fc.property(bytes, (given) => {
    const read = readManifest(given);
    assert(typeof read === "string" || read.length === 0);
  }));
});
