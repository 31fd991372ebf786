import { assert, assertEquals, assertThrows } from "@std/assert";
import { compileArgs, elfLength, lacksDenort, parseOptions } from "../../../tools/compile.ts";
import { PERMISSIONS } from "../../../tools/permissions.ts";

/** The start of an ELF64 file whose section headers end at `sectionsAt + entries * entrySize`. */
function elf(sectionsAt: number, entrySize: number, entries: number, size: number) {
  const bytes = new Uint8Array(size);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0x28, BigInt(sectionsAt), true);
  view.setUint16(0x3a, entrySize, true);
  view.setUint16(0x3c, entries, true);
  return bytes;
}

Deno.test("elfLength() ends with the section headers", () => {
  assertEquals(elfLength(elf(100, 64, 3, 500)), 292);
  assertEquals(elfLength(elf(100, 64, 3, 292)), 292);
});

Deno.test("elfLength() refuses what is no whole ELF file", () => {
  assertThrows(() => elfLength(elf(100, 64, 3, 291)), Error, "cut short");
  assertThrows(() => elfLength(new Uint8Array(10)), Error, "not an ELF file");
  assertThrows(() => elfLength(new Uint8Array(100)), Error, "not an ELF file");
  const elf32 = elf(100, 64, 3, 500);
  elf32[4] = 1;
  assertThrows(() => elfLength(elf32), Error, "not an ELF file");
});

Deno.test("parseOptions() writes to dist unless it is told", () => {
  const slashed = (args: string[], os: string) =>
    parseOptions(args, "/here", os).output.replaceAll("\\", "/");
  assert(slashed([], "linux").endsWith("/dist/rumor"));
  assert(slashed([], "windows").endsWith("/dist/rumor.exe"));
  assert(slashed(["--target", "x86_64-pc-windows-msvc"], "linux").endsWith("/dist/rumor.exe"));
  assert(slashed(["--target=aarch64-apple-darwin"], "windows").endsWith("/dist/rumor"));
  assert(slashed(["--output", "a/b"], "linux").endsWith("/here/a/b"));
  assert(slashed(["--output", "a/b.exe"], "windows").endsWith("/here/a/b.exe"));
});

Deno.test("parseOptions() refuses what it does not know", () => {
  for (const args of [["--foo"], ["x"], ["--output"], ["--no-fallback=1"]]) {
    assertThrows(() => parseOptions(args, "/here", "linux"), TypeError);
  }
});

Deno.test("parseOptions() allows the fallback unless it is told", () => {
  assert(parseOptions([], "/here", "linux").fallback);
  assert(!parseOptions(["--no-fallback"], "/here", "linux").fallback);
});

Deno.test("compileArgs() grants no more than is listed", () => {
  const args = compileArgs({ output: "o", target: "t", fallback: true });
  assertEquals(args, [
    "compile",
    "--frozen",
    ...PERMISSIONS,
    "--target",
    "t",
    "--output",
    "o",
    "main.ts",
  ]);
  const broad = /^(-A|--allow-(all|run|ffi|sys|import)|--no-check)$/;
  assertEquals(args.filter((arg) => broad.test(arg)), []);
});

Deno.test("lacksDenort() tells a refused download from a type error", () => {
  assert(lacksDenort("error: Writing\n\nCaused by:\n    0: Setting up base binary.\n    1: dns"));
  assert(!lacksDenort("TS2322 [ERROR]: Type 'string' is not assignable to type 'number'."));
});
