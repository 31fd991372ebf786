import { assertEquals, assertMatch } from "@std/assert";
import type { AppModule, Command, LoadCommand } from "../../../src/apps/app.ts";
import { stdout } from "../../../src/cli/output/stdout.ts";
import { runInside } from "../../helpers/inside.ts";
import { tinyApp } from "../../helpers/tiny_app.ts";

/** A command that prints its name and what it was given. */
function echo(name: string, more: Partial<Command> = {}): LoadCommand {
  const command: Command = {
    summary: `the ${name}`,
    help: `Usage: ${name}\n`,
    run: async (args) => {
      await stdout.print(`${[name, ...args].join(" ")}\n`);
      return 0;
    },
    ...more,
  };
  return () => Promise.resolve({ default: command });
}

const COMMANDS: AppModule = {
  app: tinyApp("commands"),
  commands: {
    walk: echo("walk", { parts: () => ({ home: echo("walk home") }) }),
    sing: echo("sing", { help: (apps) => `Usage: sing, of ${apps.length} apps\n` }),
    rest: echo("rest"),
  },
};
const VARIANTS: AppModule = {
  app: tinyApp("variants"),
  commands: {},
  variants: {
    walk: { fast: { help: "in a hurry", load: echo("run", { help: "Usage: run\n" }) } },
    sing: {
      loud: { help: "so that all hear it", load: echo("shout") },
      low: { help: "so that nobody does", load: echo("hum") },
    },
  },
};
const APPS = [COMMANDS, VARIANTS];

/** What is printed; the command must end well. */
async function printed(...args: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runInside(args, {}, APPS);
  assertEquals({ code, stderr }, { code: 0, stderr: [] });
  return stdout;
}

Deno.test("`run()` takes a command with a switch of an app for another command", async () => {
  assertEquals(await printed("walk", "far"), ["walk far"]);
  assertEquals(await printed("walk", "--fast", "far"), ["run far"]);
  assertEquals(await printed("walk", "far", "--fast"), ["run far"]);
  assertEquals(await printed("sing", "--low", "--json"), ["hum --json"]);
  assertEquals(await printed("sing", "--loud"), ["shout"]);
  // Of a command that is meant without being named, too.
  assertEquals(await printed("--fast", "--json"), ["run --json"]);
});

Deno.test("`run()` knows the switches of a command alone, and none behind --", async () => {
  assertEquals(await printed("sing", "--fast"), ["sing --fast"]);
  assertEquals(await printed("rest", "--fast"), ["rest --fast"]);
  assertEquals(await printed("walk", "--low"), ["walk --low"]);
  assertEquals(await printed("walk", "--faster"), ["walk --faster"]);
  assertEquals(await printed("walk", "fast"), ["walk fast"]);
  assertEquals(await printed("walk", "--", "--fast"), ["walk -- --fast"]);
  assertEquals(await printed("walk", "--fast", "--", "--fast"), ["run -- --fast"]);
  assertEquals(await printed("walk", "home", "--slow"), ["walk home --slow"]);
  for (const word of ["__proto__", "constructor"]) {
    assertEquals(await printed("walk", `--${word}`), [`walk --${word}`]);
    const { code, stderr } = await runInside([word, "--fast"], {}, APPS);
    assertEquals(code, 2);
    assertMatch(stderr.join("\n"), /is not a command; allowed are walk, sing, /);
  }
});

Deno.test("`run()` refuses a value of such a switch, and the same switch twice", async () => {
  const refusals: readonly (readonly [args: readonly string[], why: string])[] = [
    [["walk", "--fast=1"], "--fast takes no value"],
    [["walk", "--fast="], "--fast takes no value"],
    [["walk", "far", "--fast", "--fast=yes"], "--fast takes no value"],
    [["--fast=1"], "--fast takes no value"],
    [["sing", "--loud", "--json", "--loud"], "--loud is given twice"],
  ];
  for (const [args, why] of refusals) {
    const { code, stdout, stderr } = await runInside(args, {}, APPS);
    assertEquals({ code, stdout, stderr }, { code: 2, stdout: [], stderr: [`rumor: ${why}`] });
  }
  assertEquals(await printed("sing", "--fast=1"), ["sing --fast=1"]);
  assertEquals(await printed("walk", "--", "--fast=1"), ["walk -- --fast=1"]);
});

Deno.test("`rumor COMMAND --help` tells of its switches, and with one of what that makes of it", async () => {
  const walk = [
    "Usage: walk",
    "",
    "With --fast: in a hurry (rumor walk --fast --help tells more).",
  ];
  assertEquals(await printed("walk", "--help"), walk);
  assertEquals(await printed("help", "walk"), walk);
  const sing = await printed("sing", "-h");
  assertEquals([sing[0], sing.length], ["Usage: sing, of 2 apps", 5]);
  assertMatch(sing[2], /^With --loud: so that all hear it \(rumor sing --loud --help /);
  assertMatch(sing[4], /^With --low: so that nobody does \(rumor sing --low --help /);
  assertEquals(await printed("walk", "--fast", "--help"), ["Usage: run"]);
  assertEquals(await printed("help", "walk", "--fast"), ["Usage: run"]);
  assertEquals(await printed("walk", "home", "--help"), ["Usage: walk home"]);
  assertEquals(await printed("walk", "--", "--fast", "--help"), ["walk -- --fast --help"]);
  // A switch is no command of its own.
  const all = await printed("help");
  assertEquals(all.filter((line) => /^ {2}(run|shout|hum) /.test(line)), []);
});
