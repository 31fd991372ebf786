/**
 * What README.md and the pages in docs say is tried here. A fenced `sh` block whose first line begins
 * with `$ ` is run, line by line, and must print what stands below each line. All blocks of a page
 * share one shell and one directory, as they would for a reader who types along.
 */

import { assert, assertEquals } from "@std/assert";
import { APPS } from "../../../src/apps/registry.ts";
import type { Command } from "../../../src/apps/app.ts";
import exporting from "../../../src/cli/commands/export.ts";
import peers from "../../../src/cli/commands/peers.ts";
import tracker from "../../../src/cli/commands/tracker.ts";
import verify from "../../../src/cli/commands/verify.ts";
import routes from "../../../src/cli/commands/routes.ts";
import sim from "../../../src/cli/commands/sim.ts";
import config from "../../../deno.json" with { type: "json" };
import { LONG } from "../../helpers/long.ts";
import { deadAddress, WINDOWS } from "../../helpers/network.ts";
import { blocks, code, PAGES, read, ROOT } from "../../helpers/pages.ts";
import { Process, rumorCommand } from "../../helpers/process.ts";

const COMMANDS: Record<string, Command> = {
  peers,
  routes,
  sim,
  tracker,
  export: exporting,
  verify,
};
for (const { commands, variants = {} } of APPS) {
  for (const [name, load] of Object.entries(commands)) COMMANDS[name] = (await load()).default;
  for (const [name, switches] of Object.entries(variants)) {
    for (const [word, { load }] of Object.entries(switches)) {
      COMMANDS[`${name} --${word}`] = (await load()).default;
    }
  }
}
for (const [name, { parts }] of Object.entries(COMMANDS)) {
  for (const [part, load] of Object.entries(parts?.(APPS) ?? {})) {
    COMMANDS[`${name} ${part}`] = (await load()).default;
  }
}
/** Variables that stand for no flag. */
const NO_FLAGS = ["RUMOR_BIN", "RUMOR_LONG", "RUMOR_NO_SOCKETS", "RUMOR_RUNTIME_DIR"];
/** Flags of `rumor` that no command has in its help. */
const COMMON_FLAGS = ["--version", "-V"];

/** Simulations that take long; only the long tests run them. */
const LONG_COMMAND =
  /^for \w+ in .*\brumor sim\b|^rumor sim (scenario|(chain|files)$|cut --nodes 1000)/;
/** How long a line may need to come out. */
const PATIENCE_MS = 10_000;

interface Step {
  readonly command: string;
  readonly output: readonly string[];
}

function steps(page: string): Step[] {
  const shell = blocks(page).filter(({ tag, lines }) => tag === "sh" && lines[0].startsWith("$ "));
  return shell.flatMap(({ lines }) => {
    const found: { command: string; output: string[] }[] = [];
    for (const line of lines) {
      if (line.startsWith("$ ")) found.push({ command: line.slice(2), output: [] });
      else found.at(-1)!.output.push(line);
    }
    return found;
  });
}

/** What a command says of itself, in a program with all apps. */
function helpOf({ help }: Command): string {
  return typeof help === "string" ? help : help(APPS);
}

function flagsOf(text: string): string[] {
  return [...text.matchAll(/(?<=^|[\s,])--?[A-Za-z][\w-]*/g)].map(([flag]) => flag);
}

/** Calls of `rumor` in a line of code: the command, and what stands up to the end of the call. */
function calls(line: string): { name: string; rest: string }[] {
  const found = line.replace(/"?\$\([^)]*\)"?/g, "")
    .matchAll(/(?:^|[\s;&|(/])rumor((?:\s+[^|;&<>#)]*)?)/g);
  return [...found].map(([, rest]) => {
    const [first = "", second = ""] = rest.trim().split(/\s+/);
    const both = `${first} ${second}`;
    if (first === "sim" && /^[a-z]/.test(second)) return { name: both, rest };
    if (Object.hasOwn(COMMANDS, both)) return { name: both, rest };
    return { name: /^[a-z]/.test(first) ? first : "chat", rest };
  });
}

for (const page of PAGES) {
  Deno.test(`${page} names tasks that there are`, () => {
    const named = [...read(page).matchAll(/(?:deno|deno@[\d.]+) task (?:-q )?([a-z]+)/g)];
    for (const [, task] of named) assert(Object.hasOwn(config.tasks, task), `deno task ${task}`);
  });

  Deno.test(`${page} names commands and flags that there are`, () => {
    const all = Object.values(COMMANDS).flatMap((command) => flagsOf(helpOf(command)));
    for (const line of code(page)) {
      // The first words of what a proof signs.
      if (/^rumor (proof 1|private 1|token 1 (guest|node))$/.test(line)) continue;
      // A flag of sqlite3, not of rumor.
      if (line === "-readonly") continue;
      if (/^--?[A-Za-z]/.test(line)) {
        const [flag] = flagsOf(line);
        assert([...all, ...COMMON_FLAGS].includes(flag), `${flag} is no flag`);
      }
      for (const { name, rest } of calls(line)) {
        assert(Object.hasOwn(COMMANDS, name) || name === "help", `rumor ${name} is no command`);
        const command = COMMANDS[name];
        const help = command === undefined ? "" : helpOf(command);
        const known = [...flagsOf(help), ...COMMON_FLAGS];
        for (const flag of flagsOf(rest)) assert(known.includes(flag), `rumor ${name} ${flag}`);
      }
    }
  });

  Deno.test(`${page} names variables that stand for flags`, () => {
    const all = new Set(Object.values(COMMANDS).flatMap((command) => flagsOf(helpOf(command))));
    for (const [variable, name] of read(page).matchAll(/RUMOR_([A-Z_]+)/g)) {
      if (NO_FLAGS.includes(variable)) continue;
      assert(all.has(`--${name.toLowerCase().replaceAll("_", "-")}`), variable);
    }
  });
}

/** The project's own files, without what is generated. */
function sourceFiles(folder = ""): string[] {
  return [...Deno.readDirSync(new URL(`./${folder}`, ROOT))].flatMap(({ name, isDirectory }) => {
    if ([".git", "dist", "coverage", "node_modules"].includes(name)) return [];
    return isDirectory ? sourceFiles(`${folder}${name}/`) : [`${folder}${name}`];
  });
}

Deno.test("the pages for developers name files and functions that there are", () => {
  const files = sourceFiles();
  const source = files.filter((path) => path.endsWith(".ts")).map(read).join("\n");
  for (const page of [".github/ARCHITECTURE.md", ".github/CONTRIBUTING.md"]) {
    for (const span of code(page)) {
      for (const [path] of span.matchAll(/[\w./-]*\w\.(?:ts|json|md|yml)\b/g)) {
        const found = files.some((file) => file === path || file.endsWith(`/${path}`));
        assert(found, `${page} names ${path}`);
      }
      for (const [, name] of span.matchAll(/\b([A-Za-z]\w*)\(\)/g)) {
        assert(source.includes(`${name}(`), `${page} names ${name}()`);
      }
      for (const [name] of span.matchAll(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g)) {
        assert(source.includes(name), `${page} names ${name}`);
      }
    }
  }
});

Deno.test("CONTRIBUTING.md breaks code that there is, and names laws that there are", () => {
  const files = sourceFiles("tests/").filter((path) => /\/laws(\/|_)/.test(path));
  const laws = files.map(read).join("\n");
  const rows = read(".github/CONTRIBUTING.md").matchAll(
    /^\| \d [^|]*\| `(src[^`]*)` *\| [^`|]*`([^`]*)`[^|]*\| "([^"|]*)"/gm,
  );
  const all = [...rows];
  assert(all.length >= 7);
  for (const [, path, before, law] of all) {
    assert(read(path).includes(before), `${path} has no ${before}`);
    assert(laws.includes(law), `there is no law ${law}`);
  }
});

for (const page of PAGES.filter((page) => steps(page).length > 0)) {
  // Signals and shells are not what they are elsewhere.
  Deno.test(`${page} shows what really happens`, { ignore: WINDOWS }, async () => {
    const directory = await Deno.makeTempDir();
    try {
      await using shell = await openShell(directory);
      const typist = new Typist(shell);
      for (const step of steps(page)) await typist.type(step);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

/** A shell in which `rumor` is the program under test. */
async function openShell(directory: string): Promise<Process> {
  const quoted = rumorCommand().map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  await Deno.mkdir(`${directory}/bin`);
  await Deno.writeTextFile(`${directory}/bin/rumor`, `#!/bin/sh\nexec ${quoted} "$@"\n`, {
    mode: 0o755,
  });
  const PATH = `${directory}/bin:${Deno.env.get("PATH")}`;
  return new Process(["bash", "--norc", "-s"], { cwd: directory, env: { PATH }, group: true });
}

/** Types one command after the other, when the one before has printed what it should. */
class Typist {
  readonly #shell: Process;
  /** A free port for each address on the page. */
  readonly #addresses = new Map<string, string>();
  #lines = 0;
  #runs = 0;
  #failed = "";

  constructor(shell: Process) {
    this.#shell = shell;
  }

  async type({ command, output }: Step): Promise<void> {
    if (/\bjq\b/.test(command) && !hasJq) return;
    if (!LONG && LONG_COMMAND.test(command)) return;
    // A command that fails must be followed by a look at its exit code.
    assert(this.#failed === "" || command.includes("$?"), this.#failed);
    const late_ms = Date.now() + PATIENCE_MS;
    const wanted = output.map(normal);
    let code = await this.#run(command);
    let printed = this.#printed();
    while (printed.join("\n") !== wanted.join("\n") && Date.now() < late_ms) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      // A program in the background may not have written its file yet.
      if (command.startsWith("cat ")) {
        this.#lines = this.#shell.stdout.length;
        code = await this.#run(command);
      }
      printed = this.#printed();
    }
    assertEquals(printed, wanted, `$ ${command}`);
    this.#lines = this.#shell.stdout.length;
    this.#failed = code === "0" ? "" : `$ ${command} ended with ${code}`;
  }

  /** Runs a command; gives its exit code once it has ended. */
  async #run(command: string): Promise<string> {
    const end = `@@ ${++this.#runs} `;
    await this.#shell.write(
      `{ ${this.#local(command)}\n} </dev/null 2>&1; code=$?; echo "${end}$code"; (exit $code)\n`,
    );
    const line = await this.#shell.waitForStdout((line) => line.startsWith(end));
    return line.slice(end.length);
  }

  /** What came since the last command. */
  #printed(): string[] {
    const lines = this.#shell.stdout.slice(this.#lines).filter((line) => !line.startsWith("@@ "));
    return lines.map((line) => normal(this.#global(line)));
  }

  #local(command: string): string {
    // The shell itself writes a slash: /dev/tcp/HOST/PORT.
    return command.replace(/127\.0\.0\.1([:/])(70\d\d)/g, (_, between, port) => {
      const address = `127.0.0.1:${port}`;
      const known = this.#addresses.get(address) ?? deadAddress();
      this.#addresses.set(address, known);
      return known.replace(":", between);
    });
  }

  #global(line: string): string {
    for (const [address, used] of this.#addresses) line = line.replaceAll(used, address);
    return line;
  }
}

/** What is different each time, made the same. */
function normal(line: string): string {
  return line
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/"nonce":"[^"]*"/g, "NONCE")
    .replace(/127\.0\.0\.1:(?!70\d\d\b|9\b)\d+/g, "ADDRESS")
    .replace(/(?<![\w-])[\w-]{43}(?![\w-])/g, "ID")
    .replace(/(?<![\w-])[\w-]{16}(?=:\d)/g, "ID");
}

const hasJq = await new Deno.Command("jq", { args: ["--version"], stdout: "null" })
  .output().then(({ success }) => success, () => false);

Deno.test("README.md is short", () => {
  assert(read("README.md").split("\n").length <= 200);
});
