import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import plugin, { projectPath, staysInCore } from "../../../tools/lint_purity.ts";

/** The full name of a file of this project, as the linter gives it. */
function inProject(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}

/** The rules that object to a source when it stands in the given file of the project. */
function broken(source: string, path = "src/core/apps/x.ts"): string[] {
  const ids = Deno.lint.runPlugin(plugin, inProject(path), source).map((d) => d.id);
  return [...new Set(ids)];
}

/** Each rule refuses every bad snippet alone, and the whole plugin accepts every good one. */
const CASES: Record<string, { bad: string[]; good: string[] }> = {
  "rumor/no-impure-names": {
    bad: [
      "Deno.cwd();",
      "const a = new Date();",
      "const a = Date.now();",
      "let a: Date;",
      "const a = { Date };",
      "const { env } = Deno;",
      "type T = typeof Deno.cwd;",
      "performance.now();",
      "crypto.randomUUID();",
      "setTimeout(f, 1);",
      "setInterval(f, 1);",
      "setImmediate(f);",
      "queueMicrotask(f);",
      "console.log(1);",
      "const a = [console];",
      "fetch('x');",
      "process.argv;",
      "globalThis.a;",
      "globalThis['Da' + 'te'];",
      "const a = x[Date];",
      "class K extends Date {}",
      "eval('1');",
    ],
    good: [
      "const a = x.Date;",
      "const a = { Date: 1, process: 2 };",
      "interface I { fetch(x: number): void; process: string }",
      "class K { performance = 1; get crypto() { return this.crypto; } }",
      "enum E { Date }",
      "type T = N.Date;",
      "import { fetch as f } from './a.ts'; f();",
      "const a = 'Date'; // Date",
    ],
  },
  "rumor/no-math-random": {
    bad: [
      "Math.random();",
      "Math['random']();",
      "const m = Math;",
      "const { random } = Math;",
      "f(Math);",
    ],
    good: ["Math.floor(1.5);", "rng.random();", "const a = { Math: 1 };"],
  },
  "rumor/no-async": {
    bad: [
      "async function f() {}",
      "const f = async () => 1;",
      "const f = async function () {};",
      "class K { async f() {} }",
      "const o = { async f() {} };",
      "async function* f() {}",
      "await f();",
      "for await (const x of y) f(x);",
      "await using a = f();",
      "Promise.resolve(1);",
      "let a: Promise<void>;",
      "let a: AsyncIterable<number>;",
    ],
    good: [
      "function* f() { yield 1; }",
      "for (const x of y) f(x);",
      "x.Promise;",
      "using a = f();",
    ],
  },
  "rumor/no-imports-out-of-core": {
    bad: [
      "import a from '../../shell/tcp.ts';",
      "import '../../../main.ts';",
      "import type { A } from '../../shell/tcp.ts';",
      "import a from '../../core_too/a.ts';",
      "import a from '.././../shell/a.ts';",
      "import a from '%2e%2e/a.ts';",
      "import a from '../%2e%2e/shell/a.ts';",
      "import a from 'node:fs';",
      "import a from 'npm:string-width';",
      "import a from 'jsr:@std/assert';",
      "import a from 'https://example.com/a.ts';",
      "import a from 'string-width';",
      "import a from '/src/core/a.ts';",
      "export * from '../../shell/a.ts';",
      "export { a } from 'node:fs';",
      "let a: import('../../shell/tcp.ts').A;",
      "import('../../shell/tcp.ts');",
      "import(x);",
    ],
    good: [
      "import a from './chat.ts';",
      "import type { A } from '../types.ts';",
      "export * from '../log.ts';",
      "export { a } from '../../core/log.ts';",
      "export const a = 1;",
      "let a: import('../types.ts').A;",
    ],
  },
};

for (const [id, { bad, good }] of Object.entries(CASES)) {
  Deno.test(`${id} refuses what breaks it`, () => {
    for (const source of bad) {
      const found = broken(source);
      assert(found.includes(id), `not refused: ${source}`);
      assertEquals(broken(source, "src/shell/x.ts"), [], `refused outside of core: ${source}`);
    }
  });
  Deno.test(`${id} accepts what keeps it`, () => {
    for (const source of good) assertEquals(broken(source), [], source);
  });
}

Deno.test("rumor/only-main-exits refuses an exit anywhere in src", () => {
  const bad = [
    "Deno.exit(1);",
    "Deno['exit']();",
    "const quit = Deno.exit;",
    "const { exit } = Deno;",
    "const { exit: quit } = process;",
    "process.exit();",
    "globalThis.process.exit();",
    "import { exit } from 'node:process';",
  ];
  for (const source of bad) {
    for (const path of ["src/cli/run.ts", "src/main.ts", "src/core/x.ts"]) {
      assert(broken(source, path).includes("rumor/only-main-exits"), `${path}: ${source}`);
    }
    assertEquals(broken(source, "main.ts"), [], source);
    assertEquals(broken(source, "tools/x.ts"), [], source);
  }
});

Deno.test("rumor/only-main-exits accepts other uses", () => {
  const good = ["Deno.exitCode = 1;", "loop.exit();", "const { args } = Deno;", "let exit = 1;"];
  for (const source of good) assertEquals(broken(source, "src/cli/run.ts"), [], source);
});

Deno.test("trackers and apps are as pure as the core, but for the doors of apps", () => {
  const bad = ["Deno.cwd();", "Math.random();", "await f();"];
  for (const source of bad) {
    for (const path of ["src/tracker/x.ts", "src/apps/chat/app.ts", "src/apps/chat/x.ts"]) {
      assertEquals(broken(source, path).length, 1, `${path}: ${source}`);
    }
    const doors = ["src/apps/app.ts", "src/apps/chat/command.ts", "src/apps/chat/view.ts"];
    for (const path of [...doors, "src/cli/x.ts"]) {
      assertEquals(broken(source, path), [], `${path}: ${source}`);
    }
  }
});

Deno.test("a shorthand is reported once", () => {
  const found = Deno.lint.runPlugin(plugin, inProject("src/core/x.ts"), "f({ Date });");
  assertEquals(found.length, 1);
});

Deno.test("projectPath() finds the project's own path on every system", () => {
  const cases: [string, string, string][] = [
    ["/a/rumor/src/core/x.ts", "file:///a/rumor/", "src/core/x.ts"],
    ["/a b/rumor/main.ts", "file:///a%20b/rumor/", "main.ts"],
    ["C:\\code\\rumor\\src\\core\\x.ts", "file:///C:/code/rumor/", "src/core/x.ts"],
    ["c:\\code\\rumor\\src\\core\\x.ts", "file:///C:/code/rumor/", "src/core/x.ts"],
    // A checkout that lies below somebody's own src/core is not all core.
    ["/a/src/core/rumor/tests/x.ts", "file:///a/src/core/rumor/", "tests/x.ts"],
    ["/link/rumor/src/core/x.ts", "file:///real/rumor/", "src/core/x.ts"],
    ["src/core/x.ts", "file:///real/rumor/", "src/core/x.ts"],
  ];
  for (const [filename, root, expected] of cases) {
    assertEquals(projectPath(filename, root), expected);
  }
});

Deno.test("staysInCore() follows the dots", () => {
  assert(staysInCore("src/core/node.ts", "./log.ts"));
  assert(staysInCore("src/core/apps/chat.ts", "../../../src/core/log.ts"));
  assert(!staysInCore("src/core/node.ts", "../core.ts"));
  assert(!staysInCore("src/core/node.ts", "@std/assert"));
});
