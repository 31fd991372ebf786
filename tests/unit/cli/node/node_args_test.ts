import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { AppModule, Env } from "../../../../src/apps/app.ts";
import { APPS } from "../../../../src/apps/registry.ts";
import { UsageError } from "../../../../src/cli/args/exit.ts";
import { helpFlags } from "../../../../src/cli/args/flags.ts";
import { readCount, readSwitch, readText } from "../../../../src/cli/args/values.ts";
import { nodeFlagLines, readNodeArgs } from "../../../../src/cli/node/node_args.ts";
import { tinyApp } from "../../../helpers/tiny_app.ts";

const OWN = {
  color: { value: "C", help: "the color", read: readText },
  ...helpFlags,
} as const;

/** An app that wants something of every node where `--tea` is given. */
const TEA: AppModule = {
  app: tinyApp("tea"),
  commands: {},
  node_flags: {
    flags: {
      tea: { help: "make tea", read: readSwitch },
      cups: { value: "N", help: "so many cups", read: readCount(1, 9) },
    },
    wish: (given, typed) => given.tea ? { cups: (given.cups ?? 1) as number, typed } : undefined,
  },
};
const SILENT: AppModule = { app: tinyApp("silent"), commands: {} };
const TINY = [SILENT, TEA];

function envOf(variables: Readonly<Record<string, string>> = {}): Env {
  return (variable) => variables[variable];
}

/** What nodes are to do for apps that are in the program. */
function wishes(args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  return readNodeArgs(args, OWN, envOf(variables), APPS).wishes;
}

Deno.test("`readNodeArgs()` reads a command's flags, and says what they and others mean for apps", () => {
  const args = ["word", "--color", "red", "--tea", "--cups", "3"];
  const { given, words, wishes } = readNodeArgs(args, OWN, envOf(), TINY);
  assertEquals([given.color, words], ["red", ["word"]]);
  assertEquals(wishes, { tea: { cups: 3, typed: ["tea", "cups"] } });
  assertEquals(readNodeArgs(["--color", "red"], OWN, envOf(), TINY).wishes, {});
});

Deno.test("`readNodeArgs()` tells apps which of their flags were typed", () => {
  const env = envOf({ RUMOR_TEA: "1", RUMOR_CUPS: "4" });
  const read = (...args: string[]) => readNodeArgs(args, OWN, env, TINY).wishes;
  assertEquals(read("--color", "red"), { tea: { cups: 4, typed: [] } });
  assertEquals(read("--cups", "2"), { tea: { cups: 2, typed: ["cups"] } });
  // What the command means by such a flag is its own business.
  const own = { ...OWN, cups: { value: "N", help: "cups of its own", read: readText } };
  const { given, wishes } = readNodeArgs(["--cups", "many", "--tea"], own, envOf(), TINY);
  assertEquals([given.cups, wishes], ["many", { tea: { cups: "many", typed: ["tea"] } }]);
});

Deno.test("`readNodeArgs()` refuses what neither the command nor an app takes", () => {
  const read = (args: string[], apps = TINY) => () => readNodeArgs(args, OWN, envOf(), apps);
  assertThrows(read(["--cups", "10"]), UsageError, "--cups: 10 is not a whole number from 1 to 9");
  assertThrows(read(["--tea"], [SILENT]), UsageError, "--tea is not a flag here");
  assertThrows(read(["--__proto__"]), UsageError, "is not a flag here");
});

Deno.test("`nodeFlagLines()` has the flags of apps behind those of the command, and --help last", () => {
  const flags = (apps: AppModule[]) =>
    nodeFlagLines(OWN, apps).split("\n").map((line) => /--[a-z]+/.exec(line)![0]);
  assertEquals(flags(TINY), ["--color", "--tea", "--cups", "--help"]);
  assertEquals(flags([]), ["--color", "--help"]);
  const { help: _, ...bare } = OWN;
  assertMatch(nodeFlagLines(bare, TINY), /--cups N +so many cups$/);
});

Deno.test("`--chain` makes any node follow the chain, and the flags beside it say how", () => {
  const usual = { block_time_ms: 5_000, mine: "auto", threads: 1 };
  assertEquals(wishes(["--chain"]), { chain: usual });
  assertEquals(wishes(["--chain", "--mine", "never"]), { chain: { ...usual, mine: "never" } });
  const all = ["--chain", "--block-time", "0.2", "--mine", "always", "--mine-threads", "2"];
  assertEquals(wishes(all), { chain: { block_time_ms: 200, mine: "always", threads: 2 } });
  const env = { RUMOR_CHAIN: "1", RUMOR_BLOCK_TIME: "7", RUMOR_MINE: "never" };
  assertEquals(wishes([], env), { chain: { ...usual, block_time_ms: 7_000, mine: "never" } });
  assertEquals(wishes(["--mine", "always"], env).chain, {
    ...usual,
    block_time_ms: 7_000,
    mine: "always",
  });
});

Deno.test("without `--chain` nothing of the chain is wanted, and what would be in vain is refused", () => {
  assertEquals(wishes([]), {});
  const env = { RUMOR_MINE: "always", RUMOR_MINE_THREADS: "2", RUMOR_BLOCK_TIME: "7" };
  assertEquals(wishes([], env), {});
  assertEquals(wishes([], { ...env, RUMOR_CHAIN: "0" }), {});
  for (const args of [["--mine", "never"], ["--mine-threads", "2"], ["--block-time", "7"]]) {
    const why = `${args[0]} is for nodes that follow the chain; add --chain`;
    assertThrows(() => wishes(args), UsageError, why);
  }
  assertThrows(() => wishes([], { RUMOR_MINE: "often" }), UsageError, "RUMOR_MINE: often is not");
  assertThrows(() => wishes(["--chain=1"]), UsageError, "--chain takes no value");
});
