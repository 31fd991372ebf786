import { assertEquals, assertThrows } from "@std/assert";
import { readArgs } from "../../../../src/cli/args/args.ts";
import { UsageError } from "../../../../src/cli/args/exit.ts";
import { readCount, readSwitch, readText } from "../../../../src/cli/args/values.ts";

const FLAGS = {
  join: { value: "HOST", many: true, help: "", read: readText },
  count: { short: "C", value: "N", help: "", read: readCount(1, 100) },
  "no-echo": { help: "", read: readSwitch },
  json: { help: "", read: readSwitch },
  "keep-open": { short: "k", help: "", read: readSwitch },
} as const;

function read(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  const { given, words } = readArgs(args, FLAGS, (name) => env[name]);
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(set), words };
}

Deno.test("`readArgs()` reads flags wherever they stand, and in every form", () => {
  const all = { join: ["a", "b"], count: 5, json: true, "keep-open": true, words: ["x", "y"] };
  for (
    const args of [
      ["--join", "a", "--join=b", "--count", "5", "--json", "--keep-open", "x", "y"],
      ["x", "-C5", "-k", "--join", "a", "y", "--json", "--join", "b"],
      ["x", "-C", "5", "--join=a", "--join=b", "--json", "-k", "--", "y"],
    ]
  ) assertEquals(read(args), all, args.join(" "));
});

Deno.test("`readArgs()` leaves words as they are", () => {
  const words = [
    "1e3",
    "0x10",
    " 7",
    "",
    "-5",
    "-12",
    "-1e3",
    "-",
    "true",
    "false",
    "a=b",
    "\u00e4",
  ];
  assertEquals(read(words), { join: [], words });
  assertEquals(read(["--json", ...words]), { join: [], json: true, words });
  assertEquals(read(["-k", "false"]), { join: [], "keep-open": true, words: ["false"] });
  const behind = ["--json", "-x", "--no-json=1", "--nope=1", "--"];
  assertEquals(read(["--", ...behind]), { join: [], words: behind });
  assertEquals(read(["--join=-x", "--join", "-5"]), { join: ["-x", "-5"], words: [] });
  assertEquals(read(["--join", "true", "x"]), { join: ["true"], words: ["x"] });
});

Deno.test("`readArgs()` takes an id for a word, and for a value, though it begins with a dash", () => {
  for (const start of ["-", "--", "--no-", "-k", "--json"]) {
    const id = start.padEnd(43, "A");
    assertEquals(read([id, "-k", `${id}/x`, "5", "--join", id]), {
      join: [id],
      "keep-open": true,
      words: [id, `${id}/x`, "5"],
    });
  }
  assertThrows(() => read(["-".padEnd(42, "A")]), UsageError, "is not a flag here");
});

Deno.test("`readArgs()` takes from the environment what is not given", () => {
  const env = { RUMOR_JOIN: "a, b", RUMOR_COUNT: "7", RUMOR_KEEP_OPEN: "1", RUMOR_JSON: "0" };
  const given = { count: 7, "keep-open": true, words: [] };
  assertEquals(read([], env), { join: ["a", "b"], ...given });
  assertEquals(read(["--join", "c"], env), { join: ["c"], ...given });
});

Deno.test("`readArgs()` says in one line what is wrong, and names the flag as it was written", () => {
  const wrong: Readonly<Record<string, readonly string[]>> = {
    "--nope is not a flag here; see --help": ["x", "--nope=1"],
    "--no-json is not a flag here; see --help": ["--no-json=1"],
    "--no-help is not a flag here; see --help": ["--no-help"],
    "--no-echo takes no value": ["--no-echo="],
    "--__proto__ is not a flag here; see --help": ["--__proto__"],
    "--json.x is not a flag here; see --help": ["--json.x", "1"],
    "--=x is not a flag here; see --help": ["--=x"],
    "-x is not a flag here; see --help": ["-kx"],
    "--json takes no value": ["--json=1"],
    "-k takes no value": ["-k=1"],
    "--count needs a value: --count N": ["--count"],
    "-C needs a value: -C N": ["-C", "--json"],
    "--join needs a value: --join HOST": ["--join", "", "a"],
    "--json is given twice": ["--json", "--json"],
    "-C is given twice": ["--count", "5", "-C5"],
    "--count: x is not a whole number from 1 to 100": ["--count=x"],
    "-C: -5 is not a whole number from 1 to 100": ["-C", "-5"],
  };
  for (const [message, args] of Object.entries(wrong)) {
    const error = assertThrows(() => read(args), UsageError);
    assertEquals(error.message, message, args.join(" "));
  }
});
